// Segment Anything and its relatives: candidate masks of one image with predicted IoUs.
#pragma once

#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/view.h"

namespace masklet {

/// Thresholds, and the placement of planes over the image.
struct SamOptions {
  /// Keeps predicted IoUs above this; -infinity keeps all finite ones.
  float predictedIouThreshold = 0;
  /// Minimum stability, 0..1.
  float stabilityThreshold = 0;
  /// A pixel is object if the interpolated value is above this.
  float maskThreshold = 0;
  /// The stability of a mask compares maskThreshold plus and minus this offset. Must not be
  /// negative.
  float stabilityOffset = 1;
  /// Planes are interpolated to this size first (see MaskSource); 0 x 0 reads them directly.
  SizePx viaSize;
  /// The values are probabilities, 0..1, not logits.
  bool probability = false;
};

/// Makes one object of every plane of `planes` [1, K, h, w] whose score, of `scores` [1, K], passes
/// the first threshold; objects have the order of their planes, `rows` are the planes' indices, and
/// boxes are the tight boxes of the masks. The stability is measured during assembly (StableMasks).
/// There, masks below the second threshold become empty.
///
/// Fails with badRank, badShape (also if the numbers of scores and planes differ) or badArgument
/// (thresholds or offset out of range).
Status decodeSam(const TensorView& planes, const TensorView& scores, const SamOptions& options,
                 SizePx net, Instances& instances, MaskSource& source);

}  // namespace masklet
