// Greedy non-maximum suppression.
#pragma once

#include <cstdint>
#include <span>

#include "core/buffer.h"
#include "core/geometry.h"
#include "core/status.h"

namespace masklet {

/// NMS considers only this many of the best candidates (max_nms of Ultralytics'
/// non_max_suppression). It bounds the time for a score threshold near 0.
inline constexpr size_t kMaxNmsCandidates = 30000;

/// The indices of the best `maxCount` scores by descending score, ties by ascending index. Scores
/// must not be NaN. Fails with outOfMemory, or badArgument for 2^32 - 1 scores or more.
Status sortByScore(std::span<const float> scores, size_t maxCount, Buffer<uint32_t>& order);

/// Class-aware greedy NMS. Considers candidates by descending score (ties: lower index first, so
/// the result is stable) and keeps one unless a kept candidate of the same class overlaps it by IoU
/// > iouThreshold. Stops at `maxKept`. Each candidate is compared only with the kept boxes of its
/// class, so the work is at most candidates x maxKept. `kept` receives candidate indices, best
/// first. All spans must have the same length; scores must not be NaN. Fails with outOfMemory or
/// badArgument (lengths differ).
Status nms(std::span<const Box> boxes, std::span<const float> scores,
           std::span<const uint32_t> classIds, float iouThreshold, uint32_t maxKept,
           Buffer<uint32_t>& kept);

/// YOLACT's Fast NMS (Detect.fast_nms without its cross-class form): it considers the best `topK`
/// candidates of each class. A better candidate of the class drops a worse one by IoU >
/// iouThreshold, even if the better one is itself dropped; so it keeps somewhat fewer than nms. The
/// best `maxKept` of all classes remain. All else is as in nms, including kMaxNmsCandidates.
Status fastNms(std::span<const Box> boxes, std::span<const float> scores,
               std::span<const uint32_t> classIds, float iouThreshold, uint32_t topK,
               uint32_t maxKept, Buffer<uint32_t>& kept);

}  // namespace masklet
