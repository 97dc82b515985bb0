// YOLO box detectors: YOLOv5 and v7, YOLOv8 and later, and the end-to-end form of YOLOv10, YOLO26
// and of exports with built-in NMS.
#pragma once

#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/view.h"

namespace masklet {

struct MaskKernels;

/// The layout of a detector's rows in its output. The numbers cross the wasm boundary.
enum class YoloDetectLayout : uint32_t {
  dense = 0,       ///< [1, 4 + C, N]: YOLOv8, v9, 11, 12
  endToEnd = 1,    ///< [1, M, 6]: x1, y1, x2, y2, score, class, after suppression
  objectness = 2,  ///< [1, N, 5 + C]: YOLOv5, v7; score = objectness * class score
};

/// Decodes boxes in network pixels; with class-aware NMS unless the graph contains it. See
/// addChannelRows, addFinalRows and addObjectnessRows for the rows that pass. `classCount`, unless
/// 0, bounds the class ids of endToEnd; the other layouts ignore it. Fails with badRank, badShape
/// (without classes; endToEnd without exactly 6 columns), badArgument (an unknown layout,
/// thresholds outside 0..1, maxInstances 0, class filter whose length is not C) and outOfMemory.
Status decodeYoloDetect(const TensorView& detections, YoloDetectLayout layout, uint32_t classCount,
                        const DecodeOptions& options, const MaskKernels& kernels,
                        Instances& instances, MaskSource& source);

}  // namespace masklet
