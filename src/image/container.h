// The outer structure of image files: which format, whole or cut short, and where the EXIF block
// lies.
#pragma once

#include <cstdint>
#include <span>

namespace masklet {

enum class ContainerFormat : uint32_t { unknown, jpeg, png, bmp };

struct Container {
  ContainerFormat format = ContainerFormat::unknown;  ///< by signature alone
  /// The structure reaches its end: JPEG up to the EOI marker; PNG up to IEND, with right checksums
  /// of all critical chunks; BMP with all pixel rows that its header promises. Pixel decoders that
  /// fill in what is missing need not be asked.
  bool complete = false;
  uint32_t widthPx = 0;  ///< as the header says, before any orientation; 0 where none was found
  uint32_t heightPx = 0;
  std::span<const uint8_t>
      exif;  ///< the TIFF block of the first EXIF record; empty when there is none
};

/// Walks the file; reads nothing outside it whatever it holds. JPEG: ITU T.81 annex B; EXIF in
/// APP1: JEITA CP-3451; PNG: W3C PNG third edition, chunk eXIf; BMP: BITMAPCOREHEADER and
/// BITMAPINFOHEADER onwards, uncompressed.
Container readContainer(std::span<const uint8_t> file);

}  // namespace masklet
