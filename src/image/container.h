// The outer structure of image files: the format, whether the file is complete, whether its cost is
// acceptable, and its EXIF block. All of this is known before pixels are decoded or allocated.
#pragma once

#include <cstdint>
#include <span>

namespace masklet {

enum class ContainerFormat : uint32_t { unknown, jpeg, png, bmp };

enum class FileState : uint32_t {
  damaged,    ///< malformed, or of an unsupported kind
  truncated,  ///< ends early, or has fewer bytes than an image of its size needs
  tooCostly,  ///< needs more work than its size justifies; see core/limits.h
  complete,   ///< ends properly, with enough bytes for all pixels
};

struct Container {
  ContainerFormat format = ContainerFormat::unknown;  ///< by signature alone
  FileState state = FileState::damaged;
  uint32_t widthPx = 0;  ///< from the header, before any orientation; 0 if not found
  uint32_t heightPx = 0;
  /// The TIFF block of the first EXIF record; empty without one.
  std::span<const uint8_t> exif;
  /// The largest single allocation that decoding a complete file needs, in bytes.
  uint64_t largestBufferBytes = 0;
  bool inks = false;            ///< a JPEG of four components: CMYK or YCCK
  size_t adobeTransformAt = 0;  ///< offset of the transform in the last Adobe marker; 0 without one

  bool complete() const { return state == FileState::complete; }
};

/// Walks the file in time linear in its bytes. It never reads outside the file, even if the file is
/// malformed.
///
/// JPEG (ITU T.81 annex B; EXIF in APP1: JEITA CP-3451): up to EOI, with a scan for each component,
/// the bytes and restart markers that its blocks need, and the visits of core/limits.h. PNG (W3C
/// PNG third edition): up to IEND, with correct checksums of all critical chunks and the bytes that
/// inflate to its rows. BMP (BITMAPCOREHEADER, BITMAPINFOHEADER onwards, uncompressed): all rows.
Container readContainer(std::span<const uint8_t> file);

}  // namespace masklet
