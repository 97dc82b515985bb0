// Mask planes of queries: resizing, and mean probabilities.
#pragma once

#include "assemble/sample_taps.h"
#include "core/view.h"

namespace masklet {

/// Resizes planes of one size to another, bilinear, align_corners = False (torch's interpolate).
class PlaneResizer {
 public:
  /// If `to` equals `from`, it copies the planes. Fails with badSize (a side outside [1,
  /// kMaxSidePx]) or outOfMemory.
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

/// The sum of sigmoid(logit) over the positive ones of `count` logits, divided by their number plus
/// 1e-6; 0 without positive logits. Rule: the mask score of
/// MaskFormerImageProcessor.post_process_instance_segmentation.
float meanProbabilityInside(const float* logits, size_t count);

}  // namespace masklet
