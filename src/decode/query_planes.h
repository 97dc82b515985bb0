// Mask planes of queries: enlarging them, their probabilities.
#pragma once

#include "core/view.h"
#include "assemble/sample_taps.h"

namespace masklet {

/// Resizes planes of one size to another, bilinear, align_corners = False (torch's interpolate).
class PlaneResizer {
 public:
  /// `to` equal to `from` makes plain copies. Fails with badSize (a side outside [1, kMaxSidePx])
  /// or outOfMemory.
  Status prepare(SizePx from, SizePx to);
  /// Reads from.width * from.height values, writes to.width * to.height; they must not overlap.
  void resize(const float* plane, const MaskKernels& kernels, float* resized);

 private:
  SizePx from_;
  SizePx to_;
  SampleTaps columns_;
  SampleTaps rows_;
  CropTaps columnTaps_;
  Buffer<float> blended_;
};

/// The mean of sigmoid(logit) over the positive ones of `count` logits, 1e-6 added to their number;
/// 0 when there are none. MaskFormerImageProcessor.post_process_instance_segmentation rates a mask
/// so.
float meanProbabilityInside(const float* logits, size_t count);

}  // namespace masklet
