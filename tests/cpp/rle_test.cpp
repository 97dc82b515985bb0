#include "mask/rle.h"

#include <gtest/gtest.h>

#include "mask_bitmaps.h"

namespace masklet {
namespace {

using testing::Bitmap;
using testing::bitmapOf;
using testing::bitmapWhere;
using testing::expectMask;
using testing::maskOf;
using testing::runsOf;
using testing::Shape;
using testing::shapes;
using testing::trimmed;

Status fromPixels(const std::vector<uint8_t>& pixels, RectPx rect, size_t stride,
                  uint32_t threshold, Mask& mask) {
  ImageView<const uint8_t> view;
  EXPECT_TRUE(makeImageView(std::span(pixels), {rect.width, rect.height}, 1, stride, view).ok());
  return maskFromPixels(view, rect.x, rect.y, threshold, mask);
}

TEST(MaskFromPixels, AnyShape_EqualsBitmap) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    Mask mask;
    ASSERT_TRUE(fromPixels(shape.bitmap.pixels, shape.bitmap.rect, 0, 1, mask).ok());
    expectMask(mask.view(), shape.bitmap);
  }
}

TEST(MaskFromPixels, EveryThresholdAndWidth_TakesValuesNotBelowIt) {
  std::mt19937 random(1);
  for (int32_t width = 1; width <= 26; ++width) {
    const int32_t height = 3;
    const size_t stride = static_cast<size_t>(width) + random() % 5;
    std::vector<uint8_t> pixels(stride * height);
    for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(random());
    for (uint32_t threshold = 0; threshold < 256; ++threshold) {
      // Values next to the threshold are the hard ones.
      for (size_t index = 0; index < pixels.size(); index += 2)
        pixels[index] = static_cast<uint8_t>(threshold - random() % 2);
      Mask mask;
      ASSERT_TRUE(fromPixels(pixels, {0, 0, width, height}, stride, threshold, mask).ok());
      expectMask(mask.view(), bitmapWhere({0, 0, width, height}, [&](int32_t x, int32_t y) {
                   return pixels[static_cast<size_t>(y) * stride + static_cast<size_t>(x)] >=
                          threshold;
                 }));
    }
  }
}

TEST(MaskFromPixels, BadArguments_AreNamed) {
  const std::vector<uint8_t> pixels(12);
  Mask mask;
  EXPECT_EQ(fromPixels(pixels, {0, 0, 3, 4}, 0, 256, mask).code, StatusCode::badArgument);
  EXPECT_EQ(fromPixels(pixels, {kMaxSidePx, 0, 3, 4}, 0, 1, mask).code, StatusCode::badSize);
  ImageView<const uint8_t> threeChannels;
  ASSERT_TRUE(makeImageView(std::span(pixels), {2, 2}, 3, 0, threeChannels).ok());
  const Status status = maskFromPixels(threeChannels, 0, 0, 1, mask);
  EXPECT_EQ(status.code, StatusCode::badArgument);
  EXPECT_EQ(status.value, 3);
}

TEST(MaskToPixels, AnyCanvas_PaintsObjectOnly) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    const Mask mask = maskOf(shape.bitmap);
    const RectPx& rect = shape.bitmap.rect;
    for (const RectPx& canvas :
         {rect, RectPx{rect.x - 3, rect.y - 2, rect.width + 5, rect.height + 4},
          RectPx{rect.x + 1, rect.y + 1, 2, 3}, RectPx{100, 100, 4, 4}}) {
      std::vector<uint8_t> pixels(static_cast<size_t>(canvas.area()), 7);
      ImageView<uint8_t> view;
      ASSERT_TRUE(makeImageView(std::span(pixels), {canvas.width, canvas.height}, 1, 0, view).ok());
      ASSERT_TRUE(maskToPixels(mask.view(), canvas.x, canvas.y, view, 200).ok());
      size_t index = 0;
      for (int32_t y = canvas.y; y < canvas.y + canvas.height; ++y) {
        for (int32_t x = canvas.x; x < canvas.x + canvas.width; ++x) {
          ASSERT_EQ(pixels[index++], shape.bitmap.at(x, y) ? 200 : 7) << x << ", " << y;
        }
      }
    }
  }
}

TEST(MaskToPixels, ColorCanvas_IsBadArgument) {
  std::vector<uint8_t> pixels(16);
  ImageView<uint8_t> view;
  ASSERT_TRUE(makeImageView(std::span(pixels), {2, 2}, 4, 0, view).ok());
  EXPECT_EQ(maskToPixels({}, 0, 0, view, 1).code, StatusCode::badArgument);
}

TEST(TrimMask, AnyShape_IsTight) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    Mask mask = maskOf(shape.bitmap);
    trimMask(mask);
    expectMask(mask.view(), trimmed(shape.bitmap));
  }
}

TEST(TrimMask, ShapeInLargerRectangle_IsTight) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    for (const RectPx& margin :
         {RectPx{1, 0, 1, 0}, RectPx{0, 1, 0, 1}, RectPx{2, 3, 7, 5}, RectPx{0, 0, 1, 0}}) {
      const RectPx& rect = shape.bitmap.rect;
      Mask mask = maskOf(bitmapWhere({rect.x - margin.x, rect.y - margin.y,
                                      rect.width + margin.width, rect.height + margin.height},
                                     [&](int32_t x, int32_t y) { return shape.bitmap.at(x, y); }));
      trimMask(mask);
      const Bitmap visible =
          bitmapWhere({rect.x - margin.x, rect.y - margin.y, rect.width + margin.width,
                       rect.height + margin.height},
                      [&](int32_t x, int32_t y) { return shape.bitmap.at(x, y); });
      expectMask(mask.view(), trimmed(visible));
    }
  }
}

TEST(Reframe, AnyRectangle_EqualsBitmap) {
  std::mt19937 random(2);
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    const Mask mask = maskOf(shape.bitmap);
    const RectPx& rect = shape.bitmap.rect;
    for (int trial = 0; trial < 12; ++trial) {
      const auto between = [&](int32_t low, int32_t high) {
        return std::uniform_int_distribution<int32_t>(low, high)(random);
      };
      RectPx frame{between(rect.x - 5, rect.x + rect.width),
                   between(rect.y - 5, rect.y + rect.height), between(1, rect.width + 8),
                   between(1, rect.height + 8)};
      if (trial % 3 == 0) frame.x = rect.x, frame.width = rect.width;
      Mask framed;
      ASSERT_TRUE(reframe(mask.view(), frame, framed).ok());
      expectMask(framed.view(),
                 bitmapWhere(frame, [&](int32_t x, int32_t y) { return shape.bitmap.at(x, y); }));
    }
  }
}

TEST(Reframe, EmptyRectangleAndInPlace_Work) {
  Mask mask = maskOf(bitmapWhere({0, 0, 4, 4}, [](int32_t x, int32_t) { return x > 1; }));
  ASSERT_TRUE(reframe(mask.view(), {1, 1, 2, 2}, mask).ok());
  EXPECT_EQ(runsOf(mask.view()), (std::vector<uint32_t>{1, 1, 1, 1}));
  ASSERT_TRUE(reframe(mask.view(), {7, 7, 0, 0}, mask).ok());
  EXPECT_TRUE(mask.runs.empty());
  ASSERT_TRUE(reframe(mask.view(), {0, 0, 2, 3}, mask).ok());
  EXPECT_EQ(runsOf(mask.view()), (std::vector<uint32_t>{6}));
  EXPECT_EQ(reframe(mask.view(), {0, 0, -1, 3}, mask).code, StatusCode::badSize);
}

TEST(Translate, WithinRange_MovesTheRectangleOnly) {
  Mask mask = maskOf(bitmapWhere({2, 3, 2, 2}, [](int32_t x, int32_t) { return x == 2; }));
  ASSERT_TRUE(translate(mask, -4, 10).ok());
  EXPECT_EQ(mask.rectSrc, (RectPx{-2, 13, 2, 2}));
  EXPECT_EQ(runsOf(mask.view()), (std::vector<uint32_t>{0, 1, 1, 1, 1}));
}

TEST(Translate, OutOfRange_FailsAndChangesNothing) {
  Mask mask = maskOf(Bitmap({2, 3, 2, 2}));
  EXPECT_EQ(translate(mask, INT32_MAX, 0).code, StatusCode::badSize);
  EXPECT_EQ(translate(mask, 0, kMaxSidePx - 4).code, StatusCode::badSize);
  EXPECT_EQ(mask.rectSrc, (RectPx{2, 3, 2, 2}));
  EXPECT_TRUE(translate(mask, 0, kMaxSidePx - 5).ok());
}

TEST(Contains, EveryPixel_EqualsBitmap) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    const Mask mask = maskOf(shape.bitmap);
    const RectPx& rect = shape.bitmap.rect;
    for (int32_t y = rect.y - 1; y <= rect.y + rect.height; ++y) {
      for (int32_t x = rect.x - 1; x <= rect.x + rect.width; ++x) {
        ASSERT_EQ(contains(mask.view(), x, y), shape.bitmap.at(x, y)) << x << ", " << y;
      }
    }
    EXPECT_FALSE(contains(mask.view(), INT32_MIN, INT32_MAX));
  }
}

bool combine(MergeOp op, bool a, bool b) {
  switch (op) {
    case MergeOp::unite:
      return a || b;
    case MergeOp::intersect:
      return a && b;
    case MergeOp::subtract:
      return a && !b;
    case MergeOp::exclude:
      return a != b;
  }
  return false;
}

constexpr MergeOp kOps[] = {MergeOp::unite, MergeOp::intersect, MergeOp::subtract,
                            MergeOp::exclude};

Bitmap combined(MergeOp op, const Bitmap& a, const Bitmap& b) {
  const RectPx everywhere{-10, -10, 90, 60};
  return trimmed(bitmapWhere(
      everywhere, [&](int32_t x, int32_t y) { return combine(op, a.at(x, y), b.at(x, y)); }));
}

TEST(RleMerge, AnyTwoShapes_EqualBitmaps) {
  const std::vector<Shape> all = shapes();
  std::mt19937 random(3);
  for (int trial = 0; trial < 400; ++trial) {
    const Shape& a = all[random() % all.size()];
    const Shape& b = all[random() % all.size()];
    SCOPED_TRACE(a.name + " and " + b.name);
    for (const MergeOp op : kOps) {
      Mask merged;
      ASSERT_TRUE(merge(maskOf(a.bitmap).view(), maskOf(b.bitmap).view(), op, merged).ok());
      expectMask(merged.view(), combined(op, a.bitmap, b.bitmap));
    }
  }
}

TEST(RleMerge, EmptyAndFull_IsFull) {
  const Mask full = maskOf(bitmapWhere({4, 5, 6, 7}, [](int32_t, int32_t) { return true; }));
  Mask merged;
  ASSERT_TRUE(merge(Mask{}.view(), full.view(), MergeOp::unite, merged).ok());
  EXPECT_EQ(merged.rectSrc, full.rectSrc);
  EXPECT_EQ(runsOf(merged.view()), (std::vector<uint32_t>{0, 42}));
}

TEST(RleMerge, OutputIsAnInput_Works) {
  Mask mask = maskOf(bitmapWhere({0, 0, 9, 9}, [](int32_t x, int32_t y) { return (x ^ y) & 1; }));
  const Bitmap before = bitmapOf(mask.view());
  ASSERT_TRUE(merge(mask.view(), mask.view(), MergeOp::intersect, mask).ok());
  expectMask(mask.view(), trimmed(before));
  ASSERT_TRUE(merge(mask.view(), mask.view(), MergeOp::subtract, mask).ok());
  expectMask(mask.view(), {});
}

TEST(RleMerge, BadOpOrTooWide_Fails) {
  const Mask left =
      maskOf(bitmapWhere({-kMaxSidePx, 0, 1, 1}, [](int32_t, int32_t) { return true; }));
  const Mask right = maskOf(bitmapWhere({0, 0, 1, 1}, [](int32_t, int32_t) { return true; }));
  Mask merged;
  EXPECT_EQ(merge(left.view(), right.view(), static_cast<MergeOp>(4), merged).code,
            StatusCode::badArgument);
  const Status status = merge(left.view(), right.view(), MergeOp::unite, merged);
  EXPECT_EQ(status.code, StatusCode::badSize);
  EXPECT_EQ(status.value, kMaxSidePx + 1);
  EXPECT_TRUE(merge(left.view(), right.view(), MergeOp::intersect, merged).ok());
}

TEST(RleMergeMany, SeveralShapes_EqualOneAfterTheOther) {
  const std::vector<Shape> all = shapes();
  std::mt19937 random(4);
  for (const MergeOp op : kOps) {
    for (const size_t count : {0, 1, 2, 5}) {
      std::vector<Mask> masks;
      std::vector<MaskView> views;
      Bitmap expected;
      for (size_t index = 0; index < count; ++index) {
        const Bitmap& bitmap = all[random() % all.size()].bitmap;
        masks.push_back(maskOf(bitmap));
        expected = index == 0 ? trimmed(bitmap) : combined(op, expected, bitmap);
      }
      for (const Mask& mask : masks) views.push_back(mask.view());
      Mask merged;
      ASSERT_TRUE(mergeMany(views, op, merged).ok());
      expectMask(merged.view(), expected);
    }
  }
}

}  // namespace
}  // namespace masklet
