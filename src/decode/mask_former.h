// MaskFormer and Mask2Former instances: queries with class logits for a softmax and mask logits, no
// boxes.
#pragma once

#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/view.h"

namespace masklet {

struct MaskKernels;

/// The outputs of one image.
struct MaskFormerOutputs {
  TensorView logits;  ///< [1, Q, C + 1], the last class is "no object"
  TensorView masks;   ///< [1, Q, h, w] logits over the whole network input
};

/// The best Q of all pairs of query and class by softmax probability (ties: lower query, then lower
/// class) that the class filter keeps; the score is that probability times the mean probability of
/// the query's mask inside itself, measured on planes enlarged to `rateSize` (0 x 0 keeps their
/// size). Objects have score > scoreThreshold; one query may yield several objects of different
/// classes. It does not use NMS or iouThreshold. A query with NaN or +infinity among its class
/// logits is dropped. The box is the tight box of the mask. Rule:
/// post_process_instance_segmentation of transformers' MaskFormerImageProcessor (planes at their
/// own size) and Mask2FormerImageProcessor (384 x 384). Fails with badRank, badShape, badArgument
/// (thresholds outside 0..1, maxInstances 0, class filter whose length is not C), badSize and
/// outOfMemory.
Status decodeMaskFormer(const MaskFormerOutputs& outputs, SizePx net, SizePx rateSize,
                        const DecodeOptions& options, const MaskKernels& kernels,
                        Instances& instances, MaskSource& source);

}  // namespace masklet
