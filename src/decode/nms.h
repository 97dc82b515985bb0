// Greedy non-maximum suppression.
#pragma once

#include <cstdint>
#include <span>

#include "core/buffer.h"
#include "core/geometry.h"
#include "core/status.h"

namespace masklet {

/// NMS looks at this many of the best candidates only (max_nms of Ultralytics'
/// non_max_suppression): it bounds the time that a score threshold near 0 can cost.
inline constexpr size_t kMaxNmsCandidates = 30000;

/// The indices of the best `maxCount` scores by falling score, ties by rising index. Scores must
/// not be NaN. Fails with outOfMemory, or badArgument for 2^32 - 1 scores or more.
Status sortByScore(std::span<const float> scores, size_t maxCount, Buffer<uint32_t>& order);

/// Class-aware greedy NMS. Considers candidates by falling score (ties: lower index first, so the
/// result is stable) and keeps one unless a kept candidate of the same class overlaps it by IoU >
/// iouThreshold. Stops at `maxKept`. Each candidate meets the kept boxes of its class only, so the
/// work is at most candidates x maxKept. `kept` receives candidate indices, best first. All spans
/// have one length; scores must not be NaN. Fails with outOfMemory or badArgument (lengths differ).
Status nms(std::span<const Box> boxes, std::span<const float> scores,
           std::span<const uint32_t> classIds, float iouThreshold, uint32_t maxKept,
           Buffer<uint32_t>& kept);

/// YOLACT's Fast NMS (Detect.fast_nms without its cross-class form): of each class the best `topK`
/// candidates are looked at, and one is kept when no better one of its class overlaps it by IoU >
/// iouThreshold, whether that better one is kept itself or not; so it keeps somewhat less than nms
/// does. The best `maxKept` of all classes remain. The rest is as with nms, the limit of
/// kMaxNmsCandidates too.
Status fastNms(std::span<const Box> boxes, std::span<const float> scores,
               std::span<const uint32_t> classIds, float iouThreshold, uint32_t topK,
               uint32_t maxKept, Buffer<uint32_t>& kept);

}  // namespace masklet
