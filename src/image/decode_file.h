// Decodes image files to pixels, where a browser's decoder is unavailable.
#pragma once

#include <cstdint>
#include <span>

#include "core/buffer.h"
#include "core/geometry.h"

namespace masklet {

/// Decodes a JPEG, PNG or BMP file (recognized by its signature) to RGBA8, straight alpha, tightly
/// packed, upright: the EXIF orientation is applied (APP1 of a JPEG, eXIf of a PNG). Gray becomes r
/// = g = b, a missing alpha 255, 16-bit channels lose their low byte. CMYK and YCCK, where 0 is
/// full ink with Adobe's marker and without it, are converted without a color profile; color
/// profiles and gamma are ignored.
///
/// Fails with badImageFile for any other format, an unsupported kind (arithmetic coding, lossless
/// JPEG, Apple's CgBI, compressed BMP) and a damaged file. Before it allocates pixels, it fails
/// with badSize (a side beyond kMaxSidePx; value: the side), tooManyPixels (more than `maxPixels`;
/// value: the pixels), truncatedImageFile (cut short, or fewer bytes than an image of this size
/// needs) or imageFileTooCostly (see core/limits.h). Unless documented otherwise, the value is the
/// number of bytes in the file. It also fails with outOfMemory. After a failure, `rgba` and `size`
/// are unchanged, and all other memory is freed.
Status decodeFile(std::span<const uint8_t> file, uint64_t maxPixels, Buffer<uint8_t>& rgba,
                  SizePx& size);

}  // namespace masklet
