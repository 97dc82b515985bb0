// YOLOv5 segmentation heads.
#pragma once

#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/view.h"

namespace masklet {

/// Decodes detections [1, N, 5 + C + P] (cx, cy, w, h in network pixels, objectness, C class
/// scores, all after the sigmoid, P raw mask coefficients) and does class-aware NMS; score =
/// objectness * class score. P is the second dimension of `prototypes` [1, P, h, w]; C is the rest,
/// minimum 1. addObjectnessRows decides which rows pass. NMS considers at most kMaxNmsCandidates
/// rows. Layout and order of steps: YOLOv5's Segment head and general.non_max_suppression with
/// multi_label off. Fails with badRank, badShape, badArgument (thresholds outside 0..1,
/// maxInstances 0, class filter whose length is not C) and outOfMemory.
Status decodeYolov5Seg(const TensorView& detections, const TensorView& prototypes,
                       const DecodeOptions& options, Instances& instances, MaskSource& source);

}  // namespace masklet
