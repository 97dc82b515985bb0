// What leaves the core for one image: one row per object, in source pixels.
#pragma once

#include "assemble/assemble_masks.h"
#include "core/instances.h"

namespace masklet {

/// Objects as columns, best score first; row k of every column is object k. Each has at least one
/// pixel.
struct InstanceColumns {
  Buffer<Box> boxesSrc;  ///< clipped to the image
  Buffer<float> scores;
  Buffer<uint32_t> classIds;
  Buffer<uint32_t> rows;  ///< Instances::rows of those that are left
  MaskColumns masks;

  size_t count() const { return scores.size(); }
  void clear();
};

/// Maps the boxes of `instances` to source pixels, assembles their masks (see assembleMasks) and
/// leaves out every object without one pixel: its box lies between pixel centers or outside the
/// image, or no logit inside is positive (SegmentationPredictor.construct_result of Ultralytics
/// leaves out the same). With boxFromMask the boxes are those of the masks, whole pixels. Fails as
/// assembleMasks does; `columns` is then empty.
Status makeInstanceColumns(const Instances& instances, const MaskSource& source,
                           const Letterbox& letterbox, bool soft, const MaskKernels& kernels,
                           InstanceColumns& columns);

}  // namespace masklet
