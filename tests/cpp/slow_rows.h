// Rows of a detector as the tests' own slow decoders read them, suppressed by the definition of
// greedy NMS.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "core/instances.h"
#include "core/view.h"

namespace masklet::test {

inline constexpr float kInf = std::numeric_limits<float>::infinity();
inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

struct SlowRow {
  Box boxNet;
  float score = 0;
  uint32_t classId = 0;
  uint32_t row = 0;
};

inline void sortSlowly(std::vector<SlowRow>& rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const SlowRow& a, const SlowRow& b) { return a.score > b.score; });
}

inline double slowIou(const Box& a, const Box& b) {
  const double width = std::min<double>(a.x2, b.x2) - std::max<double>(a.x1, b.x1);
  const double height = std::min<double>(a.y2, b.y2) - std::max<double>(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  const auto area = [](const Box& box) {
    return (static_cast<double>(box.x2) - box.x1) * (static_cast<double>(box.y2) - box.y1);
  };
  return width * height / (area(a) + area(b) - width * height);
}

/// What is left after class-aware greedy NMS, best first.
inline std::vector<SlowRow> suppressSlowly(std::vector<SlowRow> rows,
                                           const DecodeOptions& options) {
  sortSlowly(rows);
  std::vector<SlowRow> kept;
  for (const SlowRow& row : rows) {
    const bool overlaps = std::any_of(kept.begin(), kept.end(), [&](const SlowRow& other) {
      return other.classId == row.classId &&
             slowIou(other.boxNet, row.boxNet) > static_cast<double>(options.iouThreshold);
    });
    if (!overlaps && kept.size() < options.maxInstances) kept.push_back(row);
  }
  return kept;
}

/// Boxes within `tolerance` network pixels, all else equal.
inline void expectRows(const Instances& instances, const std::vector<SlowRow>& expected,
                       float tolerance = 0) {
  ASSERT_EQ(instances.count(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(instances.rows[i], expected[i].row);
    EXPECT_EQ(instances.classIds[i], expected[i].classId);
    EXPECT_FLOAT_EQ(instances.scores[i], expected[i].score);
    EXPECT_NEAR(instances.boxesNet[i].x1, expected[i].boxNet.x1, tolerance);
    EXPECT_NEAR(instances.boxesNet[i].y1, expected[i].boxNet.y1, tolerance);
    EXPECT_NEAR(instances.boxesNet[i].x2, expected[i].boxNet.x2, tolerance);
    EXPECT_NEAR(instances.boxesNet[i].y2, expected[i].boxNet.y2, tolerance);
  }
}

inline TensorView rankOf(TensorView view, uint32_t rank) {
  view.rank = rank;
  return view;
}

inline TensorView dimOf(TensorView view, size_t axis, uint32_t dim) {
  view.dims[axis] = dim;
  return view;
}

inline void expectStatus(const Status& status, StatusCode code, double value) {
  EXPECT_EQ(status.code, code);
  EXPECT_EQ(status.value, value);
}

}  // namespace masklet::test
