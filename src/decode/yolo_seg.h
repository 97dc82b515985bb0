// YOLOv8 / v9 / 11 / 12 segmentation heads, and the end-to-end form of YOLO26 and of exports with
// NMS inside.
#pragma once

#include "core/instances.h"
#include "core/view.h"

namespace masklet {

struct MaskKernels;

/// Decodes detections [1, 4 + C + P, N] (channel-major; cx, cy, w, h in network pixels, C class
/// scores after the sigmoid, P raw mask coefficients) and does class-aware NMS. P is the second
/// dimension of `prototypes` [1, P, h, w]; C is what is left, at least 1. A row's class is the
/// lowest class of its greatest score; a NaN class score never wins. The class filter comes after
/// that: a row of a dropped class does not fall to its second class. Rows whose score or box is NaN
/// or infinite, or whose width or height is negative, are dropped. At most kMaxNmsCandidates rows
/// go into NMS. Layout and order of steps: Ultralytics' Segment head and ops.non_max_suppression.
/// Fails with badRank, badShape or badArgument (thresholds outside 0..1, maxInstances 0, class
/// filter of another length than C) and outOfMemory.
Status decodeYoloSeg(const TensorView& detections, const TensorView& prototypes,
                     const DecodeOptions& options, const MaskKernels& kernels,
                     Instances& instances);

/// Decodes end-to-end rows [1, M, 6 + P] = x1, y1, x2, y2 in network pixels, score, class, P
/// coefficients: no NMS, score threshold only (iouThreshold is not used). Rows are sorted by
/// falling score. Dropped are rows whose score or box is NaN or infinite, whose box is inverted (x2
/// < x1) or whose class is not in 0..classCount - 1 (not in 0..2^24 when classCount is 0). Fails as
/// decodeYoloSeg does. Padding rows of zeros drop out by their score. `classCount` bounds the class
/// ids when it is not 0.
Status decodeYoloSegEndToEnd(const TensorView& detections, const TensorView& prototypes,
                             uint32_t classCount, const DecodeOptions& options,
                             Instances& instances);

}  // namespace masklet
