// Connected parts of a mask, found on its runs, and cleaning by their size.
#pragma once

#include "mask/mask.h"

namespace masklet {

/// Pixels [x1, x2) of source row y.
struct PixelSpan {
  int32_t y = 0;
  int32_t x1 = 0;
  int32_t x2 = 0;
};

/// The parts of a mask; pixels that share a side or a corner belong together (8-connected). Spans
/// are in reading order, and parts are numbered by their first span.
struct Components {
  Buffer<PixelSpan> spans;
  Buffer<uint32_t> labels;   ///< part of each span
  Buffer<uint32_t> areasPx;  ///< pixels of each part

  size_t count() const { return areasPx.size(); }
};

/// The parts of `mask`. O(spans). Expects a mask that validateMask accepts; fails with outOfMemory.
Status findComponents(const MaskView& mask, Components& components);

/// Cleans a mask of an image of `sizeSrc`: first every background part of less than `minAreaPx`
/// pixels becomes object (a corner cut off by the object as well as a hole), then every object part
/// of less is dropped; the largest, of equal ones the first, stays when all are too small. Parts
/// are 8-connected, both kinds. Equal to segment_anything's amg.remove_small_regions, mode "holes"
/// and then "islands". The result is trimmed; parts of the mask outside the image are cut off.
/// `cleaned` may hold the runs of `mask`. Fails with badSize (a side outside [1, kMaxSidePx]) or
/// outOfMemory.
Status removeSmallRegions(const MaskView& mask, SizePx sizeSrc, uint32_t minAreaPx, Mask& cleaned);

}  // namespace masklet
