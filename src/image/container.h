// The outer structure of image files: which format, whole or cut short, worth its work or not, and
// where the EXIF block lies. All of it is known before a pixel is decoded or allocated.
#pragma once

#include <cstdint>
#include <span>

namespace masklet {

enum class ContainerFormat : uint32_t { unknown, jpeg, png, bmp };

enum class FileState : uint32_t {
  damaged,    ///< malformed, or of a kind that is not decoded
  truncated,  ///< ends early, or holds fewer bytes than an image of its size can take
  tooCostly,  ///< asks for more work than its size is worth; see core/limits.h
  complete,   ///< reaches its end with enough bytes for all pixels
};

struct Container {
  ContainerFormat format = ContainerFormat::unknown;  ///< by signature alone
  FileState state = FileState::damaged;
  uint32_t widthPx = 0;  ///< as the header says, before any orientation; 0 where none was found
  uint32_t heightPx = 0;
  /// The TIFF block of the first EXIF record; empty without one.
  std::span<const uint8_t> exif;
  /// The largest single allocation that decoding a complete file needs, in bytes.
  uint64_t largestBufferBytes = 0;
  bool inks = false;            ///< a JPEG of four components: CMYK or YCCK
  size_t adobeTransformAt = 0;  ///< offset of the transform in the last Adobe marker; 0 without one

  bool complete() const { return state == FileState::complete; }
};

/// Walks the file in time linear in its bytes; reads nothing outside it whatever it holds.
///
/// JPEG (ITU T.81 annex B; EXIF in APP1: JEITA CP-3451): up to EOI, with a scan for each component,
/// the bytes and restart markers that its blocks need, and the visits of core/limits.h. PNG (W3C
/// PNG third edition): up to IEND, with right checksums of all critical chunks and the bytes that
/// inflate to its rows. BMP (BITMAPCOREHEADER, BITMAPINFOHEADER onwards, uncompressed): all rows.
Container readContainer(std::span<const uint8_t> file);

}  // namespace masklet
