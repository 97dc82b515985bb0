#include "mask/coco_rle.h"

#include <gtest/gtest.h>

#include "mask_bitmaps.h"
#include "mask_golden.h"

namespace masklet {
namespace {

using testing::Bitmap;
using testing::bitmapWhere;
using testing::expectMask;
using testing::maskOf;
using testing::runsOf;
using testing::Shape;
using testing::shapes;
using testing::trimmed;

/// Column by column over the whole image.
std::vector<uint32_t> countsByPixel(const Bitmap& bitmap, SizePx size) {
  std::vector<uint32_t> counts{0};
  bool before = false;
  for (int32_t x = 0; x < size.width; ++x) {
    for (int32_t y = 0; y < size.height; ++y) {
      if (bitmap.at(x, y) != before) counts.push_back(0), before = !before;
      ++counts.back();
    }
  }
  return counts;
}

std::string textOf(std::span<const uint32_t> counts) {
  Buffer<char> text;
  EXPECT_TRUE(cocoStringFromCounts(counts, text).ok());
  return {text.begin(), text.end()};
}

Status countsOf(std::string_view text, std::vector<uint32_t>& counts) {
  Buffer<uint32_t> buffer;
  const Status status = cocoCountsFromString(text, buffer);
  counts.assign(buffer.begin(), buffer.end());
  return status;
}

TEST(TransposeRuns, AnyShape_EqualsBitmap) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    const RectPx& rect = shape.bitmap.rect;
    const Mask mask = maskOf(shape.bitmap);
    Mask turned;
    turned.rectSrc = {rect.y, rect.x, rect.height, rect.width};
    ASSERT_TRUE(transposeRuns(mask.runs.span(), {rect.width, rect.height}, turned.runs).ok());
    expectMask(turned.view(), bitmapWhere(turned.rectSrc, [&](int32_t x, int32_t y) {
                 return shape.bitmap.at(y, x);
               }));
  }
}

TEST(CocoCounts, AnyShapeInAnyImage_EqualPixelScan) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.name);
    const RectPx& rect = shape.bitmap.rect;
    const Mask mask = maskOf(shape.bitmap);
    // Room on all sides, none, and images that cut the mask off or miss it.
    for (const SizePx size :
         {SizePx{rect.x + rect.width + 3, rect.y + rect.height + 2}, {80, 50}, {9, 4}, {1, 1}}) {
      if (size.width < 1 || size.height < 1) continue;
      Buffer<uint32_t> counts;
      ASSERT_TRUE(cocoCountsFromMask(mask.view(), size, counts).ok());
      ASSERT_EQ(std::vector<uint32_t>(counts.begin(), counts.end()),
                countsByPixel(shape.bitmap, size));
      Mask back;
      ASSERT_TRUE(maskFromCocoCounts(counts.span(), size, back).ok());
      expectMask(back.view(),
                 trimmed(bitmapWhere({0, 0, size.width, size.height},
                                     [&](int32_t x, int32_t y) { return shape.bitmap.at(x, y); })));
      std::vector<uint32_t> read;
      ASSERT_TRUE(countsOf(textOf(counts.span()), read).ok());
      ASSERT_EQ(read, std::vector<uint32_t>(counts.begin(), counts.end()));
    }
  }
}

TEST(CocoCounts, CountsOfZero_AreAccepted) {
  const uint32_t counts[] = {0, 0, 2, 1, 0, 2, 0, 0, 1, 0, 0};
  Mask mask;
  ASSERT_TRUE(maskFromCocoCounts(counts, {2, 3}, mask).ok());
  // Columns: . . # and # # .
  EXPECT_EQ(mask.rectSrc, (RectPx{0, 0, 2, 3}));
  EXPECT_EQ(runsOf(mask.view()), (std::vector<uint32_t>{1, 1, 1, 2, 1}));
}

TEST(CocoCounts, WrongSum_IsBadRuns) {
  Mask mask;
  for (const std::vector<uint32_t>& counts :
       {std::vector<uint32_t>{}, {5}, {7}, {0, 0}, {UINT32_MAX, 7}}) {
    const Status status = maskFromCocoCounts(counts, {2, 3}, mask);
    EXPECT_EQ(status.code, StatusCode::badRuns);
    EXPECT_EQ(status.value, std::accumulate(counts.begin(), counts.end(), 0.0));
  }
}

TEST(CocoCounts, BadImage_IsBadSize) {
  Mask mask;
  Buffer<uint32_t> counts;
  for (const SizePx size : {SizePx{0, 3}, {3, 0}, {-1, 3}, {kMaxSidePx + 1, 1}}) {
    EXPECT_EQ(maskFromCocoCounts({}, size, mask).code, StatusCode::badSize);
    EXPECT_EQ(cocoCountsFromMask({}, size, counts).code, StatusCode::badSize);
  }
}

TEST(CocoCounts, LargestImage_DoesNotOverflow) {
  Buffer<uint32_t> counts;
  const uint32_t runs[] = {0, 1};
  const SizePx size{kMaxSidePx, kMaxSidePx};
  ASSERT_TRUE(
      cocoCountsFromMask({{kMaxSidePx - 1, kMaxSidePx - 1, 1, 1}, runs}, size, counts).ok());
  EXPECT_EQ(std::vector<uint32_t>(counts.begin(), counts.end()),
            (std::vector<uint32_t>{(1u << 30) - 1, 1}));
  Mask mask;
  ASSERT_TRUE(maskFromCocoCounts(counts.span(), size, mask).ok());
  EXPECT_EQ(mask.rectSrc, (RectPx{kMaxSidePx - 1, kMaxSidePx - 1, 1, 1}));
}

TEST(CocoString, RandomCounts_ComeBack) {
  std::mt19937 random(6);
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<uint32_t> counts(random() % 40);
    for (uint32_t& count : counts) count = random() >> random() % 32;
    std::vector<uint32_t> read;
    ASSERT_TRUE(countsOf(textOf(counts), read).ok());
    ASSERT_EQ(read, counts);
  }
}

TEST(CocoString, ExtremeCounts_ComeBack) {
  const std::vector<uint32_t> counts{UINT32_MAX, 0,  UINT32_MAX, UINT32_MAX, 0, 0,
                                     UINT32_MAX, 16, 15,         31,         32};
  std::vector<uint32_t> read;
  ASSERT_TRUE(countsOf(textOf(counts), read).ok());
  EXPECT_EQ(read, counts);
}

TEST(CocoString, Malformed_IsBadRleStringWithTheOffset) {
  const auto expectBad = [](std::string_view text, double offset) {
    SCOPED_TRACE(text);
    std::vector<uint32_t> counts;
    const Status status = countsOf(text, counts);
    EXPECT_EQ(status.code, StatusCode::badRleString);
    EXPECT_EQ(status.value, offset);
    EXPECT_TRUE(counts.empty());
  };
  expectBad("1 2", 1);                       // a blank
  expectBad("12/", 2);                       // below '0'
  expectBad("12p", 2);                       // above 'o'
  expectBad(std::string_view("1\0", 2), 1);  // a zero byte
  expectBad("1\xff", 1);                     // above 127
  expectBad("11P", 3);                       // cut short
  expectBad("11PP", 4);                      // cut short later
  expectBad("11PPPPPPP1", 9);                // more than 7 groups
  expectBad("11O", 2);                       // -1
  expectBad("1111K", 4);                     // difference that leads below 0
  expectBad("1PPPPPP4", 1);                  // 2^32
  expectBad("1ooooooO", 1);                  // -1 in 7 groups
}

TEST(CocoString, LargestCount_IsRead) {
  std::vector<uint32_t> counts;
  ASSERT_TRUE(countsOf("oooooo3", counts).ok());  // 7 groups: six of ones, then the upper two bits
  EXPECT_EQ(counts, (std::vector<uint32_t>{UINT32_MAX}));
  ASSERT_TRUE(countsOf("", counts).ok());
  EXPECT_TRUE(counts.empty());
}

TEST(CocoGolden, PycocotoolsMasks_AreEqualBothWays) {
  const std::vector<testing::MaskGolden> goldens = testing::readMaskGoldens();
  ASSERT_GE(goldens.size(), 40u);
  for (const testing::MaskGolden& golden : goldens) {
    SCOPED_TRACE(golden.name);
    Buffer<uint32_t> counts;
    ASSERT_TRUE(cocoCountsFromMask(maskOf(golden.bitmap).view(), golden.size, counts).ok());
    EXPECT_EQ(textOf(counts.span()), golden.counts);
    std::vector<uint32_t> read;
    ASSERT_TRUE(countsOf(golden.counts, read).ok());
    Mask mask;
    ASSERT_TRUE(maskFromCocoCounts(read, golden.size, mask).ok());
    expectMask(mask.view(), trimmed(golden.bitmap));
  }
}

}  // namespace
}  // namespace masklet
