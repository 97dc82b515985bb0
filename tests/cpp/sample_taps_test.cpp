#include "assemble/sample_taps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace masklet {
namespace {

TEST(SampleTaps, AnyGeometry_AreTheExactPositionsClamped) {
  for (const ResizeMode mode :
       {ResizeMode::letterboxCenter, ResizeMode::letterboxTopLeft, ResizeMode::stretch}) {
    for (const SizePx src :
         {SizePx{1, 1}, SizePx{1920, 1080}, SizePx{33, 121}, SizePx{7, 500}, SizePx{641, 639}}) {
      for (const SizePx sizeMsk : {SizePx{1, 1}, SizePx{2, 3}, SizePx{160, 160}}) {
        Letterbox letterbox;
        ASSERT_TRUE(makeLetterbox(src, {640, 640}, mode, letterbox).ok());
        SampleTaps columns;
        SampleTaps rows;
        ASSERT_TRUE(makeSampleTaps(letterbox, sizeMsk, columns, rows).ok());
        ASSERT_EQ(columns.left.size(), static_cast<size_t>(src.width));
        ASSERT_EQ(rows.left.size(), static_cast<size_t>(src.height));
        for (int32_t x = 0; x < src.width; ++x) {
          const double content = static_cast<double>(letterbox.contentNet.width) / src.width;
          const double net = (x + 0.5) * content + letterbox.contentNet.x;
          const double expected =
              std::clamp(net * sizeMsk.width / 640 - 0.5, 0.0, sizeMsk.width - 1.0);
          const SampleTap tap = columns.at(x);
          EXPECT_NEAR(tap.left + static_cast<double>(tap.weight), expected, 1e-5);
          EXPECT_LT(tap.left, static_cast<uint32_t>(sizeMsk.width));
          EXPECT_TRUE(tap.weight >= 0 && tap.weight <= 1);
          EXPECT_TRUE(tap.left + 1 < static_cast<uint32_t>(sizeMsk.width) || tap.weight == 0);
        }
        for (int32_t y = 0; y < src.height; ++y) {
          const double content = static_cast<double>(letterbox.contentNet.height) / src.height;
          const double net = (y + 0.5) * content + letterbox.contentNet.y;
          const double expected =
              std::clamp(net * sizeMsk.height / 640 - 0.5, 0.0, sizeMsk.height - 1.0);
          EXPECT_NEAR(rows.at(y).left + static_cast<double>(rows.at(y).weight), expected, 1e-5);
        }
      }
    }
  }
}

TEST(SampleTaps, CutCrops_CoverEveryPixelOnce) {
  for (const int32_t srcWidth : {1, 2, 13, 100, 640, 1921}) {
    Letterbox letterbox;
    ASSERT_TRUE(
        makeLetterbox({srcWidth, 50}, {640, 640}, ResizeMode::letterboxCenter, letterbox).ok());
    SampleTaps columns;
    SampleTaps rows;
    ASSERT_TRUE(makeSampleTaps(letterbox, {160, 160}, columns, rows).ok());
    CropTaps crop;
    for (int32_t x = 0; x < srcWidth; x += std::max(1, srcWidth / 5)) {
      for (int32_t width = 1; x + width <= srcWidth; width += std::max(1, srcWidth / 6)) {
        ASSERT_TRUE(crop.cut(columns, x, width).ok());
        const ColumnTaps& taps = crop.taps();
        ASSERT_EQ(taps.widthPx, static_cast<size_t>(width));
        ASSERT_GE(taps.cellCount, 1u);
        EXPECT_EQ(taps.cellStartPx[0], 0u);
        EXPECT_EQ(taps.cellStartPx[taps.cellCount], static_cast<uint32_t>(width));
        bool contiguous = true;
        for (size_t cell = 0; cell < taps.cellCount; ++cell) {
          ASSERT_LT(taps.cellStartPx[cell], taps.cellStartPx[cell + 1]);
          contiguous = contiguous && taps.cellLeft[cell] == taps.cellLeft[0] + cell;
          for (uint32_t pixel = taps.cellStartPx[cell]; pixel < taps.cellStartPx[cell + 1];
               ++pixel) {
            EXPECT_EQ(taps.left[pixel], taps.cellLeft[cell]);
            EXPECT_EQ(taps.left[pixel], columns.left[static_cast<size_t>(x) + pixel]);
          }
          EXPECT_EQ(taps.firstWeight[cell], taps.weight[taps.cellStartPx[cell]]);
          EXPECT_EQ(taps.lastWeight[cell], taps.weight[taps.cellStartPx[cell + 1] - 1]);
        }
        EXPECT_EQ(taps.contiguous, contiguous);
      }
    }
  }
}

}  // namespace
}  // namespace masklet
