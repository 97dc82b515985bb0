// Encoded files to pixels, for places without a browser's decoder.
#pragma once

#include <cstdint>
#include <span>

#include "core/buffer.h"
#include "core/geometry.h"

namespace masklet {

/// Decodes a JPEG, PNG or BMP file (told by its signature) to RGBA8, straight alpha, tightly
/// packed, upright: the EXIF orientation is applied (APP1 of a JPEG, eXIf of a PNG). Gray becomes r
/// = g = b, a missing alpha 255, 16-bit channels lose their low byte. CMYK and YCCK, where 0 is
/// full ink with Adobe's marker and without it, are converted without a color profile; color
/// profiles and gamma are ignored.
///
/// Fails with badImageFile for any other format, a kind that is not decoded (arithmetic coding,
/// lossless JPEG, Apple's CgBI, compressed BMP) and a damaged file. What the bytes themselves tell
/// is refused before any pixel is allocated: badSize (a side beyond kMaxSidePx; value: the side),
/// tooManyPixels (more than `maxPixels`; value: the pixels), truncatedImageFile (cut short, or
/// fewer bytes than the smallest image of this size takes), imageFileTooCostly (see
/// core/limits.h). The value is the bytes in the file unless said otherwise. Fails with
/// outOfMemory. `rgba` and `size` are then untouched and nothing else is kept.
Status decodeFile(std::span<const uint8_t> file, uint64_t maxPixels, Buffer<uint8_t>& rgba,
                  SizePx& size);

}  // namespace masklet
