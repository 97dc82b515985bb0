#include "mask/polygon.h"

#include <gtest/gtest.h>

#include <limits>

#include "mask/coco_rle.h"
#include "mask/measure.h"
#include "mask/rle.h"
#include "mask_bitmaps.h"
#include "mask_golden.h"

namespace masklet {
namespace {

using testing::bitmapWhere;
using testing::expectMask;
using testing::runsOf;
using testing::trimmed;

struct Rings {
  std::vector<double> points;
  std::vector<uint32_t> offsets{0};

  PolygonView view() const { return {points, offsets}; }
  void add(const std::vector<double>& ring) {
    points.insert(points.end(), ring.begin(), ring.end());
    offsets.push_back(static_cast<uint32_t>(points.size() / 2));
  }
};

/// Even-odd by counting the edges on the left of a pixel's center.
bool centerInside(const Rings& rings, double x, double y) {
  bool inside = false;
  for (size_t ring = 0; ring + 1 < rings.offsets.size(); ++ring) {
    const uint32_t begin = rings.offsets[ring], end = rings.offsets[ring + 1];
    for (uint32_t index = begin; index < end; ++index) {
      const uint32_t next = index + 1 == end ? begin : index + 1;
      double x0 = rings.points[2 * index], y0 = rings.points[2 * index + 1];
      double x1 = rings.points[2 * next], y1 = rings.points[2 * next + 1];
      if (y0 > y1) std::swap(x0, x1), std::swap(y0, y1);
      if (y < y0 || y >= y1) continue;
      if (x0 + (y - y0) * ((x1 - x0) / (y1 - y0)) <= x) inside = !inside;
    }
  }
  return inside;
}

Rings randomRings(std::mt19937& random, RectPx rect, double grid) {
  Rings rings;
  const size_t count = 1 + random() % 3;
  for (size_t ring = 0; ring < count; ++ring) {
    std::vector<double> points;
    for (size_t corner = 2 + random() % 8; corner > 0; --corner) {
      std::uniform_real_distribution<double> x(rect.x - 4.0, rect.x + rect.width + 4.0);
      std::uniform_real_distribution<double> y(rect.y - 4.0, rect.y + rect.height + 4.0);
      points.push_back(grid == 0 ? x(random) : std::round(x(random) * grid) / grid);
      points.push_back(grid == 0 ? y(random) : std::round(y(random) * grid) / grid);
    }
    rings.add(points);
  }
  return rings;
}

TEST(MaskFromPolygons, RandomRings_EqualPointInPolygon) {
  std::mt19937 random(8);
  for (const RectPx& rect :
       {RectPx{0, 0, 20, 17}, {-7, 3, 9, 30}, {5, 5, 1, 1}, {0, 0, 1, 12}, {0, 0, 33, 1}}) {
    for (int trial = 0; trial < 150; ++trial) {
      // Corners and edges exactly on pixel centers, too.
      const double grids[] = {0, 1, 2, 4};
      const Rings rings = randomRings(random, rect, grids[trial % 4]);
      Mask mask;
      ASSERT_TRUE(maskFromPolygons(rings.view(), rect, mask).ok());
      expectMask(mask.view(), trimmed(bitmapWhere(rect, [&](int32_t x, int32_t y) {
                   return centerInside(rings, x + 0.5, y + 0.5);
                 })));
    }
  }
}

TEST(MaskFromPolygons, SharedEdge_NeitherOverlapNorGap) {
  std::mt19937 random(9);
  std::uniform_real_distribution<double> coordinate(-3, 23);
  for (int trial = 0; trial < 200; ++trial) {
    const double ax = coordinate(random), ay = coordinate(random), bx = coordinate(random),
                 by = coordinate(random);
    // A line through the image with a far corner on either side of it.
    const double nx = 1000 * (by - ay), ny = 1000 * (ax - bx), tx = 1000 * (bx - ax),
                 ty = 1000 * (by - ay);
    Rings left, right;
    left.add({ax - tx, ay - ty, bx + tx, by + ty, ax + nx, ay + ny});
    right.add({bx + tx, by + ty, ax - tx, ay - ty, ax - nx, ay - ny});
    Mask leftMask, rightMask, all;
    const RectPx rect{0, 0, 20, 20};
    ASSERT_TRUE(maskFromPolygons(left.view(), rect, leftMask).ok());
    ASSERT_TRUE(maskFromPolygons(right.view(), rect, rightMask).ok());
    EXPECT_EQ(intersectionAreaPx(leftMask.view(), rightMask.view()), 0u);
    ASSERT_TRUE(merge(leftMask.view(), rightMask.view(), MergeOp::unite, all).ok());
    EXPECT_EQ(areaPx(all.view()), 400u);
  }
}

TEST(MaskFromPolygons, InnerRing_IsAHole) {
  Rings rings;
  rings.add({0, 0, 3, 0, 3, 3, 0, 3});
  rings.add({1, 1, 2, 1, 2, 2, 1, 2});
  Mask mask;
  ASSERT_TRUE(maskFromPolygons(rings.view(), {0, 0, 10, 10}, mask).ok());
  EXPECT_EQ(mask.rectSrc, (RectPx{0, 0, 3, 3}));
  EXPECT_EQ(runsOf(mask.view()), (std::vector<uint32_t>{0, 4, 1, 4}));
}

TEST(MaskFromPolygons, NoRingsOrEmptyRectangle_IsEmpty) {
  Rings none, triangle;
  triangle.add({0, 0, 9, 0, 0, 9});
  const std::pair<PolygonView, RectPx> cases[] = {
      {{}, {0, 0, 9, 9}}, {none.view(), {0, 0, 9, 9}}, {triangle.view(), {3, 3, 0, 2}}};
  for (const auto& [rings, rect] : cases) {
    Mask mask;
    mask.rectSrc = {1, 2, 3, 4};
    ASSERT_TRUE(maskFromPolygons(rings, rect, mask).ok());
    EXPECT_EQ(mask.rectSrc, (RectPx{}));
    EXPECT_TRUE(mask.runs.empty());
  }
}

TEST(MaskFromPolygons, BadInput_IsNamed) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  Mask mask;
  for (const double bad : {nan, infinite, -infinite, kMaxPointPx + 1, -1e300}) {
    Rings rings;
    rings.add({0, 0, 5, bad, 5, 5});
    EXPECT_EQ(maskFromPolygons(rings.view(), {0, 0, 9, 9}, mask).code, StatusCode::badArgument);
    EXPECT_EQ(maskFromCocoPolygons(rings.view(), {9, 9}, mask).code, StatusCode::badArgument);
  }
  const double points[] = {0, 0, 1, 1, 2, 2};
  for (const std::vector<uint32_t>& offsets :
       {std::vector<uint32_t>{0, 4}, {2, 1}, {0, UINT32_MAX}}) {
    const Status status = maskFromPolygons({points, offsets}, {0, 0, 9, 9}, mask);
    EXPECT_EQ(status.code, StatusCode::badIndex);
    EXPECT_EQ(status.value, offsets[1]);
    EXPECT_EQ(maskFromCocoPolygons({points, offsets}, {9, 9}, mask).code, StatusCode::badIndex);
  }
  EXPECT_EQ(maskFromPolygons({}, {0, 0, -1, 9}, mask).code, StatusCode::badSize);
  EXPECT_EQ(maskFromCocoPolygons({}, {0, 9}, mask).code, StatusCode::badSize);
  EXPECT_EQ(maskFromCocoPolygons({}, {9, kMaxSidePx + 1}, mask).code, StatusCode::badSize);
}

// ---- COCO
// ------------------------------------------------------------------------------------------

int32_t toInt(double value) {
  return static_cast<int32_t>(value + 0.5);
}

/// The original's way, step by step along the outline on the fine grid, into a bitmap.
testing::Bitmap cocoByStep(const std::vector<double>& ring, SizePx size) {
  std::vector<std::pair<int32_t, int32_t>> steps;
  const size_t count = ring.size() / 2;
  for (size_t corner = 0; corner < count; ++corner) {
    const size_t next = (corner + 1) % count;
    const int32_t x0 = toInt(5 * ring[2 * corner]), y0 = toInt(5 * ring[2 * corner + 1]);
    const int32_t x1 = toInt(5 * ring[2 * next]), y1 = toInt(5 * ring[2 * next + 1]);
    const int32_t dx = std::abs(x1 - x0), dy = std::abs(y1 - y0);
    const bool flat = dx >= dy;
    const bool turned = flat ? x0 > x1 : y0 > y1;
    const int32_t startX = turned ? x1 : x0, startY = turned ? y1 : y0;
    const int32_t endX = turned ? x0 : x1, endY = turned ? y0 : y1;
    const int32_t length = std::max(dx, dy);
    const double slope =
        length == 0 ? 0 : static_cast<double>(flat ? endY - startY : endX - startX) / length;
    for (int32_t index = 0; index <= length; ++index) {
      const int32_t step = turned ? length - index : index;
      if (flat) {
        steps.emplace_back(startX + step, toInt(startY + slope * step));
      } else {
        steps.emplace_back(toInt(startX + slope * step), startY + step);
      }
    }
  }
  std::vector<uint8_t> toggles(
      static_cast<size_t>(size.width) * static_cast<size_t>(size.height) + 1, 0);
  for (size_t index = 1; index < steps.size(); ++index) {
    const auto [x, y] = std::min(steps[index], steps[index - 1]);
    if (steps[index].first == steps[index - 1].first || x < 0 || x % 5 != 2 || x / 5 >= size.width)
      continue;
    const double row = (std::min(steps[index].second, steps[index - 1].second) + 0.5) / 5 - 0.5;
    const double first = std::ceil(std::min(std::max(row, 0.0), static_cast<double>(size.height)));
    toggles[static_cast<size_t>(x / 5) * static_cast<size_t>(size.height) +
            static_cast<size_t>(first)] ^= 1;
  }
  testing::Bitmap bitmap({0, 0, size.width, size.height});
  bool inside = false;
  for (int32_t x = 0; x < size.width; ++x) {
    for (int32_t y = 0; y < size.height; ++y) {
      inside ^= toggles[static_cast<size_t>(x) * static_cast<size_t>(size.height) +
                        static_cast<size_t>(y)] != 0;
      bitmap.set(x, y, inside);
    }
  }
  return bitmap;
}

TEST(MaskFromCocoPolygons, RandomRings_EqualStepByStep) {
  std::mt19937 random(10);
  for (int trial = 0; trial < 3000; ++trial) {
    const SizePx size{static_cast<int32_t>(1 + random() % 40),
                      static_cast<int32_t>(1 + random() % 40)};
    const double grids[] = {0, 1, 2, 5, 10, 0.1};
    Rings rings = randomRings(random, {0, 0, size.width, size.height}, grids[trial % 6]);
    Mask mask, expected;
    ASSERT_TRUE(maskFromCocoPolygons(rings.view(), size, mask).ok());
    for (size_t ring = 0; ring + 1 < rings.offsets.size(); ++ring) {
      const std::vector<double> points(rings.points.begin() + 2 * rings.offsets[ring],
                                       rings.points.begin() + 2 * rings.offsets[ring + 1]);
      const Mask one = testing::maskOf(cocoByStep(points, size));
      ASSERT_TRUE(merge(expected.view(), one.view(), MergeOp::unite, expected).ok());
    }
    ASSERT_EQ(mask.rectSrc, expected.rectSrc);
    ASSERT_EQ(runsOf(mask.view()), runsOf(expected.view()));
  }
}

TEST(MaskFromCocoPolygons, PycocotoolsGoldens_AreEqual) {
  const std::vector<testing::PolygonGolden> goldens = testing::readPolygonGoldens();
  ASSERT_GE(goldens.size(), 150u);
  for (size_t index = 0; index < goldens.size(); ++index) {
    SCOPED_TRACE(index);
    const testing::PolygonGolden& golden = goldens[index];
    Mask mask;
    ASSERT_TRUE(maskFromCocoPolygons({golden.points, golden.ringOffsets}, golden.size, mask).ok());
    Buffer<uint32_t> counts;
    ASSERT_TRUE(cocoCountsFromMask(mask.view(), golden.size, counts).ok());
    Buffer<char> text;
    ASSERT_TRUE(cocoStringFromCounts(counts.span(), text).ok());
    EXPECT_EQ(std::string(text.begin(), text.end()), golden.counts);
  }
}

TEST(MaskFromCocoPolygons, CornersAtTheLimit_Work) {
  Rings rings;
  rings.add({-kMaxPointPx, -kMaxPointPx, kMaxPointPx, -kMaxPointPx + 1, kMaxPointPx, kMaxPointPx,
             -kMaxPointPx + 1, kMaxPointPx});
  Mask mask;
  ASSERT_TRUE(maskFromCocoPolygons(rings.view(), {100, 50}, mask).ok());
  EXPECT_EQ(areaPx(mask.view()), 5000u);
  ASSERT_TRUE(maskFromPolygons(rings.view(), {0, 0, 100, 50}, mask).ok());
  EXPECT_EQ(areaPx(mask.view()), 5000u);
}

}  // namespace
}  // namespace masklet
