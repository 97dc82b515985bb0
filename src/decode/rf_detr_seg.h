// RF-DETR segmentation: queries with boxes, class logits for a sigmoid, and mask logits.
#pragma once

#include "core/instances.h"
#include "core/view.h"
#include "assemble/mask_source.h"

namespace masklet {

/// The outputs of one image, in the order of RF-DETR's export.
struct RfDetrSegOutputs {
  TensorView boxes;   ///< [1, Q, 4] center and size in parts of the network input
  TensorView logits;  ///< [1, Q, C]
  TensorView masks;   ///< [1, Q, h, w] logits over the whole network input
};

/// Scores are sigmoid(logits). Of all pairs of query and class with score > scoreThreshold and a
/// class that the filter keeps, the best Q are the objects (ties: lower query, then lower class),
/// maxInstances of them at most: one query may be several, of different classes. No NMS
/// (iouThreshold is not used), and masks are not cut at the box. Dropped are NaN scores and boxes
/// that are not finite or have a negative size. Rule: PostProcess of rfdetr, whose num_select is
/// the number of queries in every segmentation model. Fails with badRank, badShape, badArgument
/// (thresholds outside 0..1, maxInstances 0, class filter of another length than C) and
/// outOfMemory.
Status decodeRfDetrSeg(const RfDetrSegOutputs& outputs, SizePx net, const DecodeOptions& options,
                       Instances& instances, MaskSource& source);

}  // namespace masklet
