// YOLOv8 / v9 / 11 / 12 segmentation heads, and the end-to-end form of YOLO26 and of exports with
// built-in NMS.
#pragma once

#include "core/instances.h"
#include "core/view.h"

namespace masklet {

struct MaskKernels;

/// Decodes detections [1, 4 + C + P, N] (channel-major; cx, cy, w, h in network pixels, C class
/// scores after the sigmoid, P raw mask coefficients) and does class-aware NMS. P is the second
/// dimension of `prototypes` [1, P, h, w]; C is the rest, minimum 1. A row's class is that of its
/// maximum score (ties: the lowest class); a NaN class score never wins. The class filter comes
/// later: a row of a dropped class does not take its second class. Rows whose score or box is NaN
/// or infinite, or whose width or height is negative, are dropped. NMS considers at most
/// kMaxNmsCandidates rows. Layout and order of steps: Ultralytics' Segment head and
/// ops.non_max_suppression. Fails with badRank, badShape or badArgument (thresholds outside 0..1,
/// maxInstances 0, class filter whose length is not C) and outOfMemory.
Status decodeYoloSeg(const TensorView& detections, const TensorView& prototypes,
                     const DecodeOptions& options, const MaskKernels& kernels,
                     Instances& instances);

/// Decodes end-to-end rows [1, M, 6 + P] = x1, y1, x2, y2 in network pixels, score, class, P
/// coefficients. It does not use NMS or iouThreshold, only the score threshold. Rows are sorted by
/// descending score. It drops rows whose score or box is NaN or infinite, whose box is inverted (x2
/// < x1) or whose class is outside 0..classCount - 1 (outside 0..2^24 if classCount is 0). The
/// score drops padding rows of zeros. Fails as decodeYoloSeg does.
Status decodeYoloSegEndToEnd(const TensorView& detections, const TensorView& prototypes,
                             uint32_t classCount, const DecodeOptions& options,
                             Instances& instances);

}  // namespace masklet
