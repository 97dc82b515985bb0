// The orientation of a photo.
#pragma once

#include <span>

#include "core/buffer.h"
#include "core/view.h"

namespace masklet {

/// EXIF tag 0x0112 (JEITA CP-3451, 4.6.4): the side of the image that the first stored row and the
/// first stored column are.
enum class Orientation : uint8_t {
  topLeft = 1,      ///< as stored
  topRight = 2,     ///< mirrored left to right
  bottomRight = 3,  ///< turned by 180 degrees
  bottomLeft = 4,   ///< mirrored top to bottom
  leftTop = 5,      ///< mirrored along the main diagonal
  rightTop = 6,     ///< must be turned clockwise by 90 degrees
  rightBottom = 7,  ///< mirrored along the other diagonal
  leftBottom = 8,   ///< must be turned counter-clockwise by 90 degrees
};

/// The orientation in a TIFF block (either byte order; first directory only); topLeft if the tag is
/// missing or the block is malformed: such a photo is shown as stored.
Orientation readOrientation(std::span<const uint8_t> tiff);

/// The size after orientation: four orientations swap width and height.
SizePx orientedSize(SizePx stored, Orientation orientation);

/// Writes the RGBA8 image `stored` upright and tightly packed into `upright`, whose size is
/// orientedSize. Fails with badArgument (not 4 channels) or outOfMemory.
Status applyOrientation(ImageView<const uint8_t> stored, Orientation orientation,
                        Buffer<uint8_t>& upright);

}  // namespace masklet
