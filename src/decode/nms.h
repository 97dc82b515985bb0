// Greedy non-maximum suppression.
#pragma once

#include <cstdint>
#include <span>

#include "core/buffer.h"
#include "core/geometry.h"
#include "core/status.h"

namespace masklet {

/// Class-aware greedy NMS. Considers candidates by falling score (ties: lower index first, so the result is stable) and keeps one unless a
/// kept candidate of the same class overlaps it by IoU > iouThreshold. Stops at `maxKept`. `kept` receives candidate indices, best first.
/// All spans have one length; scores must not be NaN. Fails with outOfMemory or badArgument (lengths differ).
Status nms(std::span<const Box> boxes, std::span<const float> scores, std::span<const uint32_t> classIds, float iouThreshold, uint32_t maxKept,
           Buffer<uint32_t>& kept);

}  // namespace masklet
