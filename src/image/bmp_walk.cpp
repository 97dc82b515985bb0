// BMP: BITMAPFILEHEADER, then BITMAPCOREHEADER or BITMAPINFOHEADER and its successors.
#include <algorithm>

#include "image/container_walks.h"

namespace masklet {

namespace {

constexpr uint32_t kFileHeader = 14;
constexpr uint32_t kCoreHeader = 12;

struct BmpHeader {
  uint64_t headerBytes = 0;
  uint64_t pixelsAt = 0;
  uint32_t bits = 0;
  uint32_t compression = 0;
  uint64_t stride = 0;
  uint64_t lastRowBytes = 0;  ///< some writers omit the padding of the last row

  bool core() const { return headerBytes == kCoreHeader; }
};

bool readHeader(FileBytes file, BmpHeader& header, Container& container) {
  constexpr size_t kCoreHeaderEnd = 26;
  constexpr size_t kInfoHeaderEnd = 34;  // end of the fields read here
  if (file.size() < kCoreHeaderEnd) return false;
  header.pixelsAt = littleEndian32(file, 10);
  header.headerBytes = littleEndian32(file, 14);
  if (!header.core() && file.size() < kInfoHeaderEnd) return false;
  const bool core = header.core();
  const uint32_t signedHeight = core ? littleEndian16(file, 20) : littleEndian32(file, 22);
  container.widthPx = core ? littleEndian16(file, 18) : littleEndian32(file, 18);
  // Negative means stored from the top.
  container.heightPx = signedHeight > INT32_MAX ? 0 - signedHeight : signedHeight;
  header.bits = littleEndian16(file, core ? 24 : 28);
  header.compression = core ? 0 : littleEndian32(file, 30);
  const uint64_t rowBits = uint64_t{container.widthPx} * header.bits;
  header.stride = (rowBits + 31) / 32 * 4;
  header.lastRowBytes = (rowBits + 7) / 8;
  return true;
}

bool supported(const BmpHeader& header) {
  constexpr uint32_t kPlain = 0;
  constexpr uint32_t kBitFields = 3;
  const bool bits = header.bits == 1 || header.bits == 4 || header.bits == 8 || header.bits == 16 ||
                    header.bits == 24 || header.bits == 32;
  return bits && (header.compression == kPlain || header.compression == kBitFields) &&
         header.pixelsAt >= kFileHeader + header.headerBytes;
}

uint32_t largestIndex(FileBytes row, uint32_t widthPx, uint32_t bits) {
  uint32_t largest = 0;
  const uint32_t mask = (1u << bits) - 1;
  for (uint32_t x = 0; x < widthPx; ++x) {
    const uint32_t bit = x * bits;
    largest = std::max(largest, row[bit / 8] >> (8 - bits - bit % 8) & mask);
  }
  return largest;
}

/// Whether every pixel has an entry in the palette: a decoder may read beyond the palette.
bool indicesFit(FileBytes file, const BmpHeader& header, const Container& container) {
  if (header.bits > 8) return true;
  const uint64_t entryBytes = header.core() ? 3 : 4;
  const uint64_t entries = (header.pixelsAt - kFileHeader - header.headerBytes) / entryBytes;
  if (entries >= uint64_t{1} << header.bits) return true;
  for (uint32_t y = 0; y < container.heightPx; ++y) {
    const FileBytes row = file.subspan(static_cast<size_t>(header.pixelsAt + y * header.stride));
    if (largestIndex(row, container.widthPx, header.bits) >= entries) return false;
  }
  return true;
}

}  // namespace

void walkBmp(FileBytes file, Container& container) {
  BmpHeader header;
  if (!readHeader(file, header, container) || !plausibleSides(container) || !supported(header))
    return;
  container.largestBufferBytes = uint64_t{4} * container.widthPx * container.heightPx;
  const uint64_t rows = header.stride * (container.heightPx - 1) + header.lastRowBytes;
  if (header.pixelsAt + rows > file.size()) {
    container.state = FileState::truncated;
  } else if (indicesFit(file, header, container)) {
    container.state = FileState::complete;
  }
}

}  // namespace masklet
