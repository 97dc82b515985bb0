// Every limit of the core, each once. Whoever changes one finds here what it protects.
#pragma once

#include <cstddef>
#include <cstdint>

namespace masklet::limits {

/// Width or height an image, tensor plane or mask may have at most; keeps every area and byte count
/// of one plane within 32 bits.
inline constexpr int32_t kMaxSidePx = 32768;

/// Pixels that an image may have unless the caller says otherwise: 256 MiB as RGBA, more than any
/// camera's image.
inline constexpr uint64_t kMaxImagePixels = uint64_t{1} << 26;

/// Deflate makes at most 258 bytes of 2 bits (RFC 1951: one bit each for length and distance).
inline constexpr uint64_t kMaxDeflateRatio = 1032;

/// Compressed bytes of a PNG that a raw byte of its rows may take: stored blocks take one and a
/// little. More are blocks that hold nothing and cost a table each.
inline constexpr uint64_t kMaxPngBytesPerRawByte = 2;
/// ... and this many at least, for what a small image spends on headers.
inline constexpr uint64_t kMinPngBytes = 65536;

/// RGBA bytes that a byte of file may stand for, once an image is larger than
/// kUnquestionedPixels. A JPEG reaches 2,048 and an 8-bit PNG of one color 4,128; beyond are
/// blank images of 1 and 2 bits a pixel, which take memory and show nothing.
inline constexpr uint64_t kMaxRgbaBytesPerFileByte = 16384;
inline constexpr uint64_t kUnquestionedPixels = uint64_t{1} << 24;

/// Visits to coefficients that the scans of a JPEG may make for each 8x8 block of a component,
/// kJpegScanOverhead more for each scan. A coefficient has at most 14 bits (ITU T.81, G.1.1.1.2),
/// so sending all of them bit by bit takes 14 * (64 + 8) = 1,008; usual encoders ask for about 250.
inline constexpr uint32_t kMaxJpegVisitsPerBlock = 1024;
inline constexpr uint32_t kJpegScanOverhead = 8;

/// Huffman and quantization tables in one JPEG: each costs microseconds and 17 bytes. Usual files
/// have up to 8 for each scan.
inline constexpr uint32_t kMaxJpegTables = 4096;

/// What an image decoder may allocate beyond planes and rows: tables, and a row of padding.
inline constexpr size_t kDecoderTableBytes = size_t{1} << 18;

}  // namespace masklet::limits
