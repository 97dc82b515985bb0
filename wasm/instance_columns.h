// The results of one image: one row per object, in source pixels.
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
  Buffer<uint32_t> rows;  ///< Instances::rows of the remaining objects
  MaskColumns masks;

  size_t count() const { return scores.size(); }
  void clear();
};

/// Maps the boxes of `instances` to source pixels, assembles their masks (see assembleMasks) and
/// omits every object with an empty mask: its box lies between pixel centers or outside the image,
/// or all logits inside are at most 0 (SegmentationPredictor.construct_result of Ultralytics omits
/// the same). With boxFromMask, the boxes are the tight boxes of the masks, in whole pixels. Fails
/// as assembleMasks does; `columns` is then empty.
Status makeInstanceColumns(const Instances& instances, const MaskSource& source,
                           const Letterbox& letterbox, bool soft, const MaskKernels& kernels,
                           InstanceColumns& columns);

}  // namespace masklet
