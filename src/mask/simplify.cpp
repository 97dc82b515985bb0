#include "mask/simplify.h"

namespace masklet {
namespace {

double squaredDistance(CornerPx a, CornerPx b) {
  const double dx = static_cast<double>(a.x) - b.x;
  const double dy = static_cast<double>(a.y) - b.y;
  return dx * dx + dy * dy;
}

/// Distance to the segment, not to its line, because a corner can lie beyond an end.
double squaredDistance(CornerPx corner, CornerPx from, CornerPx to) {
  const double dx = static_cast<double>(to.x) - from.x;
  const double dy = static_cast<double>(to.y) - from.y;
  const double px = static_cast<double>(corner.x) - from.x;
  const double py = static_cast<double>(corner.y) - from.y;
  const double along = px * dx + py * dy;
  const double length2 = dx * dx + dy * dy;
  if (along <= 0) return px * px + py * py;
  if (along >= length2) return squaredDistance(corner, to);
  const double across = px * dy - py * dx;
  return across * across / length2;
}

struct Farthest {
  uint32_t index = 0;
  double squared = 0;
};

/// Searches the corners strictly between `first` and `last`. Index `ring.size()` means the first
/// corner.
Farthest farthestFromSegment(std::span<const CornerPx> ring, uint32_t first, uint32_t last) {
  const CornerPx from = ring[first];
  const CornerPx to = ring[last == ring.size() ? 0 : last];
  Farthest farthest;
  for (uint32_t index = first + 1; index < last; ++index) {
    const double squared = squaredDistance(ring[index], from, to);
    if (squared > farthest.squared) farthest = {index, squared};
  }
  return farthest;
}

uint32_t farthestFromFirst(std::span<const CornerPx> ring) {
  Farthest farthest;
  for (uint32_t index = 1; index < ring.size(); ++index) {
    const double squared = squaredDistance(ring[0], ring[index]);
    if (squared > farthest.squared) farthest = {index, squared};
  }
  return farthest.index;
}

}  // namespace

Status RingSimplifier::simplify(std::span<const CornerPx> ring, double tolerancePx) {
  const uint32_t count = static_cast<uint32_t>(ring.size());
  MASKLET_TRY(keep_.resize(count));
  std::memset(keep_.data(), 0, count);
  const uint32_t opposite = farthestFromFirst(ring);
  keep_[0] = keep_[opposite] = 1;
  const Farthest onWay = farthestFromSegment(ring, 0, opposite);
  const Farthest onWayBack = farthestFromSegment(ring, opposite, count);
  // A third corner stays at any tolerance.
  keep_[onWay.squared >= onWayBack.squared ? onWay.index : onWayBack.index] = 1;

  chains_.clear();
  MASKLET_TRY(chains_.push({0, opposite}));
  MASKLET_TRY(chains_.push({opposite, count}));
  while (!chains_.empty()) {
    const Chain chain = chains_[chains_.size() - 1];
    MASKLET_TRY(chains_.resize(chains_.size() - 1));
    const Farthest farthest = farthestFromSegment(ring, chain.first, chain.last);
    if (farthest.squared <= tolerancePx * tolerancePx &&
        (farthest.index == 0 || keep_[farthest.index] == 0)) {
      continue;
    }
    keep_[farthest.index] = 1;
    MASKLET_TRY(chains_.push({chain.first, farthest.index}));
    MASKLET_TRY(chains_.push({farthest.index, chain.last}));
  }
  return okStatus();
}

}  // namespace masklet
