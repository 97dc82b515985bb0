// Segment Anything and its kin: candidate masks of one image with predicted IoUs.
#pragma once

#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/view.h"

namespace masklet {

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

/// Makes one object of every plane of `planes` [1, K, h, w] whose score, of `scores` [1, K], passes
/// the first threshold; objects are in the order of their planes, `rows` are the planes' numbers,
/// boxes those of the masks. The stability is measured while the masks are assembled (StableMasks),
/// where masks that fail the second threshold lose their pixels.
///
/// Fails with badRank, badShape (also scores of another number than planes) or badArgument
/// (thresholds or offset out of range).
Status decodeSam(const TensorView& planes, const TensorView& scores, const SamOptions& options,
                 SizePx net, Instances& instances, MaskSource& source);

}  // namespace masklet
