#include "wasm/mask_stage.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/cpp/stage_columns.h"

namespace masklet {
namespace {

using namespace test;

using Bitmap = std::vector<uint8_t>;

struct Operand {
  RectPx rect;
  std::vector<uint32_t> runs;
};

void setMasks(MaskStage& stage, const std::vector<Operand>& operands) {
  std::vector<int32_t> rects;
  std::vector<uint32_t> runs;
  std::vector<uint32_t> offsets{0};
  for (const Operand& operand : operands) {
    const RectPx& rect = operand.rect;
    rects.insert(rects.end(), {rect.x, rect.y, rect.width, rect.height});
    runs.insert(runs.end(), operand.runs.begin(), operand.runs.end());
    offsets.push_back(static_cast<uint32_t>(runs.size()));
  }
  ASSERT_EQ(stage.reserveMasks(static_cast<uint32_t>(operands.size()),
                               static_cast<uint32_t>(runs.size())),
            kOk);
  copyIn(stage, MaskColumn::rects, rects);
  copyIn(stage, MaskColumn::runs, runs);
  copyIn(stage, MaskColumn::runOffsets, offsets);
}

// A random crop with random pixels, and the same as runs.
Bitmap randomMask(Operand& operand, int32_t width, int32_t height, std::mt19937& random) {
  Bitmap bitmap(static_cast<size_t>(width) * height);
  const auto below = [&](int32_t limit) {
    return static_cast<int32_t>(random() % static_cast<uint32_t>(limit));
  };
  const int32_t x = below(width);
  const int32_t y = below(height);
  const RectPx rect{x, y, 1 + below(width - x), 1 + below(height - y)};
  operand = {rect, {0}};
  bool last = false;
  const uint32_t density = 1 + random() % 9;
  for (int32_t row = rect.y; row < rect.y + rect.height; ++row) {
    for (int32_t column = rect.x; column < rect.x + rect.width; ++column) {
      const bool inside = random() % 10 < density;
      bitmap[static_cast<size_t>(row) * width + column] = inside;
      if (inside != last) operand.runs.push_back(0);
      ++operand.runs.back();
      last = inside;
    }
  }
  return bitmap;
}

// One operand alone.
Bitmap setRandomMask(MaskStage& stage, int32_t width, int32_t height, std::mt19937& random) {
  Operand operand;
  const Bitmap bitmap = randomMask(operand, width, height, random);
  setMasks(stage, {operand});
  return bitmap;
}

Bitmap resultBitmap(MaskStage& stage, int32_t width, int32_t height) {
  Bitmap bitmap(static_cast<size_t>(width) * height);
  const std::vector<int32_t> rect = copyOut<int32_t>(stage, MaskColumn::resultRect);
  size_t index = 0;
  bool inside = false;
  for (const uint32_t run : copyOut<uint32_t>(stage, MaskColumn::resultRuns)) {
    for (uint32_t i = 0; i < run; ++i, ++index) {
      const auto crop = static_cast<size_t>(rect[2]);
      const size_t row = static_cast<size_t>(rect[1]) + index / crop;
      bitmap[row * width + rect[0] + index % crop] = inside;
    }
    inside = !inside;
  }
  EXPECT_EQ(index, size_t(rect[2]) * size_t(rect[3]));
  return bitmap;
}

size_t resultRunCount(MaskStage& stage) {
  return column<uint32_t>(stage, MaskColumn::resultRuns).size();
}

TEST(MaskStage, Operations_RandomMasks_AreThoseOfBitmaps) {
  std::mt19937 random(11);
  MaskStage stage;
  for (int round = 0; round < 60; ++round) {
    const int32_t width = 1 + static_cast<int32_t>(random() % 24);
    const int32_t height = 1 + static_cast<int32_t>(random() % 24);
    std::vector<Operand> operands(2);
    const Bitmap a = randomMask(operands[0], width, height, random);
    const Bitmap b = randomMask(operands[1], width, height, random);
    setMasks(stage, operands);
    for (uint32_t op = 0; op < 4; ++op) {
      ASSERT_EQ(stage.mergeMasks(op), kOk);
      Bitmap expected(a.size());
      for (size_t i = 0; i < a.size(); ++i) {
        const bool values[]{a[i] || b[i], a[i] && b[i], a[i] && !b[i], a[i] != b[i]};
        expected[i] = values[op];
      }
      EXPECT_EQ(resultBitmap(stage, width, height), expected);
    }
    ASSERT_EQ(stage.intersectMasks(), kOk);
    uint32_t shared = 0;
    for (size_t i = 0; i < a.size(); ++i) shared += a[i] & b[i];
    EXPECT_EQ(copyOut<uint32_t>(stage, MaskColumn::sharedArea), (std::vector<uint32_t>{shared}));
  }
}

TEST(MaskStage, MergeMasks_ManyOperands_AreMergedOneAfterTheOther) {
  std::mt19937 random(19);
  MaskStage stage;
  for (size_t count = 0; count < 7; ++count) {
    std::vector<Operand> operands(count);
    Bitmap any(20 * 20);
    for (Operand& operand : operands) {
      const Bitmap bitmap = randomMask(operand, 20, 20, random);
      for (size_t i = 0; i < any.size(); ++i) any[i] |= bitmap[i];
    }
    setMasks(stage, operands);
    ASSERT_EQ(stage.mergeMasks(0), kOk);
    EXPECT_EQ(resultBitmap(stage, 20, 20), any);
  }
}

TEST(MaskStage, IouMatrix_RowsAndColumns_AreThoseOfBitmaps) {
  std::mt19937 random(29);
  MaskStage stage;
  std::vector<Operand> operands(9);
  std::vector<Bitmap> bitmaps;
  for (Operand& operand : operands) bitmaps.push_back(randomMask(operand, 15, 15, random));
  setMasks(stage, operands);
  const auto expected = [&](size_t row, size_t column, bool crowd) {
    double shared = 0, either = 0, own = 0;
    for (size_t i = 0; i < bitmaps[row].size(); ++i) {
      shared += bitmaps[row][i] & bitmaps[column][i];
      either += bitmaps[row][i] | bitmaps[column][i];
      own += bitmaps[row][i];
    }
    const double whole = crowd ? own : either;
    return whole == 0 ? 0 : shared / whole;
  };
  ASSERT_EQ(stage.iouMatrix(9, 0), kOk);
  const std::vector<double> all = copyOut<double>(stage, MaskColumn::ious);
  ASSERT_EQ(all.size(), 81u);
  for (size_t k = 0; k < all.size(); ++k) EXPECT_EQ(all[k], expected(k / 9, k % 9, false));
  copyIn<uint8_t>(stage, MaskColumn::crowds, {0, 0, 0, 0, 0, 0, 1, 0, 1});
  ASSERT_EQ(stage.iouMatrix(4, 5), kOk);
  const std::vector<double> part = copyOut<double>(stage, MaskColumn::ious);
  ASSERT_EQ(part.size(), 16u);
  for (size_t k = 0; k < part.size(); ++k)
    EXPECT_EQ(part[k], expected(k / 4, 5 + k % 4, k % 4 == 1 || k % 4 == 3));
  EXPECT_EQ(stage.iouMatrix(10, 0), number(StatusCode::badIndex));
  EXPECT_EQ(stage.lastValue(), 10);
  EXPECT_EQ(stage.iouMatrix(1, 11), number(StatusCode::badIndex));
  EXPECT_EQ(copyOut<double>(stage, MaskColumn::ious).size(), 0u);
  EXPECT_EQ(stage.iouMatrix(0, 9), kOk);
}

TEST(MaskStage, RemoveSmallRegions_FillsHolesThenDropsIslands) {
  MaskStage stage;
  // 6 x 3: a ring around one pixel, and a pixel on the right.
  setMasks(stage, {{{0, 0, 6, 3}, {0, 3, 3, 1, 1, 1, 2, 1}}});
  EXPECT_EQ(stage.removeSmallRegions(6, 3, 2), number(StatusCode::badRuns));
  EXPECT_EQ(resultRunCount(stage), 0u);
  setMasks(stage, {{{0, 0, 6, 3}, {0, 3, 3, 1, 1, 1, 2, 4, 3}}});
  ASSERT_EQ(stage.removeSmallRegions(6, 3, 2), kOk);
  EXPECT_EQ(resultBitmap(stage, 6, 3),
            (Bitmap{1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0}));
  EXPECT_EQ(stage.removeSmallRegions(0, 3, 2), number(StatusCode::badSize));
}

TEST(MaskStage, CocoRle_RoundTrip_IsTheSameMask) {
  std::mt19937 random(12);
  MaskStage stage;
  for (int round = 0; round < 40; ++round) {
    const int32_t width = 1 + static_cast<int32_t>(random() % 40);
    const int32_t height = 1 + static_cast<int32_t>(random() % 40);
    const Bitmap bitmap = setRandomMask(stage, width, height, random);
    ASSERT_EQ(stage.cocoRle(width, height), kOk);
    ASSERT_EQ(stage.maskFromCocoRle(width, height), kOk);
    EXPECT_EQ(resultBitmap(stage, width, height), bitmap);
    // cocoRle and maskFromCocoRle leave the plain counts behind: those are the same mask again.
    ASSERT_EQ(stage.maskFromCocoCounts(width, height), kOk);
    EXPECT_EQ(resultBitmap(stage, width, height), bitmap);
  }
}

TEST(MaskStage, Polygons_RoundTrip_IsTheSameMask) {
  std::mt19937 random(13);
  MaskStage stage;
  for (int round = 0; round < 40; ++round) {
    const int32_t width = 1 + static_cast<int32_t>(random() % 30);
    const int32_t height = 1 + static_cast<int32_t>(random() % 30);
    const Bitmap bitmap = setRandomMask(stage, width, height, random);
    ASSERT_EQ(stage.polygons(0, 0), kOk);
    const auto points = copyOut<float>(stage, MaskColumn::ringPoints);
    auto offsets = copyOut<uint32_t>(stage, MaskColumn::ringOffsets);
    if (offsets.empty()) offsets = {0};
    const size_t ringCount = column<int32_t>(stage, MaskColumn::ringParents).size();
    ASSERT_EQ(stage.reservePolygons(static_cast<uint32_t>(points.size() / 2),
                                    static_cast<uint32_t>(ringCount)),
              kOk);
    copyIn(stage, MaskColumn::polygonPoints, std::vector<double>(points.begin(), points.end()));
    copyIn(stage, MaskColumn::polygonOffsets, offsets);
    ASSERT_EQ(stage.maskFromPolygons(width, height, false), kOk);
    EXPECT_EQ(resultBitmap(stage, width, height), bitmap);
  }
}

TEST(MaskStage, MaskFromPolygons_AsCoco_UnitesOverlappingRings) {
  MaskStage stage;
  ASSERT_EQ(stage.reservePolygons(8, 2), kOk);
  copyIn<double>(stage, MaskColumn::polygonPoints,
                 {0, 0, 6, 0, 6, 6, 0, 6, 3, 3, 9, 3, 9, 9, 3, 9});
  copyIn<uint32_t>(stage, MaskColumn::polygonOffsets, {0, 4, 8});
  ASSERT_EQ(stage.maskFromPolygons(10, 10, true), kOk);
  EXPECT_EQ(resultBitmap(stage, 10, 10)[4 * 10 + 4], 1);  // in both: united
  ASSERT_EQ(stage.maskFromPolygons(10, 10, false), kOk);
  EXPECT_EQ(resultBitmap(stage, 10, 10)[4 * 10 + 4], 0);  // in both: even-odd
}

TEST(MaskStage, Operations_BadOperands_AreNamedAndGiveAnEmptyResult) {
  MaskStage stage;
  EXPECT_EQ(stage.cocoRle(3, 3), number(StatusCode::badIndex));
  setMasks(stage, {{{0, 0, 3, 3}, {1, 7}}});
  EXPECT_EQ(stage.intersectMasks(), number(StatusCode::badIndex));
  EXPECT_EQ(stage.lastValue(), 1);
  setMasks(stage, {{{0, 0, 3, 3}, {1, 7}}, {{0, 0, 3, 3}, {9}}});
  for (const uint32_t status : {stage.cocoRle(3, 3), stage.polygons(0, 0), stage.mergeMasks(0),
                                stage.intersectMasks(), stage.iouMatrix(1, 1)}) {
    EXPECT_EQ(status, number(StatusCode::badRuns));
  }
  EXPECT_EQ(stage.lastValue(), 8);
  EXPECT_EQ(resultRunCount(stage), 0u);
  EXPECT_EQ(column<float>(stage, MaskColumn::ringPoints).size(), 0u);
  EXPECT_EQ(copyOut<uint8_t>(stage, MaskColumn::text).size(), 0u);
  copyIn<uint32_t>(stage, MaskColumn::runs, {1, 8, 9});
  EXPECT_EQ(stage.mergeMasks(4), number(StatusCode::badArgument));
  EXPECT_EQ(stage.mergeMasks(0), kOk);
  EXPECT_EQ(stage.polygons(-1, 0), number(StatusCode::badArgument));
  EXPECT_EQ(stage.cocoRle(0, 3), number(StatusCode::badSize));
  EXPECT_EQ(stage.maskFromPolygons(-3, 3, false), number(StatusCode::badSize));
  // Offsets that fall, or lead out of the runs.
  copyIn<uint32_t>(stage, MaskColumn::runOffsets, {2, 1, 3});
  EXPECT_EQ(stage.mergeMasks(0), number(StatusCode::badRuns));
  copyIn<uint32_t>(stage, MaskColumn::runOffsets, {0, 2, 4});
  EXPECT_EQ(stage.mergeMasks(0), number(StatusCode::badRuns));
  EXPECT_EQ(stage.lastValue(), 4);
}

TEST(MaskStage, MaskFromCocoRle_BadText_NamesThePosition) {
  MaskStage stage;
  const std::string text = "32~00";
  ASSERT_EQ(stage.reserveText(static_cast<uint32_t>(text.size())), kOk);
  copyIn(stage, MaskColumn::text, std::vector<uint8_t>(text.begin(), text.end()));
  EXPECT_EQ(stage.maskFromCocoRle(3, 3), number(StatusCode::badRleString));
  EXPECT_EQ(stage.lastValue(), 2);
  EXPECT_EQ(resultRunCount(stage), 0u);
}

TEST(MaskStage, ReservePolygons_MoreThanMemory_IsOutOfMemory) {
  MaskStage stage;
  EXPECT_EQ(stage.reservePolygons(0xffffffffu, 1), number(StatusCode::outOfMemory));
  EXPECT_EQ(stage.reservePolygons(1, 0xffffffffu), number(StatusCode::outOfMemory));
  EXPECT_EQ(stage.maskFromPolygons(3, 3, false), kOk);
  EXPECT_EQ(resultRunCount(stage), 0u);
}

TEST(MaskStage, RandomCalls_InAnyOrder_StayInBounds) {
  std::mt19937 random(17);
  const auto below = [&](uint32_t limit) { return static_cast<uint32_t>(random() % limit); };
  const auto side = [&] { return static_cast<int32_t>(below(40)) - 1; };
  MaskStage stage;
  uint32_t succeeded = 0;
  for (int call = 0; call < 4000; ++call) {
    uint32_t status = 1;
    switch (below(7)) {
      case 0:
      case 1: {
        std::vector<Operand> operands(below(4));
        for (Operand& operand : operands) randomMask(operand, 20, 20, random);
        setMasks(stage, operands);
        break;
      }
      case 2:
        status = below(2) ? stage.mergeMasks(below(5)) : stage.intersectMasks();
        break;
      case 3:
        status = below(2) ? stage.cocoRle(side(), side()) : stage.polygons(below(3), below(3));
        break;
      case 4:
        status =
            below(2) ? stage.maskFromCocoRle(side(), side()) : stage.maskFromCocoCounts(20, 20);
        break;
      case 5:
        status = stage.iouMatrix(below(4), below(4));
        break;
      default:
        status = stage.removeSmallRegions(side(), side(), below(5));
    }
    succeeded += status == kOk;
  }
  EXPECT_GT(succeeded, 1000u);
}

}  // namespace
}  // namespace masklet
