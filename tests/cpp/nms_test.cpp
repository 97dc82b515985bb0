#include "decode/nms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

namespace masklet {
namespace {

struct Rows {
  std::vector<Box> boxes;
  std::vector<float> scores;
  std::vector<uint32_t> classIds;

  void add(Box box, float score, uint32_t classId) {
    boxes.push_back(box);
    scores.push_back(score);
    classIds.push_back(classId);
  }
};

std::vector<uint32_t> runNms(const Rows& rows, float iouThreshold, uint32_t maxKept) {
  Buffer<uint32_t> kept;
  EXPECT_TRUE(nms(rows.boxes, rows.scores, rows.classIds, iouThreshold, maxKept, kept).ok());
  return {kept.begin(), kept.end()};
}

double plainIou(const Box& a, const Box& b) {
  const double width = std::min<double>(a.x2, b.x2) - std::max<double>(a.x1, b.x1);
  const double height = std::min<double>(a.y2, b.y2) - std::max<double>(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  const double areaA = (double{a.x2} - a.x1) * (double{a.y2} - a.y1);
  const double areaB = (double{b.x2} - b.x1) * (double{b.y2} - b.y1);
  return width * height / (areaA + areaB - width * height);
}

/// By definition: take the best that is left, strike out what it overlaps, again.
std::vector<uint32_t> plainNms(const Rows& rows, float iouThreshold, uint32_t maxKept) {
  std::vector<bool> struck(rows.boxes.size(), false);
  std::vector<uint32_t> kept;
  while (kept.size() < maxKept) {
    size_t best = rows.boxes.size();
    for (size_t i = 0; i < rows.boxes.size(); ++i) {
      if (!struck[i] && (best == rows.boxes.size() || rows.scores[i] > rows.scores[best])) best = i;
    }
    if (best == rows.boxes.size()) break;
    kept.push_back(static_cast<uint32_t>(best));
    struck[best] = true;
    for (size_t i = 0; i < rows.boxes.size(); ++i) {
      if (rows.classIds[i] == rows.classIds[best] &&
          plainIou(rows.boxes[i], rows.boxes[best]) > double{iouThreshold}) {
        struck[i] = true;
      }
    }
  }
  return kept;
}

/// Boxes on a coarse grid, so that overlaps are plain fractions away from the thresholds used, and
/// scores with many ties.
Rows randomRows(std::mt19937& random, size_t count, uint32_t classCount) {
  std::uniform_int_distribution<int> corner(0, 30);
  std::uniform_int_distribution<int> side(0, 12);
  std::uniform_int_distribution<int> score(0, 20);
  std::uniform_int_distribution<uint32_t> classId(0, classCount - 1);
  Rows rows;
  for (size_t i = 0; i < count; ++i) {
    const auto x = static_cast<float>(corner(random));
    const auto y = static_cast<float>(corner(random));
    rows.add({x, y, x + static_cast<float>(side(random)), y + static_cast<float>(side(random))},
             static_cast<float>(score(random)) / 20, classId(random));
  }
  return rows;
}

TEST(Nms, RandomRows_MatchTheDefinition) {
  std::mt19937 random(1);
  for (const size_t count : {0, 1, 2, 3, 10, 50, 200, 400}) {
    for (const uint32_t classCount : {1u, 3u, 91u}) {
      for (const float iouThreshold : {0.0f, 0.1001f, 0.4501f, 0.7003f, 1.0f}) {
        for (const uint32_t maxKept : {1u, 7u, 1000u}) {
          const Rows rows = randomRows(random, count, classCount);
          EXPECT_EQ(runNms(rows, iouThreshold, maxKept), plainNms(rows, iouThreshold, maxKept))
              << count << " rows, " << classCount << " classes, " << iouThreshold;
        }
      }
    }
  }
}

TEST(Nms, EqualScores_LowerIndexWins) {
  Rows rows;
  for (int i = 0; i < 5; ++i) rows.add({0, 0, 10, 10}, 0.5f, 0);
  rows.add({20, 20, 30, 30}, 0.5f, 0);
  EXPECT_EQ(runNms(rows, 0.5f, 10), (std::vector<uint32_t>{0, 5}));
  EXPECT_EQ(runNms(rows, 1.0f, 10), (std::vector<uint32_t>{0, 1, 2, 3, 4, 5}));
}

TEST(Nms, ZerosOfBothSigns_AreEqualScores) {
  Rows rows;
  rows.add({0, 0, 1, 1}, -0.0f, 0);
  rows.add({5, 5, 6, 6}, 0.0f, 0);
  rows.add({9, 9, 10, 10}, -1.0f, 0);
  rows.add({12, 12, 13, 13}, 1e-45f, 0);
  EXPECT_EQ(runNms(rows, 0.5f, 10), (std::vector<uint32_t>{3, 0, 1, 2}));
}

TEST(Nms, OverlapEqualToThreshold_IsKept) {
  Rows rows;
  rows.add({0, 0, 2, 1}, 0.9f, 0);
  rows.add({1, 0, 2, 1}, 0.8f, 0);  // IoU exactly 1/2
  EXPECT_EQ(runNms(rows, 0.5f, 10).size(), 2u);
  EXPECT_EQ(runNms(rows, std::nextafter(0.5f, 0.0f), 10).size(), 1u);
}

TEST(Nms, OtherClasses_DoNotSuppressEvenInOneBucket) {
  Rows rows;
  for (const uint32_t classId : {5u, 5u + 256, 5u + 512, 0xFFFFFFFFu, 255u})
    rows.add({0, 0, 10, 10}, 0.5f, classId);
  rows.add({0, 0, 10, 10}, 0.4f, 5u + 256);
  EXPECT_EQ(runNms(rows, 0.5f, 10), (std::vector<uint32_t>{0, 1, 2, 3, 4}));
}

TEST(Nms, BoxesWithoutArea_NeitherSuppressNorAreSuppressed) {
  Rows rows;
  rows.add({5, 5, 5, 5}, 0.9f, 0);
  rows.add({0, 0, 10, 10}, 0.8f, 0);
  rows.add({5, 5, 5, 5}, 0.7f, 0);
  rows.add({5, 0, 5, 10}, 0.6f, 0);
  EXPECT_EQ(runNms(rows, 0.0f, 10), (std::vector<uint32_t>{0, 1, 2, 3}));
}

TEST(Nms, HugeBoxes_DoNotOverflowIntoSuppression) {
  const float huge = 3e38f;
  Rows rows;
  rows.add({-huge, -huge, huge, huge}, 0.9f, 0);
  rows.add({0, 0, 1, 1}, 0.8f, 0);
  EXPECT_EQ(runNms(rows, 0.5f, 10).size(), 2u);
}

TEST(Nms, MoreCandidatesThanTheLimit_BestAreConsidered) {
  Rows rows;
  const size_t count = kMaxNmsCandidates + 2;
  for (size_t i = 0; i < count; ++i) {
    const auto x = static_cast<float>(i) * 4;
    rows.add({x, 0, x + 2, 2}, static_cast<float>(i + 1) / static_cast<float>(count + 1),
             static_cast<uint32_t>(i));
  }
  const std::vector<uint32_t> kept = runNms(rows, 0.5f, UINT32_MAX);
  ASSERT_EQ(kept.size(), kMaxNmsCandidates);
  EXPECT_EQ(kept.front(), count - 1);
  EXPECT_EQ(kept.back(), 2u);  // the two worst were not considered
}

TEST(Nms, NothingAllowed_KeepsNothing) {
  Rows rows;
  rows.add({0, 0, 1, 1}, 0.5f, 0);
  EXPECT_TRUE(runNms(rows, 0.5f, 0).empty());
}

TEST(Nms, DifferentLengths_FailAndTheNextCallWorks) {
  Rows rows;
  rows.add({0, 0, 1, 1}, 0.5f, 0);
  const std::vector<float> twoScores{0.5f, 0.4f};
  const std::vector<uint32_t> noClasses;
  Buffer<uint32_t> kept;
  const Status scores = nms(rows.boxes, twoScores, rows.classIds, 0.5f, 10, kept);
  EXPECT_EQ(scores.code, StatusCode::badArgument);
  EXPECT_EQ(scores.value, 2);
  const Status classes = nms(rows.boxes, rows.scores, noClasses, 0.5f, 10, kept);
  EXPECT_EQ(classes.code, StatusCode::badArgument);
  EXPECT_EQ(classes.value, 0);
  EXPECT_EQ(runNms(rows, 0.5f, 10), (std::vector<uint32_t>{0}));
}

TEST(Nms, SortByScore_Limit_GivesTheBestInOrder) {
  const std::vector<float> scores{0.1f, 0.9f,  0.5f,
                                  0.9f, -0.5f, std::numeric_limits<float>::infinity()};
  Buffer<uint32_t> order;
  ASSERT_TRUE(sortByScore(scores, 4, order).ok());
  EXPECT_EQ(std::vector<uint32_t>(order.begin(), order.end()), (std::vector<uint32_t>{5, 1, 3, 2}));
  ASSERT_TRUE(sortByScore({}, 4, order).ok());
  EXPECT_TRUE(order.empty());
}

std::vector<uint32_t> runFastNms(const Rows& rows, float iouThreshold, uint32_t topK,
                                 uint32_t maxKept) {
  Buffer<uint32_t> kept;
  EXPECT_TRUE(
      fastNms(rows.boxes, rows.scores, rows.classIds, iouThreshold, topK, maxKept, kept).ok());
  return {kept.begin(), kept.end()};
}

/// By definition: the better ones of the class are counted, and every one of them may strike the
/// candidate out.
std::vector<uint32_t> plainFastNms(const Rows& rows, float iouThreshold, uint32_t topK,
                                   uint32_t maxKept) {
  std::vector<uint32_t> kept;
  for (uint32_t i = 0; i < rows.boxes.size(); ++i) {
    uint32_t better = 0;
    bool covered = false;
    for (uint32_t j = 0; j < rows.boxes.size(); ++j) {
      const bool isBetter =
          rows.scores[j] > rows.scores[i] || (rows.scores[j] == rows.scores[i] && j < i);
      if (!isBetter || rows.classIds[j] != rows.classIds[i]) continue;
      ++better;
      covered = covered || plainIou(rows.boxes[j], rows.boxes[i]) > double{iouThreshold};
    }
    if (better < topK && !covered) kept.push_back(i);
  }
  std::stable_sort(kept.begin(), kept.end(),
                   [&](uint32_t a, uint32_t b) { return rows.scores[a] > rows.scores[b]; });
  kept.resize(std::min<size_t>(kept.size(), maxKept));
  return kept;
}

TEST(FastNms, RandomBoxes_MatchTheDefinition) {
  std::mt19937 random(17);
  std::uniform_real_distribution<float> unit(0, 1);
  for (const size_t count : {0u, 1u, 2u, 60u, 400u}) {
    for (const uint32_t topK : {1u, 5u, 200u}) {
      Rows rows;
      for (size_t i = 0; i < count; ++i) {
        const float x = unit(random) * 50, y = unit(random) * 50;
        // Few scores, so that there are ties; classes that meet in one list of the implementation.
        rows.add({x, y, x + 5 + unit(random) * 20, y + 5 + unit(random) * 20},
                 std::floor(unit(random) * 40) / 40, static_cast<uint32_t>(unit(random) * 3) * 256);
      }
      for (const uint32_t maxKept : {1u, 7u, 1000u}) {
        EXPECT_EQ(runFastNms(rows, 0.4f, topK, maxKept), plainFastNms(rows, 0.4f, topK, maxKept));
      }
    }
  }
}

TEST(FastNms, DifferentLengths_Fail) {
  const Box boxes[2] = {};
  const float scores[2] = {};
  const uint32_t classIds[3] = {};
  Buffer<uint32_t> kept;
  EXPECT_EQ(fastNms(boxes, scores, classIds, 0.5f, 10, 10, kept).code, StatusCode::badArgument);
}

}  // namespace
}  // namespace masklet
