// YOLOv8 / v9 / 11 / 12 segmentation heads, and the end-to-end form of YOLO26 and of exports with NMS inside.
#pragma once

#include "core/view.h"
#include "decode/instances.h"

namespace masklet {

struct MaskKernels;

/// Decodes detections [1, 4 + C + P, N] (channel-major; cx, cy, w, h in network pixels, C class scores after the sigmoid, P raw mask
/// coefficients) and does class-aware NMS. P is the second dimension of `prototypes` [1, P, h, w]; C is what is left, at least 1.
/// Rows whose score or box is NaN or infinite are dropped. Layout: Ultralytics' Segment head and ops.non_max_suppression.
/// Fails with badRank, badShape or badArgument (thresholds outside 0..1, maxInstances 0, class filter of another length than C) and outOfMemory.
Status decodeYoloSeg(const TensorView& detections, const TensorView& prototypes, const DecodeOptions& options, const MaskKernels& kernels,
                     Instances& instances);

/// Decodes end-to-end rows [1, M, 6 + P] = x1, y1, x2, y2 in network pixels, score, class, P coefficients: no NMS, score threshold only
/// (iouThreshold is not used). Padding rows of zeros drop out by their score. `classCount` bounds the class ids when it is not 0.
Status decodeYoloSegEndToEnd(const TensorView& detections, const TensorView& prototypes, uint32_t classCount, const DecodeOptions& options,
                             Instances& instances);

}  // namespace masklet
