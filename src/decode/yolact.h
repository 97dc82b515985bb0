// YOLACT: boxes relative to priors, class probabilities, coefficients of prototypes.
#pragma once

#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/view.h"

namespace masklet {

/// The outputs by role, N rows, each tensor with or without a leading 1. If boxes and priors, or
/// scores and coefficients, have the same shape, the decoder swaps them if only that agrees with
/// their values: priors lie in the image and have a size, scores lie in 0..1.
struct YolactOutputs {
  TensorView boxes;         ///< [N, 4]; see decodeYolact
  TensorView scores;        ///< [N, 1 + C] after the softmax, background first
  TensorView coefficients;  ///< [N, P] after the tanh
  TensorView prototypes;    ///< [h, w, P], or [P, h, w]
  TensorView priors;        ///< [N, 4] center and size as fractions of the input; rank 0 if absent
};

/// Maximum number of boxes per class in suppression (top_k of YOLACT's Detect).
inline constexpr uint32_t kYolactTopK = 200;

/// Decodes one image. With priors, boxes are offsets: center + 0.1 * offset * size, size * exp(0.2
/// * offset). Without, they are corners as fractions of the input (decoded by the exporter), unless
/// a row is inverted: then they are offsets to the priors of the released configurations (see
/// makeYolactPriors). Every class with a score above the threshold makes a candidate; then Fast NMS
/// (see fastNms) at iouThreshold and the best maxInstances. Class id = column - 1. Rows whose score
/// or box is NaN or infinite, or whose box is inverted, are dropped. Masks are the prototypes'
/// linear combinations, cropped before interpolation. Source: YOLACT's box_utils.decode,
/// Detect.fast_nms and output_utils.postprocess, except its rounding of boxes to whole pixels.
/// Fails with badRank, badShape, badArgument (thresholds, maxInstances 0, class filter whose length
/// is not C) and outOfMemory.
Status decodeYolact(const YolactOutputs& outputs, SizePx net, const DecodeOptions& options,
                    Instances& instances, MaskSource& masks);

}  // namespace masklet
