// RTMDet-Ins as mmdeploy exports it: suppression inside, masks at the size of the network input.
#pragma once

#include "core/instances.h"
#include "core/view.h"
#include "assemble/mask_source.h"

namespace masklet {

/// Takes the objects of one image above the score threshold from detections [1, N, 5] (x1, y1, x2,
/// y2 in network pixels, score), labels [1, N] and masks [1, N, H, W], probabilities or 0 and 1,
/// where H x W is the network input; N may be 0. The graph has done its own suppression:
/// iouThreshold is not used. Dropped are rows with a score or box that is NaN or infinite, an
/// inverted box, or a class that is not in 0..classCount - 1 (not in 0..2^24 when classCount is 0).
/// A mask is object where the probability, cut to the image's part of the input and interpolated to
/// the image, is greater than 0.5; it is not cut at the box (mmdeploy's End2EndModel, mmdetection's
/// RTMDetInsHead). Fails with badRank, badShape, badArgument (thresholds, class filter) and
/// outOfMemory.
Status decodeRtmdetIns(const TensorView& detections, const TensorView& labels,
                       const TensorView& masks, uint32_t classCount, SizePx net,
                       const DecodeOptions& options, Instances& instances, MaskSource& source);

}  // namespace masklet
