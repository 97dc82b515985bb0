#include "image/decode_file.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/allocate.h"
#include "core/limits.h"
#include "core/view.h"
#include "image/container.h"
#include "image/exif_orientation.h"
#include "image/file_bytes.h"

namespace {

/// Limits and tracks the allocations of stb_image: a file of a few bytes can claim to inflate to
/// gigabytes, and some error paths leak a buffer. The allocator of stb_image gets no context, so
/// this is a thread-local variable; decodeFile sets it before each call.
struct StbMemory {
  size_t largestBytes = 0;
  size_t failedBytes = 0;  ///< size of an allocation within the limit that failed
  /// A JPEG of four components holds 14 at a time.
  std::array<void*, 32> held{};

  void** slotOf(void* block) {
    void** found = std::find(held.begin(), held.end(), block);
    return found == held.end() ? nullptr : found;
  }

  void freeAll() {
    for (void*& block : held) std::free(std::exchange(block, nullptr));
  }
};
thread_local StbMemory stbMemory;

void* stbAllocated(void** slot, void* allocated, size_t bytes) {
  if (allocated == nullptr) {
    stbMemory.failedBytes = bytes;
  } else {
    *slot = allocated;
  }
  return allocated;
}

// Zeroed, because a JPEG can omit scans, and their pixels must not show old memory.
void* stbMalloc(size_t bytes) {
  void** slot = stbMemory.slotOf(nullptr);
  if (slot == nullptr || bytes > stbMemory.largestBytes) return nullptr;
  return stbAllocated(slot, masklet::allocateZeroed(bytes), bytes);
}

void* stbRealloc(void* block, size_t bytes) {
  void** slot = stbMemory.slotOf(block);
  if (slot == nullptr || bytes > stbMemory.largestBytes) return nullptr;
  return stbAllocated(slot, masklet::reallocate(block, bytes), bytes);
}

void stbFree(void* block) {
  if (block == nullptr) return;
  if (void** slot = stbMemory.slotOf(block)) *slot = nullptr;
  std::free(block);
}

/// stb_image copies zero bytes to null for an empty PNG chunk.
void stbCopy(void* to, const void* from, size_t bytes) {
  if (bytes > 0) std::memcpy(to, from, bytes);
}

}  // namespace

#define memcpy(to, from, bytes) stbCopy(to, from, bytes)
#define STBI_MALLOC(bytes) stbMalloc(bytes)
#define STBI_REALLOC(held, bytes) stbRealloc(held, bytes)
#define STBI_FREE(held) stbFree(held)
#define STBI_ASSERT(condition) ((void)0)
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_NO_FAILURE_STRINGS
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#include "stb_image.h"
#undef memcpy

namespace masklet {

namespace {

constexpr int kRgba = 4;

/// Checks and returns the stored size.
Status checkSize(const Container& container, uint64_t maxPixels, SizePx& stored) {
  for (const uint32_t side : {container.widthPx, container.heightPx}) {
    if (side > static_cast<uint32_t>(kMaxSidePx)) return fail(StatusCode::badSize, side);
  }
  const uint64_t pixels = uint64_t{container.widthPx} * container.heightPx;
  if (pixels > maxPixels) return fail(StatusCode::tooManyPixels, pixels);
  stored = {static_cast<int32_t>(container.widthPx), static_cast<int32_t>(container.heightPx)};
  return okStatus();
}

Status checkState(const Container& container, size_t fileBytes) {
  switch (container.state) {
    case FileState::complete:
      return okStatus();
    case FileState::truncated:
      return fail(StatusCode::truncatedImageFile, fileBytes);
    case FileState::tooCostly:
      return fail(StatusCode::imageFileTooCostly, fileBytes);
    case FileState::damaged:
      break;
  }
  return fail(StatusCode::badImageFile, fileBytes);
}

/// The result of a decoder: pixels from malloc, or null.
struct Decoded {
  stbi_uc* pixels = nullptr;
  SizePx size;
};

Decoded decodePlainly(FileBytes file) {
  Decoded decoded;
  int channels = 0;
  decoded.pixels =
      stbi_load_from_memory(file.data(), static_cast<int>(file.size()), &decoded.size.width,
                            &decoded.size.height, &channels, kRgba);
  if (decoded.pixels != nullptr) *stbMemory.slotOf(decoded.pixels) = nullptr;
  stbMemory.freeAll();
  return decoded;
}

/// A copy of `file` with an Adobe marker for CMYK before all other markers.
Status withAdobeMarker(FileBytes file, Buffer<uint8_t>& marked) {
  constexpr size_t kStartOfImage = 2;
  constexpr std::array<uint8_t, 16> kMarker{0xFF, 0xEE, 0, 14, 'A', 'd', 'o', 'b',
                                            'e',  0,    0, 0,  0,   0,   0,   0};
  MASKLET_TRY(marked.resize(file.size() + kMarker.size()));
  uint8_t* out = std::copy_n(file.begin(), kStartOfImage, marked.begin());
  out = std::copy(kMarker.begin(), kMarker.end(), out);
  std::copy(file.begin() + kStartOfImage, file.end(), out);
  return okStatus();
}

/// Decodes four components as libjpeg, browsers and Pillow do: the Adobe marker tells CMYK from
/// YCCK, and 0 is full ink even without it. stb_image needs the marker for that.
Status decodeInks(FileBytes file, const Container& container, Decoded& decoded) {
  constexpr uint8_t kCmyk = 0;
  constexpr uint8_t kYcck = 2;
  Buffer<uint8_t> marked;
  if (container.adobeTransformAt == 0) {
    MASKLET_TRY(withAdobeMarker(file, marked));
    file = std::as_const(marked).span();
  } else if (const uint8_t transform = file[container.adobeTransformAt];
             transform != kCmyk && transform != kYcck) {
    MASKLET_TRY(marked.resize(file.size()));
    std::copy(file.begin(), file.end(), marked.begin());
    marked[container.adobeTransformAt] = kYcck;
    file = std::as_const(marked).span();
  }
  decoded = decodePlainly(file);
  return okStatus();
}

Status readPixels(FileBytes file, const Container& container, SizePx expected,
                  Buffer<uint8_t>& pixels) {
  const uint64_t largest =
      std::max<uint64_t>(container.largestBufferBytes, file.size()) + limits::kDecoderTableBytes;
  stbMemory = {.largestBytes = static_cast<size_t>(std::min<uint64_t>(largest, SIZE_MAX / 2))};
  Decoded decoded;
  if (container.inks) {
    MASKLET_TRY(decodeInks(file, container, decoded));
  } else {
    decoded = decodePlainly(file);
  }
  if (decoded.pixels == nullptr) {
    if (stbMemory.failedBytes > 0) return fail(StatusCode::outOfMemory, stbMemory.failedBytes);
    return fail(StatusCode::badImageFile, file.size());
  }
  pixels.adopt(decoded.pixels, static_cast<size_t>(kRgba) *
                                   static_cast<size_t>(decoded.size.width) *
                                   static_cast<size_t>(decoded.size.height));
  return decoded.size == expected ? okStatus() : fail(StatusCode::badImageFile, file.size());
}

}  // namespace

Status decodeFile(std::span<const uint8_t> file, uint64_t maxPixels, Buffer<uint8_t>& rgba,
                  SizePx& size) {
  if (file.size() > INT_MAX / 2) return fail(StatusCode::badImageFile, file.size());
  const Container container = readContainer(file);
  SizePx stored;
  MASKLET_TRY(checkSize(container, maxPixels, stored));
  MASKLET_TRY(checkState(container, file.size()));
  Buffer<uint8_t> pixels;
  MASKLET_TRY(readPixels(file, container, stored, pixels));

  const Orientation orientation = readOrientation(container.exif);
  if (orientation == Orientation::topLeft) {
    rgba = std::move(pixels);
  } else {
    ImageView<const uint8_t> view;
    Buffer<uint8_t> upright;
    MASKLET_TRY(makeImageView(std::as_const(pixels).span(), stored, kRgba, 0, view));
    MASKLET_TRY(applyOrientation(view, orientation, upright));
    rgba = std::move(upright);
  }
  size = orientedSize(stored, orientation);
  return okStatus();
}

}  // namespace masklet
