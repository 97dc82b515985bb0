// Connected parts of a mask, and cleaning by their size, computed on runs.
#pragma once

#include "mask/mask.h"

namespace masklet {

/// Pixels [x1, x2) of source row y.
struct PixelSpan {
  int32_t y = 0;
  int32_t x1 = 0;
  int32_t x2 = 0;
};

/// The parts of a mask, 8-connected: pixels that share a side or a corner belong together. Spans
/// are in reading order, and parts are numbered by their first span.
struct Components {
  Buffer<PixelSpan> spans;
  Buffer<uint32_t> labels;   ///< part of each span
  Buffer<uint32_t> areasPx;  ///< pixels of each part

  size_t count() const { return areasPx.size(); }
};

/// The parts of `mask`. O(spans). The mask must pass validateMask. Fails with outOfMemory.
Status findComponents(const MaskView& mask, Components& components);

/// Cleans a mask of an image of `sizeSrc`: first, every background part below `minAreaPx` pixels
/// becomes object (holes, and corners that the object cuts off). Then every object part below it is
/// dropped; if all are too small, the largest one stays (ties: the first). Both kinds of parts are
/// 8-connected. Equal to segment_anything's amg.remove_small_regions, mode "holes" and then
/// "islands". The result is trimmed; parts of the mask outside the image are dropped. `cleaned` may
/// own the runs of `mask`. Fails with badSize (a side outside [1, kMaxSidePx]) or outOfMemory.
Status removeSmallRegions(const MaskView& mask, SizePx sizeSrc, uint32_t minAreaPx, Mask& cleaned);

}  // namespace masklet
