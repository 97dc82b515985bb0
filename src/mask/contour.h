// The outline of a mask as polygons that enclose exactly its pixels.
#pragma once

#include "mask/mask.h"

namespace masklet {

/// Rings of polygons as columns. Corners are in source pixels of continuous coordinates (pixel r
/// covers [r, r
/// + 1)), so unsimplified corners are whole numbers. With y pointing down, an outer ring runs
/// clockwise as seen on the screen and a hole counter-clockwise: the object is always on the right,
/// and the shoelace sum (x0 * y1 - x1 * y0) is positive for outer rings and negative for holes.
struct Contours {
  Buffer<float>
      points;  ///< x, y of each corner; a ring is closed by its first corner, which is not repeated
  Buffer<uint32_t> ringOffsets;  ///< rings + 1 offsets into the corners (point = corner index, at
                                 ///< points[2 * index])
  Buffer<int32_t> ringParents;   ///< for a hole the index of its outer ring, which comes before it;
                                 ///< -1 for an outer ring

  size_t ringCount() const { return ringParents.size(); }
  void clear();
};

struct ContourOptions {
  double tolerancePx = 0;  ///< greatest distance of a dropped corner from the simplified ring
                           ///< (Douglas-Peucker); 0 keeps every corner
  double minAreaPx = 0;    ///< rings that enclose less, outer or hole, are left out, and with an
                           ///< outer ring its holes
};

/// Follows the cracks between object and background pixels. O(runs + rows + corners), and no
/// bitmap.
///
/// Objects are 4-connected (pixels that share a side) and so are holes: no ring passes twice
/// through one point, pixels that meet only at a corner belong to different rings which touch
/// there, and each outer ring with its holes is a valid simple-features polygon. An object within a
/// hole is an outer ring of its own. Rings come in reading order of their first corner, which is
/// the topmost, then leftmost. Unsimplified, the signed areas add up to the number of object
/// pixels, and maskFromPolygons gives the identical mask.
///
/// Simplified rings keep at least 3 corners and an area; like all Douglas-Peucker results they may
/// cross themselves or each other at large tolerances. (D. Douglas, T. Peucker: Algorithms for the
/// reduction of the number of points required to represent a digitized line, 1973.)
///
/// Expects a mask that validateMask accepts. Fails with badArgument (an option negative or not
/// finite) or outOfMemory.
Status contoursFromMask(const MaskView& mask, const ContourOptions& options, Contours& contours);

}  // namespace masklet
