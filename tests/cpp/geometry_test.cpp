#include "core/geometry.h"

#include <gtest/gtest.h>

#include <limits>

using namespace masklet;

TEST(Intersect, TouchingRects_AreEmpty) {
  EXPECT_TRUE(intersect({0, 0, 4, 4}, {4, 0, 4, 4}).empty());
  EXPECT_EQ(intersect({0, 0, 5, 4}, {4, 1, 4, 9}), (RectPx{4, 1, 1, 3}));
  EXPECT_EQ(intersect({2, 2, 0, 0}, {0, 0, 9, 9}).area(), 0);
}

TEST(BoxIou, KnownBoxes) {
  EXPECT_FLOAT_EQ(iou({0, 0, 2, 2}, {1, 1, 3, 3}), 1.0f / 7);
  EXPECT_FLOAT_EQ(iou({0, 0, 2, 2}, {0, 0, 2, 2}), 1);
  EXPECT_EQ(iou({0, 0, 2, 2}, {2, 0, 4, 2}), 0);
  EXPECT_EQ(iou({1, 1, 1, 1}, {1, 1, 1, 1}), 0);
}

TEST(BoxIou, InvertedOrNan_IsZero) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(iou({3, 3, 1, 1}, {0, 0, 4, 4}), 0);
  EXPECT_EQ(iou({nan, 0, 2, 2}, {0, 0, nan, 2}), 0);
}

// The rule on pixel indices, r >= x1 and r < x2, tried for every pixel.
TEST(CropRect, FractionalEdges_TakePixelsByIndex) {
  const SizePx size{9, 7};
  for (float x1 = -2; x1 < 11; x1 += 0.25f) {
    for (float x2 = x1; x2 < 12; x2 += 0.25f) {
      int32_t first = -1;
      int32_t count = 0;
      for (int32_t r = 0; r < size.width; ++r) {
        if (static_cast<float>(r) < x1 || static_cast<float>(r) >= x2) continue;
        if (count++ == 0) first = r;
      }
      const RectPx rect = cropRect({x1, 0.5f, x2, 6.5f}, size);
      if (count == 0) {
        ASSERT_TRUE(rect.empty());
      } else {
        ASSERT_EQ(rect, (RectPx{first, 1, count, 6})) << x1 << ' ' << x2;
      }
    }
  }
}

TEST(CropRect, NotFiniteOrHuge_IsHandled) {
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(cropRect({0, 0, inf, 2}, {4, 4}).empty());
  EXPECT_TRUE(cropRect({std::numeric_limits<float>::quiet_NaN(), 0, 1, 2}, {4, 4}).empty());
  EXPECT_EQ(cropRect({-1e30f, -1e30f, 1e30f, 1e30f}, {4, 4}), (RectPx{0, 0, 4, 4}));
}
