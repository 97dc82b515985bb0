// Numbers about masks, from their runs: no bitmaps, O(runs + rows). All expect masks that
// validateMask accepts.
#pragma once

#include "mask/mask.h"

namespace masklet {

/// Number of object pixels.
uint32_t areaPx(const MaskView& mask);

/// Smallest rectangle that holds all object pixels; {0, 0, 0, 0} when there are none.
RectPx boundingBox(const MaskView& mask);

/// Number of pixels that belong to both.
uint32_t intersectionAreaPx(const MaskView& a, const MaskView& b);

/// Intersection over union; 0 when both are empty.
double iou(const MaskView& a, const MaskView& b);

/// Intersection over the area of the detection: COCO's measure against a ground truth marked
/// `iscrowd`. 0 for an empty detection.
double crowdIou(const MaskView& detection, const MaskView& crowd);

/// iou of every detection (rows) with every truth (columns), or crowdIou where the truth's
/// `isCrowd` is not 0 (`isCrowd` may be empty: none is). Equal to pycocotools' mask.iou. `ious`
/// gets detections x truths values. Where both are the very same masks and none is a crowd, each
/// pair is measured once. Fails with badArgument when `isCrowd` has another size than `truths`
/// (value: its size), or outOfMemory.
Status iouMatrix(std::span<const MaskView> detections, std::span<const MaskView> truths,
                 std::span<const uint8_t> isCrowd, Buffer<double>& ious);

}  // namespace masklet
