// All limits of the core, with the reason for each one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace masklet::limits {

/// Maximum width or height of an image, tensor plane or mask. It keeps every area and byte count of
/// one plane within 32 bits.
inline constexpr int32_t kMaxSidePx = 32768;

/// Default maximum number of pixels of an image: 256 MiB as RGBA, more than any camera's image.
inline constexpr uint64_t kMaxImagePixels = uint64_t{1} << 26;

/// Deflate turns 2 bits into at most 258 bytes (RFC 1951: one bit each for length and distance).
inline constexpr uint64_t kMaxDeflateRatio = 1032;

/// Maximum number of compressed bytes per raw byte of a PNG's rows. Stored blocks take slightly
/// more than one. A larger number means empty blocks, each of which costs a table.
inline constexpr uint64_t kMaxPngBytesPerRawByte = 2;
/// Compressed bytes that are always allowed, for the headers of a small image.
inline constexpr uint64_t kMinPngBytes = 65536;

/// Maximum number of RGBA bytes per byte of a file, for images above kUnquestionedPixels. A JPEG
/// reaches 2,048 and an 8-bit PNG of one color 4,128. Only blank images of 1 and 2 bits per pixel
/// exceed the limit; they take memory without content.
inline constexpr uint64_t kMaxRgbaBytesPerFileByte = 16384;
inline constexpr uint64_t kUnquestionedPixels = uint64_t{1} << 24;

/// Maximum number of visits to coefficients per 8x8 block of a component, over all scans of a JPEG.
/// Each scan counts kJpegScanOverhead more. A coefficient has at most 14 bits (ITU T.81,
/// G.1.1.1.2), so sending all of them bit by bit takes 14 * (64 + 8) = 1,008; common encoders need
/// about 250.
inline constexpr uint32_t kMaxJpegVisitsPerBlock = 1024;
inline constexpr uint32_t kJpegScanOverhead = 8;

/// Maximum number of Huffman and quantization tables in one JPEG. Each costs microseconds and 17
/// bytes. Common files have up to 8 per scan.
inline constexpr uint32_t kMaxJpegTables = 4096;

/// Maximum allocation of an image decoder beyond planes and rows: tables, and a row of padding.
inline constexpr size_t kDecoderTableBytes = size_t{1} << 18;

}  // namespace masklet::limits
