// YOLO box detectors: YOLOv5 and v7, YOLOv8 and later, and the end-to-end form of YOLOv10, YOLO26
// and of exports with NMS inside.
#pragma once

#include "core/instances.h"
#include "core/view.h"
#include "assemble/mask_source.h"

namespace masklet {

struct MaskKernels;

/// How the rows of a detector lie in its output. The numbers cross the wasm boundary.
enum class YoloDetectLayout : uint32_t {
  dense = 0,       ///< [1, 4 + C, N]: YOLOv8, v9, 11, 12
  endToEnd = 1,    ///< [1, M, 6]: x1, y1, x2, y2, score, class, after suppression
  objectness = 2,  ///< [1, N, 5 + C]: YOLOv5, v7; score = objectness * class score
};

/// Decodes boxes in network pixels; class-aware NMS for the layouts that have had none. See
/// addChannelRows, addFinalRows and addObjectnessRows for the rows that pass. `classCount` bounds
/// the class ids of endToEnd when it is not 0 and is not used by the others. Fails with badRank,
/// badShape (no class; other than 6 columns), badArgument (an unknown layout, thresholds outside
/// 0..1, maxInstances 0, class filter of another length than C) and outOfMemory.
Status decodeYoloDetect(const TensorView& detections, YoloDetectLayout layout, uint32_t classCount,
                        const DecodeOptions& options, const MaskKernels& kernels,
                        Instances& instances, MaskSource& source);

}  // namespace masklet
