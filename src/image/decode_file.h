// Encoded files to pixels, for places without a browser's decoder.
#pragma once

#include <cstdint>
#include <span>

#include "core/buffer.h"
#include "core/geometry.h"

namespace masklet {

/// Decodes a JPEG, PNG or BMP file (told by its signature) to RGBA8, straight alpha, tightly
/// packed, upright: the EXIF orientation is applied (APP1 of a JPEG, eXIf of a PNG). Gray becomes r
/// = g = b, a missing alpha 255, 16-bit channels lose their low byte, Adobe CMYK and YCCK are
/// converted without a color profile; color profiles and gamma are ignored.
///
/// Fails with badImageFile (value: bytes in the file) for any other format, a damaged file, and one
/// cut short, which is never shown as a half-gray image; before any pixel is allocated with badSize
/// (a side beyond kMaxSidePx; value: the side) and tooManyPixels (more than `maxPixels`; value: the
/// pixels); with outOfMemory. `rgba` and `size` are then untouched.
Status decodeFile(std::span<const uint8_t> file, uint64_t maxPixels, Buffer<uint8_t>& rgba,
                  SizePx& size);

}  // namespace masklet
