// DETR box detectors: DETR itself, Deformable DETR, RT-DETR, RF-DETR.
#pragma once

#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/view.h"

namespace masklet {

/// Decodes boxes [1, Q, 4] (cx, cy, w, h as fractions of the network input) and logits [1, Q,
/// columns]: `softmax` for classes and a last column "no object", one object per query (DETR);
/// otherwise a sigmoid for each class, see addSigmoidPairs and addSoftmaxQueries. It does not
/// suppress boxes: the score threshold and maxInstances alone apply. Fails with badRank, badShape,
/// badArgument (thresholds outside 0..1, maxInstances 0, class filter whose length is not the
/// number of classes) and outOfMemory.
Status decodeDetrDetect(const TensorView& boxes, const TensorView& logits, bool softmax, SizePx net,
                        const DecodeOptions& options, Instances& instances, MaskSource& source);

}  // namespace masklet
