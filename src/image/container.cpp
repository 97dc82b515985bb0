#include "image/container.h"

#include <array>
#include <cstring>

namespace masklet {

namespace {

using Bytes = std::span<const uint8_t>;

constexpr std::array<uint8_t, 3> kJpegSignature{0xFF, 0xD8, 0xFF};
constexpr std::array<uint8_t, 8> kPngSignature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
constexpr std::array<uint8_t, 2> kBmpSignature{'B', 'M'};
constexpr std::array<uint8_t, 6> kExifHeader{'E', 'x', 'i', 'f', 0, 0};

bool startsWith(Bytes bytes, Bytes prefix) {
  return bytes.size() >= prefix.size() &&
         std::memcmp(bytes.data(), prefix.data(), prefix.size()) == 0;
}

// The caller must check that the bytes exist.
uint32_t bigEndian16(Bytes bytes, size_t at) {
  return uint32_t{bytes[at]} << 8 | bytes[at + 1];
}
uint32_t bigEndian32(Bytes bytes, size_t at) {
  return bigEndian16(bytes, at) << 16 | bigEndian16(bytes, at + 2);
}
uint32_t littleEndian16(Bytes bytes, size_t at) {
  return uint32_t{bytes[at + 1]} << 8 | bytes[at];
}
uint32_t littleEndian32(Bytes bytes, size_t at) {
  return littleEndian16(bytes, at + 2) << 16 | littleEndian16(bytes, at);
}

/// Offset of the next marker's code at or after `at` (a byte that is neither 0, nor 0xFF, after a
/// 0xFF); the size if no marker follows.
size_t findMarker(Bytes file, size_t at) {
  while (at < file.size()) {
    const void* found = std::memchr(file.data() + at, 0xFF, file.size() - at);
    if (found == nullptr) return file.size();
    at = static_cast<size_t>(static_cast<const uint8_t*>(found) - file.data()) + 1;
    while (at < file.size() && file[at] == 0xFF) ++at;
    if (at < file.size() && file[at] != 0) return at;
  }
  return file.size();
}

/// SOF0 to SOF15; the three codes between them are DHT, JPG and DAC.
bool startsFrame(uint8_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

// Entropy-coded data needs no special case: its 0xFF bytes precede a 0 or a restart marker, which
// has no segment.
void walkJpeg(Bytes file, Container& container) {
  constexpr uint8_t kRestartFirst = 0xD0;
  constexpr uint8_t kStartOfImage = 0xD8;
  constexpr uint8_t kEndOfImage = 0xD9;
  constexpr uint8_t kApp1 = 0xE1;
  constexpr uint8_t kTemporary = 0x01;
  constexpr size_t kFrameHeader = 5;  // precision, height, width
  for (size_t at = findMarker(file, 2); at < file.size(); at = findMarker(file, at)) {
    const uint8_t marker = file[at++];
    if (marker == kEndOfImage) {
      container.complete = true;
      return;
    }
    if ((marker >= kRestartFirst && marker <= kStartOfImage) || marker == kTemporary) continue;
    if (file.size() - at < 2) return;
    const size_t length = bigEndian16(file, at);
    if (length < 2 || length > file.size() - at) return;
    const Bytes payload = file.subspan(at + 2, length - 2);
    if (marker == kApp1 && container.exif.empty() && startsWith(payload, kExifHeader)) {
      container.exif = payload.subspan(kExifHeader.size());
    }
    if (startsFrame(marker) && payload.size() >= kFrameHeader && container.widthPx == 0) {
      container.heightPx = bigEndian16(payload, 1);
      container.widthPx = bigEndian16(payload, 3);
    }
    at += length;
  }
}

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
uint32_t crc32(Bytes bytes) {
  static constexpr std::array<uint32_t, 256> table = makeCrcTable();
  uint32_t crc = 0xFFFFFFFFu;
  for (const uint8_t byte : bytes) crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

bool checksumRight(Bytes typeAndData, uint32_t expected) {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  (void)crc32(typeAndData);  // a fuzzer would rarely pass this check
  (void)expected;
  return true;
#else
  return crc32(typeAndData) == expected;
#endif
}

void walkPng(Bytes file, Container& container) {
  constexpr size_t kFrame = 12;             // length, type and checksum around the data
  constexpr uint32_t kHeader = 0x49484452;  // IHDR
  constexpr uint32_t kEnd = 0x49454E44;     // IEND
  constexpr uint32_t kExif = 0x65584966;    // eXIf
  constexpr uint32_t kAncillaryBit = 0x20000000;
  for (size_t at = kPngSignature.size(); file.size() - at >= kFrame;) {
    const size_t length = bigEndian32(file, at);
    if (length > file.size() - at - kFrame) return;
    const uint32_t type = bigEndian32(file, at + 4);
    const bool critical = (type & kAncillaryBit) == 0;
    if (critical || type == kExif) {
      const bool right =
          checksumRight(file.subspan(at + 4, 4 + length), bigEndian32(file, at + 8 + length));
      if (critical && !right) return;
      if (right && !critical && container.exif.empty())
        container.exif = file.subspan(at + 8, length);
    }
    if (type == kHeader && length >= 8) {
      container.widthPx = bigEndian32(file, at + 8);
      container.heightPx = bigEndian32(file, at + 12);
    }
    if (type == kEnd) {
      container.complete = true;
      return;
    }
    at += kFrame + length;
  }
}

void checkBmp(Bytes file, Container& container) {
  constexpr size_t kCoreHeaderEnd = 26;
  constexpr size_t kInfoHeaderEnd = 30;  // end of the fields read here
  constexpr uint32_t kCoreHeader = 12;
  if (file.size() < kCoreHeaderEnd) return;
  const bool core = littleEndian32(file, 14) == kCoreHeader;
  if (!core && file.size() < kInfoHeaderEnd) return;
  const uint64_t pixelsAt = littleEndian32(file, 10);
  const uint32_t width = core ? littleEndian16(file, 18) : littleEndian32(file, 18);
  const uint32_t signedHeight = core ? littleEndian16(file, 20) : littleEndian32(file, 22);
  const uint32_t height =
      signedHeight > INT32_MAX ? 0 - signedHeight : signedHeight;  // negative: stored from the top
  const uint32_t bits = littleEndian16(file, core ? 24 : 28);
  // The format allows no more bits, so the products below stay within 64 bits.
  if (width == 0 || height == 0 || bits == 0 || bits > 32) return;
  container.widthPx = width;
  container.heightPx = height;
  const uint64_t rowBits = uint64_t{width} * bits;
  const uint64_t stride = (rowBits + 31) / 32 * 4;
  const uint64_t lastRow = (rowBits + 7) / 8;  // some writers omit the padding of the last row
  container.complete = pixelsAt + stride * (height - 1) + lastRow <= file.size();
}

}  // namespace

Container readContainer(std::span<const uint8_t> file) {
  Container container;
  if (startsWith(file, kJpegSignature)) {
    container.format = ContainerFormat::jpeg;
    walkJpeg(file, container);
  } else if (startsWith(file, kPngSignature)) {
    container.format = ContainerFormat::png;
    walkPng(file, container);
  } else if (startsWith(file, kBmpSignature)) {
    container.format = ContainerFormat::bmp;
    checkBmp(file, container);
  }
  return container;
}

}  // namespace masklet
