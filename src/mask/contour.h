// The outline of a mask as polygons that enclose exactly its pixels.
#pragma once

#include "mask/mask.h"

namespace masklet {

/// Rings of polygons as columns. Corners are in source pixels, in continuous coordinates (pixel r
/// covers [r, r + 1)), so unsimplified corners are integers. With y pointing down, an outer ring
/// runs clockwise as seen on the screen and a hole counter-clockwise: the object is always on the
/// right, and the shoelace sum (x0 * y1 - x1 * y0) is positive for outer rings and negative for
/// holes.
struct Contours {
  Buffer<float>
      points;  ///< x, y of each corner; the first corner closes the ring and is not repeated
  Buffer<uint32_t> ringOffsets;  ///< rings + 1 offsets into the corners (point = corner index, at
                                 ///< points[2 * index])
  Buffer<int32_t> ringParents;   ///< for a hole, the index of its outer ring, which precedes it; -1
                                 ///< for an outer ring

  size_t ringCount() const { return ringParents.size(); }
  void clear();
};

struct ContourOptions {
  double tolerancePx = 0;  ///< maximum distance of a dropped corner from the simplified ring
                           ///< (Douglas-Peucker); 0 keeps every corner
  double minAreaPx = 0;    ///< minimum area of a ring; an omitted outer ring omits its holes too
};

/// Follows the cracks between object and background pixels. O(runs + rows + corners), without a
/// bitmap.
///
/// Objects and holes are 4-connected (pixels share a side). A ring therefore never passes twice
/// through one point. Pixels that meet only at a corner belong to different rings, which touch
/// there. Each outer ring with its holes is a valid simple-features polygon. An object inside a
/// hole has its own outer ring. Rings are in reading order of their first corner: the topmost one,
/// then the leftmost. Unsimplified, the signed areas add up to the number of object pixels, and
/// maskFromPolygons returns the identical mask.
///
/// Simplified rings keep at least 3 corners and an area. As with all Douglas-Peucker results, they
/// may cross themselves or each other at large tolerances. (D. Douglas, T. Peucker: Algorithms for
/// the reduction of the number of points required to represent a digitized line, 1973.)
///
/// The mask must pass validateMask. Fails with badArgument (an option is negative or not finite) or
/// outOfMemory.
Status contoursFromMask(const MaskView& mask, const ContourOptions& options, Contours& contours);

}  // namespace masklet
