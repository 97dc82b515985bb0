// Decodes image files to pixels, where a browser's decoder is unavailable.
#pragma once

#include <cstdint>
#include <span>

#include "core/buffer.h"
#include "core/geometry.h"

namespace masklet {

/// Decodes a JPEG, PNG or BMP file (recognized by its signature) to RGBA8, straight alpha, tightly
/// packed, upright: the EXIF orientation is applied (APP1 of a JPEG, eXIf of a PNG). Gray becomes r
/// = g = b, a missing alpha 255, 16-bit channels lose their low byte, Adobe CMYK and YCCK are
/// converted without a color profile; color profiles and gamma are ignored.
///
/// Fails with badImageFile (value: bytes in the file) for any other format, a damaged file and a
/// truncated one (which never becomes a half-gray image). Before it allocates pixels, it fails with
/// badSize (a side beyond kMaxSidePx; value: the side) and tooManyPixels (more than `maxPixels`;
/// value: the pixels); with outOfMemory. After a failure, `rgba` and `size` are unchanged.
Status decodeFile(std::span<const uint8_t> file, uint64_t maxPixels, Buffer<uint8_t>& rgba,
                  SizePx& size);

}  // namespace masklet
