// Segment Anything and its kin: candidate masks of one image with predicted IoUs.
#pragma once

#include "core/instances.h"
#include "core/letterbox.h"
#include "core/view.h"
#include "mask/mask_source.h"

namespace masklet {

struct MaskKernels;

/// What is kept, and how planes lie over the image.
struct SamOptions {
  /// Keep predicted IoU > threshold; -infinity keeps all that are finite.
  float predictedIouThreshold = 0;
  /// Keep stability >= threshold, 0..1.
  float stabilityThreshold = 0;
  /// A pixel is object where the interpolated value is greater.
  float maskThreshold = 0;
  /// Above and below maskThreshold; the stability of a mask compares both. Not negative.
  float stabilityOffset = 1;
  /// Planes are interpolated to this size first (see MaskSource); 0 x 0: read as they are.
  SizePx viaSize;
  /// The values are 0 to 1 and not logits.
  bool probability = false;
};

/// Makes one object of every plane of `planes` [1, K, h, w], with score `scores` [1, K], that
/// passes the options; objects are in the order of their planes, `rows` are the planes' numbers,
/// boxes those of the masks. `stability` gets K values: area(value > maskThreshold + offset) /
/// area(value > maskThreshold - offset) of the mask at the image's own resolution
/// (segment_anything.utils.amg.calculate_stability_score; 0 where the greater is empty), and 0 for
/// planes that fail the first threshold, which are not measured.
///
/// Fails with badRank, badShape (also scores of another number than planes), badArgument
/// (thresholds or offset out of range) and as assembleMasks does.
Status decodeSam(const TensorView& planes, const TensorView& scores, const SamOptions& options,
                 const Letterbox& letterbox, const MaskKernels& kernels, Instances& instances,
                 MaskSource& source, Buffer<float>& stability);

}  // namespace masklet
