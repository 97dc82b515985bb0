// Measures masks on their runs, without bitmaps, in O(runs + rows). All masks must pass
// validateMask.
#pragma once

#include "mask/mask.h"

namespace masklet {

/// Number of object pixels.
uint32_t areaPx(const MaskView& mask);

/// The tight rectangle around all object pixels; {0, 0, 0, 0} for an empty mask.
RectPx boundingBox(const MaskView& mask);

/// Number of pixels in both masks.
uint32_t intersectionAreaPx(const MaskView& a, const MaskView& b);

/// Intersection over union; 0 if both masks are empty.
double iou(const MaskView& a, const MaskView& b);

/// Intersection over the area of the detection: COCO's measure against a ground truth with
/// `iscrowd`. 0 for an empty detection.
double crowdIou(const MaskView& detection, const MaskView& crowd);

/// iou of every detection (rows) with every truth (columns), or crowdIou if the truth's `isCrowd`
/// is not 0 (an empty `isCrowd` means 0 for all). Equal to pycocotools' mask.iou. `ious` receives
/// detections x truths values. If both lists are the same object, without a crowd, each pair is
/// measured once. Fails with badArgument if `isCrowd` and `truths` differ in size (value: size of
/// `isCrowd`), or with outOfMemory.
Status iouMatrix(std::span<const MaskView> detections, std::span<const MaskView> truths,
                 std::span<const uint8_t> isCrowd, Buffer<double>& ious);

}  // namespace masklet
