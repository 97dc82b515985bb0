// The outer structure of image files: the format, whether the file is complete, and its EXIF block.
#pragma once

#include <cstdint>
#include <span>

namespace masklet {

enum class ContainerFormat : uint32_t { unknown, jpeg, png, bmp };

struct Container {
  ContainerFormat format = ContainerFormat::unknown;  ///< by signature alone
  /// The file is complete: JPEG up to the EOI marker; PNG up to IEND, with right checksums of all
  /// critical chunks; BMP with all pixel rows of its header. Pixel decoders would fill in missing
  /// rows, so they cannot tell.
  bool complete = false;
  uint32_t widthPx = 0;  ///< from the header, before any orientation; 0 if not found
  uint32_t heightPx = 0;
  std::span<const uint8_t> exif;  ///< the TIFF block of the first EXIF record; empty if absent
};

/// Walks the file. It never reads outside the file, even if the file is malformed. JPEG: ITU T.81
/// annex B; EXIF in APP1: JEITA CP-3451; PNG: W3C PNG third edition, chunk eXIf; BMP:
/// BITMAPCOREHEADER and BITMAPINFOHEADER onwards, uncompressed.
Container readContainer(std::span<const uint8_t> file);

}  // namespace masklet
