// DETR with mask head (panoptic): queries with class logits for a softmax and mask planes that
// compete for every pixel.
#pragma once

#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/view.h"

namespace masklet {

struct MaskKernels;

/// The outputs of one image.
struct DetrPanopticOutputs {
  TensorView logits;  ///< [1, Q, C + 1], the last class is "no object"
  TensorView masks;   ///< [1, Q, h, w] logits over the whole network input
  TensorView boxes;   ///< [1, Q, 4] center and size as fractions of the input; rank 0 if absent
};

/// A query's class is that of its maximum softmax probability (ties: the lowest class), and its
/// score is that probability. Queries of class "no object", with score <= scoreThreshold, with NaN
/// or +infinity among the class logits, or with a box that is not finite or has a negative size,
/// are dropped. The others compete: every pixel belongs to the query with the maximum score x mask
/// probability. A query stays only if it keeps more than 0.8 of the pixels that it would have alone
/// (MaskSource::exclusive). The class filter and maxInstances choose among the winners only. Mask
/// probabilities are sigmoid(logit) of the planes enlarged to `enlargeTo` (0 x 0 keeps their size),
/// then interpolated. Without boxes the box is the tight box of the mask. Rule:
/// remove_low_and_no_objects and compute_segments of transformers' DetrImageProcessor;
/// Mask2FormerImageProcessor enlarges to 384 x 384 first. Fails with badRank, badShape, badArgument
/// (thresholds outside 0..1, maxInstances 0, class filter whose length is not C), badSize and
/// outOfMemory.
Status decodeDetrPanoptic(const DetrPanopticOutputs& outputs, SizePx net, SizePx enlargeTo,
                          const DecodeOptions& options, const MaskKernels& kernels,
                          Instances& instances, MaskSource& source);

}  // namespace masklet
