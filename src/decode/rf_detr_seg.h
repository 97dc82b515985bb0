// RF-DETR segmentation: queries with boxes, class logits for a sigmoid, and mask logits.
#pragma once

#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/view.h"

namespace masklet {

/// The outputs of one image, in the order of RF-DETR's export.
struct RfDetrSegOutputs {
  TensorView boxes;   ///< [1, Q, 4] center and size as fractions of the network input
  TensorView logits;  ///< [1, Q, C]
  TensorView masks;   ///< [1, Q, h, w] logits over the whole network input
};

/// Scores are sigmoid(logits). Of all pairs of query and class with score > scoreThreshold and a
/// class that the filter keeps, the best Q are the objects (ties: lower query, then lower class),
/// at most maxInstances. One query may yield several objects of different classes. It does not use
/// NMS or iouThreshold, and does not clip masks to the box. It drops NaN scores and boxes that are
/// not finite or have a negative size. Rule: PostProcess of rfdetr, whose num_select is the number
/// of queries in every segmentation model. Fails with badRank, badShape, badArgument (thresholds
/// outside 0..1, maxInstances 0, class filter whose length is not C) and outOfMemory.
Status decodeRfDetrSeg(const RfDetrSegOutputs& outputs, SizePx net, const DecodeOptions& options,
                       Instances& instances, MaskSource& source);

}  // namespace masklet
