// DETR with mask head (panoptic): queries with class logits for a softmax and mask planes that
// compete for every pixel.
#pragma once

#include "core/instances.h"
#include "core/view.h"
#include "assemble/mask_source.h"

namespace masklet {

struct MaskKernels;

/// The outputs of one image.
struct DetrPanopticOutputs {
  TensorView logits;  ///< [1, Q, C + 1], the last class is "no object"
  TensorView masks;   ///< [1, Q, h, w] logits over the whole network input
  TensorView boxes;  ///< [1, Q, 4] center and size in parts of the network input; rank 0 when there
                     ///< are none
};

/// A query's class is the lowest class of its greatest softmax probability, which is its score.
/// Queries of class "no object", with score <= scoreThreshold, with NaN or +infinity among the
/// class logits, or with a box that is not finite or of negative size, drop out. Those that stay
/// compete: every pixel belongs to the query with the greatest score x mask probability, and
/// queries that keep no more than 0.8 of what they would have alone are dropped
/// (MaskSource::exclusive). The class filter and maxInstances choose among the winners only. Mask
/// probabilities are sigmoid(logit) of the planes enlarged to `enlargeTo` (no sides: of the planes
/// as they are) and interpolated after that. Without boxes the box is the tight box of the mask.
/// Rule: remove_low_and_no_objects and compute_segments of transformers' DetrImageProcessor;
/// Mask2FormerImageProcessor enlarges to 384 x 384 first. Fails with badRank, badShape, badArgument
/// (thresholds outside 0..1, maxInstances 0, class filter of another length than C), badSize and
/// outOfMemory.
Status decodeDetrPanoptic(const DetrPanopticOutputs& outputs, SizePx net, SizePx enlargeTo,
                          const DecodeOptions& options, const MaskKernels& kernels,
                          Instances& instances, MaskSource& source);

}  // namespace masklet
