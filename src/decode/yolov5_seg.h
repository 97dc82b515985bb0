// YOLOv5 segmentation heads.
#pragma once

#include "core/instances.h"
#include "core/view.h"
#include "assemble/mask_source.h"

namespace masklet {

/// Decodes detections [1, N, 5 + C + P] (cx, cy, w, h in network pixels, objectness, C class
/// scores, all after the sigmoid, P raw mask coefficients) and does class-aware NMS; score =
/// objectness * class score. P is the second dimension of `prototypes` [1, P, h, w]; C is what is
/// left, at least 1. Which rows pass: see addObjectnessRows. At most kMaxNmsCandidates rows go into
/// NMS. Layout and order of steps: YOLOv5's Segment head and general.non_max_suppression with
/// multi_label off. Fails with badRank, badShape, badArgument (thresholds outside 0..1,
/// maxInstances 0, class filter of another length than C) and outOfMemory.
Status decodeYolov5Seg(const TensorView& detections, const TensorView& prototypes,
                       const DecodeOptions& options, Instances& instances, MaskSource& source);

}  // namespace masklet
