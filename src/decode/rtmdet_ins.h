// RTMDet-Ins from mmdeploy: built-in suppression, masks at the size of the network input.
#pragma once

#include "assemble/mask_source.h"
#include "core/instances.h"
#include "core/view.h"

namespace masklet {

/// Takes the objects of one image above the score threshold from detections [1, N, 5] (x1, y1, x2,
/// y2 in network pixels, score), labels [1, N] and masks [1, N, H, W], probabilities or 0 and 1,
/// where H x W is the network input; N may be 0. The graph contains the suppression, so
/// iouThreshold is unused. It drops rows with a score or box that is NaN or infinite, an inverted
/// box, or a class outside 0..classCount - 1 (outside 0..2^24 if classCount is 0). The
/// probabilities are cut to the image's part of the input and interpolated to the image. A pixel is
/// object if the result is above 0.5, even outside the box (mmdeploy's End2EndModel, mmdetection's
/// RTMDetInsHead). Fails with badRank, badShape, badArgument (thresholds, class filter) and
/// outOfMemory.
Status decodeRtmdetIns(const TensorView& detections, const TensorView& labels,
                       const TensorView& masks, uint32_t classCount, SizePx net,
                       const DecodeOptions& options, Instances& instances, MaskSource& source);

}  // namespace masklet
