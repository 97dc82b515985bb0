// Polygons to masks.
#pragma once

#include "mask/mask.h"

namespace masklet {

/// Rings given by others. `points` are x, y pairs in source pixels; ring k has the points
/// [ringOffsets[k], ringOffsets[k + 1]); rings are closed implicitly. No ringOffsets means no ring.
struct PolygonView {
  std::span<const double> points;
  std::span<const uint32_t> ringOffsets;
};

/// Points may lie outside the image, at most this far from its corner.
inline constexpr double kMaxPointPx = 1 << 20;

/// The pixels of `rectSrc` whose center lies inside by the even-odd rule over all rings, trimmed: a
/// ring inside another is a hole, whatever its direction. A center exactly on an edge belongs to
/// the pixel on the right of it (or below a horizontal edge), so that polygons that share an edge
/// share no pixel. Fails with badSize (see validateMask), badArgument (a coordinate not finite or
/// beyond kMaxPointPx), badIndex (an offset that decreases or exceeds the points) or outOfMemory.
Status maskFromPolygons(const PolygonView& polygons, RectPx rectSrc, Mask& mask);

/// The union of the rings as pycocotools draws a COCO polygon annotation in an image of `sizeSrc`,
/// pixel for pixel: the outline is drawn on a grid five times as fine and its crossings of the
/// pixel columns are rounded down to pixels (rleFrPoly and rleMerge in cocoapi's maskApi.c). For
/// ground truth; maskFromPolygons is the geometrically exact one. Fails as maskFromPolygons.
Status maskFromCocoPolygons(const PolygonView& polygons, SizePx sizeSrc, Mask& mask);

}  // namespace masklet
