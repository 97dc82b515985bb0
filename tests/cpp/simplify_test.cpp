#include "mask/simplify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace masklet {
namespace {

double distanceToSegment(CornerPx p, CornerPx a, CornerPx b) {
  const double ax = a.x, ay = a.y, dx = b.x - ax, dy = b.y - ay;
  const double length2 = dx * dx + dy * dy;
  const double along =
      length2 == 0 ? 0 : std::clamp(((p.x - ax) * dx + (p.y - ay) * dy) / length2, 0.0, 1.0);
  return std::hypot(p.x - (ax + along * dx), p.y - (ay + along * dy));
}

/// The textbook's recursion between two corners that stay; `last` may be ring.size(), the first
/// corner again.
void recurse(const std::vector<CornerPx>& ring, size_t first, size_t last, double tolerance,
             std::vector<uint8_t>& keep) {
  double farthest = 0;
  size_t at = first;
  for (size_t index = first + 1; index < last; ++index) {
    const double distance = distanceToSegment(ring[index], ring[first], ring[last % ring.size()]);
    if (distance > farthest) farthest = distance, at = index;
  }
  if (farthest <= tolerance) return;
  keep[at] = 1;
  recurse(ring, first, at, tolerance, keep);
  recurse(ring, at, last, tolerance, keep);
}

std::vector<CornerPx> randomRing(std::mt19937& random) {
  std::vector<CornerPx> ring{{1000, 0}};
  const size_t corners = 3 + random() % 60;
  for (size_t index = 0; index < corners; ++index) {
    const double angle = 6.28 * static_cast<double>(index) / static_cast<double>(corners);
    const double radius = 20 + random() % 400;
    ring.push_back({static_cast<uint32_t>(1000 - radius * std::sin(angle - 1.57)),
                    static_cast<uint32_t>(500 - radius * std::cos(angle))});
  }
  return ring;
}

TEST(RingSimplifier, RandomRings_EqualTheTextbookRecursion) {
  std::mt19937 random(11);
  RingSimplifier simplifier;
  for (int trial = 0; trial < 500; ++trial) {
    const std::vector<CornerPx> ring = randomRing(random);
    const double tolerance = 0.37 * static_cast<double>(random() % 200);
    ASSERT_TRUE(simplifier.simplify(ring, tolerance).ok());
    std::vector<uint8_t> expected(ring.size(), 0);
    size_t opposite = 0;
    double farthest = 0;
    for (size_t index = 1; index < ring.size(); ++index) {
      const double distance = distanceToSegment(ring[index], ring[0], ring[0]);
      if (distance > farthest) farthest = distance, opposite = index;
    }
    expected[0] = expected[opposite] = 1;
    recurse(ring, 0, opposite, tolerance, expected);
    recurse(ring, opposite, ring.size(), tolerance, expected);
    const std::vector<uint8_t> keep(simplifier.keep().begin(), simplifier.keep().end());
    if (std::count(expected.begin(), expected.end(), 1) < 3) {
      EXPECT_EQ(std::count(keep.begin(), keep.end(), 1), 3);
    } else {
      EXPECT_EQ(keep, expected);
    }
  }
}

TEST(RingSimplifier, HugeTolerance_LeavesATriangle) {
  const std::vector<CornerPx> square{{0, 0}, {9, 0}, {9, 9}, {0, 9}};
  RingSimplifier simplifier;
  ASSERT_TRUE(simplifier.simplify(square, 1e6).ok());
  EXPECT_EQ(std::vector<uint8_t>(simplifier.keep().begin(), simplifier.keep().end()),
            (std::vector<uint8_t>{1, 1, 1, 0}));
}

TEST(RingSimplifier, CornerAtTheTolerance_IsDropped) {
  const std::vector<CornerPx> ring{{0, 0}, {10, 2}, {20, 0}, {20, 30}, {0, 30}};
  RingSimplifier simplifier;
  ASSERT_TRUE(simplifier.simplify(ring, 2).ok());
  EXPECT_EQ(simplifier.keep()[1], 0);
  ASSERT_TRUE(simplifier.simplify(ring, 1.99).ok());
  EXPECT_EQ(simplifier.keep()[1], 1);
}

}  // namespace
}  // namespace masklet
