// Image files made by hand: whole, hostile, and anything between.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace masklet::test {

using Bytes = std::vector<uint8_t>;

inline void append(Bytes& bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

inline void putBigEndian16(Bytes& bytes, uint32_t value) {
  bytes.push_back(static_cast<uint8_t>(value >> 8));
  bytes.push_back(static_cast<uint8_t>(value));
}

inline void putBigEndian32(Bytes& bytes, uint32_t value) {
  putBigEndian16(bytes, value >> 16);
  putBigEndian16(bytes, value);
}

inline void putLittleEndian32(Bytes& bytes, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<uint8_t>(value >> shift));
}

// ---- PNG ----

inline void putChunk(Bytes& png, const std::string& type, const Bytes& data) {
  putBigEndian32(png, static_cast<uint32_t>(data.size()));
  Bytes checked(type.begin(), type.end());
  append(checked, data);
  uint32_t crc = 0xFFFFFFFFu;
  for (const uint8_t byte : checked) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? 0xEDB88320u ^ (crc >> 1) : crc >> 1;
  }
  append(png, checked);
  putBigEndian32(png, ~crc);
}

struct PngKind {
  uint8_t depth = 8;
  uint8_t colorType = 6;
  uint8_t interlace = 0;
};

/// Signature and IHDR.
inline Bytes pngHead(uint32_t width, uint32_t height, PngKind kind = {}) {
  Bytes png{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  Bytes header;
  putBigEndian32(header, width);
  putBigEndian32(header, height);
  append(header, {kind.depth, kind.colorType, 0, 0, kind.interlace});
  putChunk(png, "IHDR", header);
  return png;
}

/// A PNG that claims this size and holds `idat`.
inline Bytes pngClaiming(uint32_t width, uint32_t height, const Bytes& idat, PngKind kind = {}) {
  Bytes png = pngHead(width, height, kind);
  if (kind.colorType == 3) putChunk(png, "PLTE", Bytes(3 * 256, 7));
  putChunk(png, "IDAT", idat);
  putChunk(png, "IEND", {});
  return png;
}

/// Deflate of `zeros` zero bytes with fixed codes: a literal, then matches of 258 at distance 1 in
/// 13 bits each.
inline Bytes deflatedZeros(size_t zeros) {
  Bytes bytes{0x78, 0x01};
  uint64_t held = 0;
  int count = 0;
  const auto put = [&](uint32_t value, int bits) {
    held |= uint64_t{value} << count;
    for (count += bits; count >= 8; count -= 8, held >>= 8)
      bytes.push_back(static_cast<uint8_t>(held));
  };
  put(1, 1);           // last block
  put(1, 2);           // fixed codes
  put(0b00001100, 8);  // literal 0: code 00110000, most significant bit first
  for (size_t made = 1; made < zeros; made += 258) {
    put(0b10100011, 8);  // length 258: code 11000101
    put(0, 5);           // distance 1
  }
  put(0, 7);  // end of block
  put(0, 7);
  for (int i = 0; i < 4; ++i) bytes.push_back(0);
  return bytes;
}

// ---- JPEG ----

inline void putSegment(Bytes& jpeg, uint8_t marker, const Bytes& payload) {
  append(jpeg, {0xFF, marker});
  putBigEndian16(jpeg, static_cast<uint32_t>(payload.size() + 2));
  append(jpeg, payload);
}

/// A Huffman table of one code, one bit that means `symbol`; `slot`: 0x00 for mean values (DC),
/// 0x10 for the others.
inline Bytes oneCodeTable(uint8_t slot, uint8_t symbol = 0) {
  Bytes table{slot, 1};
  table.resize(17, 0);
  table.push_back(symbol);
  return table;
}

struct JpegKind {
  uint8_t frame = 0xC0;  ///< SOF marker
  uint8_t components = 1;
  uint8_t sampling = 0x11;  ///< of the first component; the others have 1 x 1
};

/// SOI, tables whose only code is a 0 of one bit, and the frame.
inline Bytes jpegHead(uint32_t width, uint32_t height, JpegKind kind = {}) {
  Bytes jpeg{0xFF, 0xD8};
  Bytes quantization{0};
  quantization.resize(65, 1);
  putSegment(jpeg, 0xDB, quantization);
  putSegment(jpeg, 0xC4, oneCodeTable(0x00));
  putSegment(jpeg, 0xC4, oneCodeTable(0x10));
  Bytes frame{8};
  putBigEndian16(frame, height);
  putBigEndian16(frame, width);
  frame.push_back(kind.components);
  for (uint8_t k = 0; k < kind.components; ++k)
    append(frame, {static_cast<uint8_t>(k + 1), k == 0 ? kind.sampling : uint8_t{0x11}, 0});
  putSegment(jpeg, kind.frame, frame);
  return jpeg;
}

struct ScanKind {
  std::vector<uint8_t> components{1};  ///< ids
  uint8_t first = 0;
  uint8_t last = 63;
  uint8_t approximation = 0;
};

/// SOS, then `dataBytes` zeros.
inline void putScan(Bytes& jpeg, const ScanKind& scan, size_t dataBytes) {
  Bytes header{static_cast<uint8_t>(scan.components.size())};
  for (const uint8_t id : scan.components) append(header, {id, 0x00});
  append(header, {scan.first, scan.last, scan.approximation});
  putSegment(jpeg, 0xDA, header);
  jpeg.insert(jpeg.end(), dataBytes, 0);
}

inline void putEnd(Bytes& jpeg) {
  append(jpeg, {0xFF, 0xD9});
}

// ---- BMP ----

struct BmpKind {
  uint16_t bits = 24;
  uint32_t compression = 0;
  uint32_t paletteEntries = 0;
};

/// File header, BITMAPINFOHEADER and a palette of zeros.
inline Bytes bmpHead(uint32_t width, uint32_t height, BmpKind kind = {}) {
  Bytes bmp{'B', 'M'};
  putLittleEndian32(bmp, 0);
  putLittleEndian32(bmp, 0);
  putLittleEndian32(bmp, 54 + 4 * kind.paletteEntries);
  putLittleEndian32(bmp, 40);
  putLittleEndian32(bmp, width);
  putLittleEndian32(bmp, height);
  putLittleEndian32(bmp, 1u | uint32_t{kind.bits} << 16);
  putLittleEndian32(bmp, kind.compression);
  for (int word = 0; word < 5; ++word) putLittleEndian32(bmp, 0);
  bmp.insert(bmp.end(), size_t{4} * kind.paletteEntries, 0);
  return bmp;
}

}  // namespace masklet::test
