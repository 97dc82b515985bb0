// Converts polygons to masks.
#pragma once

#include "mask/mask.h"

namespace masklet {

/// Rings without ownership. `points` are x, y pairs in source pixels; ring k has the points
/// [ringOffsets[k], ringOffsets[k + 1]). Rings close themselves. Empty ringOffsets mean zero rings.
struct PolygonView {
  std::span<const double> points;
  std::span<const uint32_t> ringOffsets;
};

/// Points may lie outside the image; this is the maximum distance from its corner.
inline constexpr double kMaxPointPx = 1 << 20;

/// The pixels of `rectSrc` whose center lies inside the rings, trimmed. By the even-odd rule, a
/// ring inside another is a hole, in either direction. A center exactly on an edge belongs to the
/// pixel on its right (or below a horizontal edge), so that polygons with a common edge do not
/// share pixels. Fails with badSize (see validateMask), badArgument (a coordinate not finite or
/// beyond kMaxPointPx), badIndex (an offset that decreases or exceeds the points) or outOfMemory.
Status maskFromPolygons(const PolygonView& polygons, RectPx rectSrc, Mask& mask);

/// The union of the rings in an image of `sizeSrc`, pixel for pixel as pycocotools draws a COCO
/// polygon annotation. The outline is drawn on a grid five times as fine, and its crossings with
/// the pixel columns are rounded down to pixels (rleFrPoly and rleMerge in cocoapi's maskApi.c).
/// Use it for ground truth; maskFromPolygons is geometrically exact. Fails as maskFromPolygons.
Status maskFromCocoPolygons(const PolygonView& polygons, SizePx sizeSrc, Mask& mask);

}  // namespace masklet
