#include "decode/nms.h"

#include <algorithm>
#include <array>
#include <bit>

namespace masklet {

namespace {

/// The integer order of these keys is descending by score, then ascending by index.
uint64_t sortKey(float score, uint32_t index) {
  const auto bits =
      std::bit_cast<uint32_t>(score + 0.0f);  // -0 becomes +0: the two are equal scores
  const uint32_t rising = (bits & 0x80000000u) != 0 ? ~bits : bits | 0x80000000u;
  return (uint64_t{~rising} << 32) | index;
}

/// Boxes in linked lists by class (class modulo kBuckets), so that a candidate is compared with few
/// boxes of other classes.
class BoxesByClass {
 public:
  BoxesByClass() { heads_.fill(kEnd); }

  Status reserve(size_t count) { return nodes_.reserve(count); }

  Status add(const Box& box, uint32_t classId) {
    uint32_t& head = heads_[classId % kBuckets];
    MASKLET_TRY(nodes_.push({box, classId, head}));
    head = static_cast<uint32_t>(nodes_.size() - 1);
    return okStatus();
  }

  uint32_t countOf(uint32_t classId) const {
    uint32_t count = 0;
    for (uint32_t at = heads_[classId % kBuckets]; at != kEnd; at = nodes_[at].next) {
      if (nodes_[at].classId == classId) ++count;
    }
    return count;
  }

  bool overlaps(const Box& box, uint32_t classId, float iouThreshold) const {
    for (uint32_t at = heads_[classId % kBuckets]; at != kEnd; at = nodes_[at].next) {
      const Node& node = nodes_[at];
      if (node.classId == classId && iou(node.box, box) > iouThreshold) return true;
    }
    return false;
  }

 private:
  struct Node {
    Box box;
    uint32_t classId;
    uint32_t next;
  };
  static constexpr uint32_t kBuckets = 256;
  static constexpr uint32_t kEnd = UINT32_MAX;

  std::array<uint32_t, kBuckets> heads_;
  Buffer<Node> nodes_;
};

Status checkLengths(std::span<const Box> boxes, std::span<const float> scores,
                    std::span<const uint32_t> classIds) {
  if (scores.size() != boxes.size()) return fail(StatusCode::badArgument, scores.size());
  if (classIds.size() != boxes.size()) return fail(StatusCode::badArgument, classIds.size());
  return okStatus();
}

}  // namespace

Status sortByScore(std::span<const float> scores, size_t maxCount, Buffer<uint32_t>& order) {
  order.clear();
  if (scores.size() >= UINT32_MAX) return fail(StatusCode::badArgument, scores.size());
  Buffer<uint64_t> keys;
  MASKLET_TRY(keys.resize(scores.size()));
  for (size_t i = 0; i < scores.size(); ++i) keys[i] = sortKey(scores[i], static_cast<uint32_t>(i));
  if (keys.size() > maxCount) {
    std::nth_element(keys.begin(), keys.begin() + maxCount, keys.end());
    MASKLET_TRY(keys.resize(maxCount));
  }
  std::sort(keys.begin(), keys.end());
  MASKLET_TRY(order.resize(keys.size()));
  for (size_t rank = 0; rank < keys.size(); ++rank) order[rank] = static_cast<uint32_t>(keys[rank]);
  return okStatus();
}

Status nms(std::span<const Box> boxes, std::span<const float> scores,
           std::span<const uint32_t> classIds, float iouThreshold, uint32_t maxKept,
           Buffer<uint32_t>& kept) {
  kept.clear();
  MASKLET_TRY(checkLengths(boxes, scores, classIds));

  Buffer<uint32_t> order;
  MASKLET_TRY(sortByScore(scores, kMaxNmsCandidates, order));
  const size_t mostKept = std::min<size_t>(maxKept, order.size());
  BoxesByClass keptBoxes;
  MASKLET_TRY(keptBoxes.reserve(mostKept));
  MASKLET_TRY(kept.reserve(mostKept));
  for (const uint32_t index : order) {
    if (kept.size() == mostKept) break;
    if (keptBoxes.overlaps(boxes[index], classIds[index], iouThreshold)) continue;
    MASKLET_TRY(keptBoxes.add(boxes[index], classIds[index]));
    MASKLET_TRY(kept.push(index));
  }
  return okStatus();
}

Status fastNms(std::span<const Box> boxes, std::span<const float> scores,
               std::span<const uint32_t> classIds, float iouThreshold, uint32_t topK,
               uint32_t maxKept, Buffer<uint32_t>& kept) {
  kept.clear();
  MASKLET_TRY(checkLengths(boxes, scores, classIds));

  Buffer<uint32_t> order;
  MASKLET_TRY(sortByScore(scores, kMaxNmsCandidates, order));
  BoxesByClass better;
  for (const uint32_t index : order) {
    if (kept.size() == maxKept) break;
    const uint32_t classId = classIds[index];
    if (better.countOf(classId) == topK) continue;
    if (!better.overlaps(boxes[index], classId, iouThreshold)) MASKLET_TRY(kept.push(index));
    MASKLET_TRY(better.add(boxes[index], classId));
  }
  return okStatus();
}

}  // namespace masklet
