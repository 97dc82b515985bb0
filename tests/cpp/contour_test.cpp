#include "mask/contour.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "mask/measure.h"
#include "mask/polygon.h"
#include "mask_bitmaps.h"
#include "mask_golden.h"

namespace masklet {
namespace {

using testing::Bitmap;
using testing::bitmapWhere;
using testing::expectMask;
using testing::maskOf;
using testing::Shape;
using testing::shapes;
using testing::trimmed;

Contours contoursOf(const Bitmap& bitmap, ContourOptions options = {}) {
  Contours contours;
  EXPECT_TRUE(contoursFromMask(maskOf(bitmap).view(), options, contours).ok());
  return contours;
}

std::vector<std::pair<float, float>> ringOf(const Contours& contours, size_t ring) {
  std::vector<std::pair<float, float>> points;
  for (uint32_t index = contours.ringOffsets[ring]; index < contours.ringOffsets[ring + 1];
       ++index) {
    points.emplace_back(contours.points[2 * index], contours.points[2 * index + 1]);
  }
  return points;
}

double signedArea(const std::vector<std::pair<float, float>>& ring) {
  double sum = 0;
  for (size_t index = 0; index < ring.size(); ++index) {
    const auto& [x0, y0] = ring[index];
    const auto& [x1, y1] = ring[(index + 1) % ring.size()];
    sum += double{x0} * y1 - double{x1} * y0;
  }
  return sum / 2;
}

Mask rasterized(const Contours& contours, RectPx rect) {
  const std::vector<double> points(contours.points.begin(), contours.points.end());
  Mask mask;
  EXPECT_TRUE(maskFromPolygons({points, contours.ringOffsets.span()}, rect, mask).ok());
  return mask;
}

/// Numbers the 4-connected parts of the pixels of `bitmap` with the value `inside`, beginning with
/// 0; -1 elsewhere.
std::vector<int> labelParts(const Bitmap& bitmap, bool inside, int& parts) {
  std::vector<int> labels(bitmap.pixels.size(), -1);
  parts = 0;
  const int32_t width = bitmap.rect.width;
  for (size_t seed = 0; seed < labels.size(); ++seed) {
    if (labels[seed] >= 0 || (bitmap.pixels[seed] != 0) != inside) continue;
    std::vector<size_t> open{seed};
    labels[seed] = parts;
    while (!open.empty()) {
      const int32_t at = static_cast<int32_t>(open.back());
      open.pop_back();
      const int32_t x = at % width, y = at / width;
      for (const auto& [nx, ny] : {std::pair{x - 1, y}, {x + 1, y}, {x, y - 1}, {x, y + 1}}) {
        if (nx < 0 || ny < 0 || nx >= width || ny >= bitmap.rect.height) continue;
        const size_t next =
            static_cast<size_t>(ny) * static_cast<size_t>(width) + static_cast<size_t>(nx);
        if (labels[next] >= 0 || (bitmap.pixels[next] != 0) != inside) continue;
        labels[next] = parts;
        open.push_back(next);
      }
    }
    ++parts;
  }
  return labels;
}

/// Pixel edges between object and background.
uint64_t outlinePx(const Bitmap& bitmap) {
  const RectPx& rect = bitmap.rect;
  uint64_t edges = 0;
  for (int32_t y = rect.y - 1; y < rect.y + rect.height; ++y) {
    for (int32_t x = rect.x - 1; x < rect.x + rect.width; ++x) {
      edges += bitmap.at(x, y) != bitmap.at(x + 1, y);
      edges += bitmap.at(x, y) != bitmap.at(x, y + 1);
    }
  }
  return edges;
}

TEST(Contours, AnyShape_RasterizeBackToTheIdenticalMask) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    const Contours contours = contoursOf(shape.bitmap);
    double area = 0;
    for (size_t ring = 0; ring < contours.ringCount(); ++ring)
      area += signedArea(ringOf(contours, ring));
    EXPECT_EQ(area, shape.bitmap.area());
    expectMask(rasterized(contours, shape.bitmap.rect).view(), trimmed(shape.bitmap));
  }
}

TEST(Contours, AnyShape_RingsAreSimpleAndTurnAtEveryCorner) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    const Contours contours = contoursOf(shape.bitmap);
    uint64_t length = 0;
    std::set<std::array<float, 4>> edges;
    for (size_t ring = 0; ring < contours.ringCount(); ++ring) {
      const auto points = ringOf(contours, ring);
      EXPECT_GE(points.size(), 4u);
      EXPECT_EQ(std::set(points.begin(), points.end()).size(), points.size())
          << "a point twice in ring " << ring;
      for (size_t index = 0; index < points.size(); ++index) {
        const auto& [x0, y0] = points[index];
        const auto& [x1, y1] = points[(index + 1) % points.size()];
        const auto& [x2, y2] = points[(index + 2) % points.size()];
        EXPECT_TRUE((x0 == x1) != (y0 == y1));
        EXPECT_TRUE((x0 == x1) == (y1 == y2)) << "no turn";
        const float stepX = x1 == x0 ? 0 : (x1 > x0 ? 1 : -1),
                    stepY = y1 == y0 ? 0 : (y1 > y0 ? 1 : -1);
        for (float x = x0, y = y0; x != x1 || y != y1; x += stepX, y += stepY, ++length) {
          EXPECT_TRUE(edges.insert({x, y, x + stepX, y + stepY}).second) << "an edge twice";
          // The object is on the right of the way.
          const auto pixel = [&](float side) {
            return shape.bitmap.at(
                static_cast<int32_t>(std::floor(x + (stepX - side * stepY) / 2)),
                static_cast<int32_t>(std::floor(y + (stepY + side * stepX) / 2)));
          };
          EXPECT_TRUE(pixel(1));
          EXPECT_FALSE(pixel(-1));
        }
      }
    }
    EXPECT_EQ(length, outlinePx(shape.bitmap));
  }
}

/// What rings there must be, by flood fill: one outer ring for each 4-connected object, and below
/// it one hole for each 4-connected part of what is not this object, but the outside.
std::multiset<std::pair<double, double>> expectedRings(const Bitmap& bitmap) {
  std::multiset<std::pair<double, double>>
      rings;  // (area of the object with its holes, area of the hole or 0)
  const RectPx& inner = bitmap.rect;
  const Bitmap framed = bitmapWhere({inner.x - 1, inner.y - 1, inner.width + 2, inner.height + 2},
                                    [&](int32_t x, int32_t y) { return bitmap.at(x, y); });
  int objects = 0;
  const std::vector<int> labels = labelParts(framed, true, objects);
  for (int object = 0; object < objects; ++object) {
    Bitmap alone(framed.rect);
    for (size_t index = 0; index < labels.size(); ++index)
      alone.pixels[index] = labels[index] == object;
    int parts = 0;
    const std::vector<int> partLabels = labelParts(alone, false, parts);
    std::vector<double> areas(static_cast<size_t>(parts), 0);
    for (const int label : partLabels) {
      if (label >= 0) ++areas[static_cast<size_t>(label)];
    }
    const double filled =
        std::accumulate(areas.begin() + 1, areas.end(), static_cast<double>(alone.area()));
    rings.insert({filled, 0});
    for (size_t part = 1; part < areas.size(); ++part) rings.insert({filled, areas[part]});
  }
  return rings;
}

TEST(Contours, AnyShape_HierarchyEqualsFloodFill) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    const Contours contours = contoursOf(shape.bitmap);
    std::multiset<std::pair<double, double>> rings;
    std::pair<float, float> before{-1e9f, -1e9f};
    for (size_t ring = 0; ring < contours.ringCount(); ++ring) {
      const auto points = ringOf(contours, ring);
      const double area = signedArea(points);
      const int32_t parent = contours.ringParents[ring];
      if (parent < 0) {
        EXPECT_GT(area, 0);
        rings.insert({area, 0});
      } else {
        EXPECT_LT(area, 0);
        ASSERT_LT(static_cast<size_t>(parent), ring);
        EXPECT_EQ(contours.ringParents[static_cast<size_t>(parent)], -1);
        rings.insert({signedArea(ringOf(contours, static_cast<size_t>(parent))), -area});
      }
      // Reading order of the first, topmost then leftmost, corner.
      std::pair<float, float> first{points[0].second, points[0].first};
      for (const auto& [x, y] : points) EXPECT_LE(first, std::pair(y, x));
      EXPECT_LE(before, first);
      before = first;
    }
    EXPECT_EQ(rings, expectedRings(shape.bitmap));
  }
}

TEST(ContoursGolden, OpenCvCounts_AreEqual) {
  int comparedHoles = 0;
  for (const testing::MaskGolden& golden : testing::readMaskGoldens()) {
    SCOPED_TRACE(golden.name);
    const Contours contours = contoursOf(golden.bitmap);
    const auto outers = static_cast<size_t>(
        std::count(contours.ringParents.begin(), contours.ringParents.end(), -1));
    EXPECT_EQ(outers, golden.outers);
    if (golden.holes < 0) continue;
    EXPECT_EQ(contours.ringCount() - outers, static_cast<size_t>(golden.holes));
    comparedHoles += golden.holes;
  }
  EXPECT_GT(comparedHoles, 5);
}

TEST(Contours, DiagonalPixels_AreTwoRingsThatTouch) {
  for (const bool falling : {false, true}) {
    const Contours contours = contoursOf(
        bitmapWhere({0, 0, 2, 2}, [&](int32_t x, int32_t y) { return (x == y) == falling; }));
    ASSERT_EQ(contours.ringCount(), 2u);
    EXPECT_EQ(ringOf(contours, 0).size(), 4u);
    EXPECT_EQ(contours.ringParents[1], -1);
  }
}

TEST(Contours, PocketOpenAtACornerOnly_IsAHole) {
  // . # #
  // # . #
  // # # #
  const Contours contours =
      contoursOf(bitmapWhere({0, 0, 3, 3}, [](int32_t x, int32_t y) { return x != y || x == 2; }));
  ASSERT_EQ(contours.ringCount(), 2u);
  EXPECT_EQ(ringOf(contours, 0),
            (std::vector<std::pair<float, float>>{{1, 0}, {3, 0}, {3, 3}, {0, 3}, {0, 1}, {1, 1}}));
  EXPECT_EQ(ringOf(contours, 1),
            (std::vector<std::pair<float, float>>{{1, 1}, {1, 2}, {2, 2}, {2, 1}}));
  EXPECT_EQ(contours.ringParents[1], 0);
}

TEST(Contours, EmptyMask_HasNoRings) {
  for (const Bitmap& bitmap : {Bitmap(), Bitmap({3, 4, 5, 6})}) {
    const Contours contours = contoursOf(bitmap);
    EXPECT_EQ(contours.ringCount(), 0u);
    ASSERT_EQ(contours.ringOffsets.size(), 1u);
    EXPECT_EQ(contours.ringOffsets[0], 0u);
    EXPECT_TRUE(contours.points.empty());
  }
}

TEST(Contours, MinArea_DropsSmallRingsAndHolesOfDroppedRings) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    const Contours all = contoursOf(shape.bitmap);
    for (const double minArea : {1.0, 2.0, 5.0, 40.0, 1e6}) {
      const Contours large = contoursOf(shape.bitmap, {.tolerancePx = 0, .minAreaPx = minArea});
      std::map<size_t, int32_t> kept;
      size_t next = 0;
      for (size_t ring = 0; ring < all.ringCount(); ++ring) {
        const auto points = ringOf(all, ring);
        const int32_t parent = all.ringParents[ring];
        if (std::abs(signedArea(points)) < minArea) continue;
        if (parent >= 0 && !kept.contains(static_cast<size_t>(parent))) continue;
        ASSERT_LT(next, large.ringCount());
        EXPECT_EQ(ringOf(large, next), points);
        EXPECT_EQ(large.ringParents[next], parent < 0 ? -1 : kept[static_cast<size_t>(parent)]);
        kept[ring] = static_cast<int32_t>(next++);
      }
      EXPECT_EQ(next, large.ringCount());
    }
  }
}

TEST(Contours, Tolerance_KeepsASubsetOfAtLeastThreeCorners) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    const Contours exact = contoursOf(shape.bitmap);
    for (const double tolerance : {0.3, 0.75, 1.5, 4.0, 1e9}) {
      const Contours simple = contoursOf(shape.bitmap, {.tolerancePx = tolerance, .minAreaPx = 0});
      ASSERT_EQ(simple.ringCount(), exact.ringCount());
      for (size_t ring = 0; ring < exact.ringCount(); ++ring) {
        const auto all = ringOf(exact, ring);
        const auto few = ringOf(simple, ring);
        EXPECT_GE(few.size(), 3u);
        EXPECT_EQ(few[0], all[0]);
        auto at = all.begin();
        for (const auto& point : few) {
          at = std::find(at, all.end(), point);
          ASSERT_NE(at++, all.end()) << "not a corner of the ring, or out of order";
        }
      }
    }
  }
}

TEST(Contours, Disc_SimplifiesToFewCornersOfNearlyTheSameArea) {
  const Bitmap disc = bitmapWhere({0, 0, 201, 201}, [](int32_t x, int32_t y) {
    return (x - 100) * (x - 100) + (y - 100) * (y - 100) <= 90 * 90;
  });
  const Contours contours = contoursOf(disc, {.tolerancePx = 1, .minAreaPx = 0});
  ASSERT_EQ(contours.ringCount(), 1u);
  const auto ring = ringOf(contours, 0);
  EXPECT_LT(ring.size(), 60u);
  EXPECT_NEAR(signedArea(ring), disc.area(), 0.01 * disc.area());
}

TEST(Contours, CropFarFromTheOrigin_HasItsOffset) {
  const Contours contours = contoursOf(
      bitmapWhere({-kMaxSidePx, kMaxSidePx - 2, 1, 2}, [](int32_t, int32_t) { return true; }));
  const float x = -kMaxSidePx, y = kMaxSidePx;
  EXPECT_EQ(ringOf(contours, 0),
            (std::vector<std::pair<float, float>>{{x, y - 2}, {x + 1, y - 2}, {x + 1, y}, {x, y}}));
}

TEST(Contours, OutputUsedAgain_IsReplaced) {
  Contours contours;
  const Bitmap dot = bitmapWhere({0, 0, 1, 1}, [](int32_t, int32_t) { return true; });
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(contoursFromMask(maskOf(dot).view(), {}, contours).ok());
    EXPECT_EQ(contours.ringCount(), 1u);
    EXPECT_EQ(contours.ringOffsets.size(), 2u);
    EXPECT_EQ(contours.points.size(), 8u);
  }
}

TEST(Contours, BadOption_IsBadArgument) {
  Contours contours;
  for (const double bad :
       {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(contoursFromMask({}, {.tolerancePx = bad, .minAreaPx = 0}, contours).code,
              StatusCode::badArgument);
    EXPECT_EQ(contoursFromMask({}, {.tolerancePx = 0, .minAreaPx = bad}, contours).code,
              StatusCode::badArgument);
  }
}

}  // namespace
}  // namespace masklet
