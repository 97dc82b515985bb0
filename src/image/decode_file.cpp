#include "image/decode_file.h"

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "core/view.h"
#include "image/container.h"
#include "image/exif_orientation.h"

namespace {

/// Maximum allocation of stb_image: a file of a few bytes can claim to inflate to gigabytes. The
/// allocator of stb_image gets no context, so this is a thread-local variable; decodeFile sets it
/// before each call.
struct StbMemory {
  size_t largestBytes = 0;
  size_t failedBytes = 0;  ///< size of an allocation within the limit that failed
};
thread_local StbMemory stbMemory;

void* stbAllocated(void* allocated, size_t bytes) {
  if (allocated == nullptr) stbMemory.failedBytes = bytes;
  return allocated;
}

// Zeroed, because a JPEG can omit scans, and their pixels must not show old memory.
void* stbMalloc(size_t bytes) {
  return bytes > stbMemory.largestBytes ? nullptr : stbAllocated(std::calloc(bytes, 1), bytes);
}

void* stbRealloc(void* held, size_t bytes) {
  return bytes > stbMemory.largestBytes ? nullptr : stbAllocated(std::realloc(held, bytes), bytes);
}

}  // namespace

#define STBI_MALLOC(bytes) stbMalloc(bytes)
#define STBI_REALLOC(held, bytes) stbRealloc(held, bytes)
#define STBI_FREE(held) std::free(held)
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

/// stb_image's largest single need: 16-bit RGBA rows of an interlaced PNG in a buffer that grows by
/// doubling (16 bytes a pixel), or the compressed data likewise (twice the file); tables and
/// padding to whole JPEG blocks on top.
size_t largestAllocation(SizePx size, size_t fileBytes) {
  constexpr uint64_t kBytesPerPixel = 32;
  constexpr uint64_t kTables = 4 << 20;
  const uint64_t pixels = static_cast<uint64_t>(size.width) * static_cast<uint64_t>(size.height);
  const uint64_t bytes = kBytesPerPixel * pixels + 2 * uint64_t{fileBytes} + kTables;
  return static_cast<size_t>(std::min<uint64_t>(bytes, SIZE_MAX / 2));
}

Status readPixels(std::span<const uint8_t> file, SizePx expected, Buffer<uint8_t>& pixels) {
  stbMemory = {largestAllocation(expected, file.size()), 0};
  int width = 0;
  int height = 0;
  int channels = 0;
  stbi_uc* decoded = stbi_load_from_memory(file.data(), static_cast<int>(file.size()), &width,
                                           &height, &channels, kRgba);
  if (decoded == nullptr) {
    if (stbMemory.failedBytes > 0) return fail(StatusCode::outOfMemory, stbMemory.failedBytes);
    return fail(StatusCode::badImageFile, file.size());
  }
  pixels.adopt(decoded, static_cast<size_t>(kRgba) * static_cast<size_t>(width) *
                            static_cast<size_t>(height));
  return SizePx{width, height} == expected ? okStatus()
                                           : fail(StatusCode::badImageFile, file.size());
}

}  // namespace

Status decodeFile(std::span<const uint8_t> file, uint64_t maxPixels, Buffer<uint8_t>& rgba,
                  SizePx& size) {
  if (file.size() > INT_MAX) return fail(StatusCode::badImageFile, file.size());
  const Container container = readContainer(file);
  SizePx stored;
  MASKLET_TRY(checkSize(container, maxPixels, stored));
  if (!container.complete || stored.width == 0 || stored.height == 0)
    return fail(StatusCode::badImageFile, file.size());
  Buffer<uint8_t> pixels;
  MASKLET_TRY(readPixels(file, stored, pixels));

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
