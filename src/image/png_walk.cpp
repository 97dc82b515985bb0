// PNG: W3C PNG third edition; chunks, checksums, and the inflated size of the rows.
#include <algorithm>
#include <array>

#include "core/limits.h"
#include "image/container_walks.h"

namespace masklet {

namespace {

constexpr uint32_t kHeader = 0x49484452;  // IHDR
constexpr uint32_t kData = 0x49444154;    // IDAT
constexpr uint32_t kEnd = 0x49454E44;     // IEND
constexpr uint32_t kExif = 0x65584966;    // eXIf
/// Apple's variant, without a zlib header and with other colors.
constexpr uint32_t kApple = 0x43674249;  // CgBI

constexpr std::array<uint32_t, 256> makeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t n = 0; n < table.size(); ++n) {
    uint32_t crc = n;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? 0xEDB88320u ^ (crc >> 1) : crc >> 1;
    table[n] = crc;
  }
  return table;
}

/// CRC-32 of PNG annex D.
uint32_t crc32(FileBytes bytes) {
  static constexpr std::array<uint32_t, 256> table = makeCrcTable();
  uint32_t crc = 0xFFFFFFFFu;
  for (const uint8_t byte : bytes) crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

bool checksumRight(FileBytes typeAndData, uint32_t expected) {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  (void)crc32(typeAndData);  // a fuzzer would rarely pass this check
  (void)expected;
  return true;
#else
  return crc32(typeAndData) == expected;
#endif
}

struct PngHeader {
  uint64_t width = 0;
  uint64_t height = 0;
  uint64_t depth = 0;
  uint64_t channels = 0;  ///< channels in the rows; 1 for palette indices
  bool interlaced = false;
};

uint64_t channelsOf(uint8_t colorType) {
  constexpr std::array<uint64_t, 7> kChannels{1, 0, 3, 1, 2, 0, 4};
  return colorType < kChannels.size() ? kChannels[colorType] : 0;
}

/// Bytes of `height` rows with their filter bytes; 0 if the pass is empty.
uint64_t rowBytes(uint64_t width, uint64_t height, const PngHeader& header) {
  if (width == 0 || height == 0) return 0;
  return ((width * header.depth * header.channels + 7) / 8 + 1) * height;
}

/// Inflated size of the data.
uint64_t rawBytes(const PngHeader& header) {
  if (!header.interlaced) return rowBytes(header.width, header.height, header);
  struct Pass {
    uint64_t x, y, dx, dy;
  };
  constexpr std::array<Pass, 7> kAdam7{{{0, 0, 8, 8},
                                        {4, 0, 8, 8},
                                        {0, 4, 4, 8},
                                        {2, 0, 4, 4},
                                        {0, 2, 2, 4},
                                        {1, 0, 2, 2},
                                        {0, 1, 1, 2}}};
  uint64_t bytes = 0;
  for (const Pass& pass : kAdam7) {
    bytes += rowBytes((header.width + pass.dx - 1 - pass.x) / pass.dx,
                      (header.height + pass.dy - 1 - pass.y) / pass.dy, header);
  }
  return bytes;
}

/// stb_image starts with a buffer for rows of whole bytes per channel, and doubles it while it is
/// too small (only for interlaced images). Then it allocates the pixels, with expanded palettes.
uint64_t largestBuffer(const PngHeader& header, uint64_t dataBytes) {
  const uint64_t begun =
      (header.width * header.depth + 7) / 8 * header.channels * header.height + header.height;
  const uint64_t needed = rawBytes(header);
  const uint64_t inflated = needed > begun ? 2 * needed : begun;
  const uint64_t pixels = header.width * header.height * (header.depth == 16 ? 8 : 4);
  return std::max({inflated, pixels, 2 * dataBytes});
}

bool readHeader(FileBytes data, PngHeader& header, Container& container) {
  constexpr size_t kHeaderBytes = 13;
  if (data.size() != kHeaderBytes) return false;
  container.widthPx = bigEndian32(data, 0);
  container.heightPx = bigEndian32(data, 4);
  const uint8_t depth = data[8];
  const bool knownDepth = depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
  header = {container.widthPx, container.heightPx, depth, channelsOf(data[9]), data[12] != 0};
  return knownDepth && header.channels != 0 && plausibleSides(container);
}

FileState judge(const PngHeader& header, uint64_t dataBytes) {
  const uint64_t raw = rawBytes(header);
  if (limits::kMaxDeflateRatio * dataBytes < raw) return FileState::truncated;
  const uint64_t most = std::max(limits::kMinPngBytes, limits::kMaxPngBytesPerRawByte * raw);
  return dataBytes > most ? FileState::tooCostly : FileState::complete;
}

}  // namespace

void walkPng(FileBytes file, Container& container) {
  constexpr size_t kSignature = 8;
  constexpr size_t kFrame = 12;  // length, type and checksum around the data
  constexpr uint32_t kAncillaryBit = 0x20000000;
  PngHeader header;
  uint64_t dataBytes = 0;
  for (size_t at = kSignature; file.size() - at >= kFrame;) {
    const size_t length = bigEndian32(file, at);
    if (length > file.size() - at - kFrame) break;
    const uint32_t type = bigEndian32(file, at + 4);
    const FileBytes data = file.subspan(at + 8, length);
    const bool critical = (type & kAncillaryBit) == 0;
    if (critical || type == kExif) {
      const bool right =
          checksumRight(file.subspan(at + 4, 4 + length), bigEndian32(file, at + 8 + length));
      if (critical && !right) return;
      if (right && !critical && container.exif.empty()) container.exif = data;
    }
    const bool first = container.widthPx == 0;
    if (type == kApple || first != (type == kHeader)) return;
    if (type == kHeader && !readHeader(data, header, container)) return;
    if (type == kData) dataBytes += length;
    if (type == kEnd) {
      container.largestBufferBytes = largestBuffer(header, dataBytes);
      container.state = judge(header, dataBytes);
      return;
    }
    at += kFrame + length;
  }
  if (container.widthPx != 0) container.state = FileState::truncated;
}

}  // namespace masklet
