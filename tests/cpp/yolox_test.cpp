#include "decode/yolox.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/cpp/slow_rows.h"

namespace masklet {
namespace {

using test::dimOf;
using test::expectStatus;
using test::kNaN;
using test::rankOf;
using test::SlowRow;

struct Cell {
  int x;
  int y;
  int stride;
};

/// All cells in the order of the rows.
std::vector<Cell> cellsOf(SizePx net, const std::vector<int>& strides) {
  std::vector<Cell> cells;
  for (const int stride : strides) {
    for (int y = 0; y < net.height / stride; ++y) {
      for (int x = 0; x < net.width / stride; ++x) cells.push_back({x, y, stride});
    }
  }
  return cells;
}

struct Output {
  uint32_t classCount;
  uint32_t rowCount;
  std::vector<float> values;

  Output(uint32_t classes, size_t rows)
      : classCount(classes),
        rowCount(static_cast<uint32_t>(rows)),
        values((5 + classes) * rows, 0.0f) {}

  uint32_t columns() const { return 5 + classCount; }
  float* row(size_t index) { return values.data() + index * columns(); }
  void set(size_t index, std::vector<float> numbers) {
    std::copy(numbers.begin(), numbers.end(), row(index));
  }
  TensorView view() const { return {values.data(), {1, rowCount, columns()}, 3}; }
  Instances decoded(YoloxBoxes boxes, SizePx net, const DecodeOptions& options = {}) const {
    Instances instances;
    MaskSource source;
    EXPECT_TRUE(decodeYolox(view(), boxes, net, options, instances, source).ok());
    EXPECT_EQ(source.form, MaskForm::boxes);
    return instances;
  }
};

std::vector<SlowRow> decodeSlowly(Output output, const std::vector<Cell>& cells,
                                  const DecodeOptions& options) {
  std::vector<SlowRow> rows;
  for (uint32_t index = 0; index < output.rowCount; ++index) {
    const float* v = output.row(index);
    const auto [x, y, stride] = cells[index];
    const double cx = (static_cast<double>(v[0]) + x) * stride,
                 cy = (static_cast<double>(v[1]) + y) * stride;
    const double w = std::exp(static_cast<double>(v[2])) * stride;
    const double h = std::exp(static_cast<double>(v[3])) * stride;
    const float* best = std::max_element(v + 5, v + output.columns());
    if (!(v[4] * *best > options.scoreThreshold)) continue;
    const Box box{static_cast<float>(cx - w / 2), static_cast<float>(cy - h / 2),
                  static_cast<float>(cx + w / 2), static_cast<float>(cy + h / 2)};
    rows.push_back({box, v[4] * *best, static_cast<uint32_t>(best - v - 5), index});
  }
  return test::suppressSlowly(std::move(rows), options);
}

TEST(Yolox, RandomOutputs_MatchCellByCellDecoding) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> unit(0, 1);
  const std::vector<int> usual{8, 16, 32}, p6{8, 16, 32, 64};
  for (const SizePx net : {SizePx{64, 64}, SizePx{96, 32}, SizePx{32, 160}, SizePx{128, 192}}) {
    for (const auto& strides : {usual, p6}) {
      const std::vector<Cell> cells = cellsOf(net, strides);
      for (const uint32_t classCount : {1u, 80u}) {
        Output output(classCount, cells.size());
        for (float& value : output.values) value = unit(random);
        for (size_t row = 0; row < cells.size(); ++row) {
          output.set(row, {unit(random), unit(random), 3 * unit(random) - 1, 3 * unit(random) - 1});
        }
        DecodeOptions options;
        options.iouThreshold = 0.4f;
        const std::vector<SlowRow> expected = decodeSlowly(output, cells, options);
        test::expectRows(output.decoded(YoloxBoxes::cells, net, options), expected, 2e-3f);
        test::expectRows(output.decoded(YoloxBoxes::automatic, net, options), expected, 2e-3f);
      }
    }
  }
}

TEST(Yolox, PixelsAndCells_OfOneObject_GiveTheSameBox) {
  const SizePx net{64, 32};
  Output cells(1, 42), pixels(1, 42);
  const size_t row = 32 + 1 * 4 + 2;  // stride 16, cell (2, 1)
  cells.set(row, {0.25f, 0.5f, std::log(2.0f), std::log(0.5f), 1, 0.9f});
  pixels.set(row, {36, 24, 32, 8, 1, 0.9f});
  for (const YoloxBoxes boxes : {YoloxBoxes::pixels, YoloxBoxes::automatic}) {
    const Instances instances = pixels.decoded(boxes, net);
    test::expectRows(instances, {{{20, 20, 52, 28}, 0.9f, 0, row}});
  }
  for (const YoloxBoxes boxes : {YoloxBoxes::cells, YoloxBoxes::automatic}) {
    test::expectRows(cells.decoded(boxes, net), {{{20, 20, 52, 28}, 0.9f, 0, row}}, 1e-4f);
  }
}

TEST(Yolox, Automatic_SmallPositiveLogarithmsAreCells) {
  const SizePx net{32, 32};
  Output output(1, 21);
  for (size_t row = 0; row < 21; ++row) output.set(row, {0, 0, 2, 2});
  output.set(0, {0.5f, 0.5f, 1, 1, 1, 1});
  const Instances instances = output.decoded(YoloxBoxes::automatic, net);
  ASSERT_EQ(instances.count(), 1u);
  EXPECT_NEAR(instances.boxesNet[0].width(), 8 * std::exp(1.0f), 1e-4f);
  output.set(20, {0, 0, kNaN, 8.3f});  // just below the limit, and NaN says nothing
  EXPECT_NEAR(output.decoded(YoloxBoxes::automatic, net).boxesNet[0].width(), 8 * std::exp(1.0f),
              1e-4f);
}

TEST(Yolox, NonFiniteRows_AreDropped) {
  const SizePx net{32, 32};
  Output output(1, 21);
  output.set(0, {kNaN, 0, 1, 1, 1, 1});
  output.set(1, {0, 0, 1000, 1, 1, 1});  // exp overflows
  output.set(2, {0, 0, 1, kNaN, 1, 1});
  output.set(3, {0, 0, 1, 1, kNaN, 1});
  output.set(4, {0, 0, 1, 1, 1, kNaN});
  EXPECT_EQ(output.decoded(YoloxBoxes::cells, net).count(), 0u);
}

TEST(Yolox, WrongTensorsAndOptions_FailWithTheValue) {
  const SizePx net{64, 64};
  const Output output(2, 84);
  Instances instances;
  MaskSource source;
  const auto decode = [&](const TensorView& view, YoloxBoxes boxes = YoloxBoxes::cells,
                          const DecodeOptions& options = {}) {
    return decodeYolox(view, boxes, net, options, instances, source);
  };
  const TensorView good = output.view();
  expectStatus(decode(rankOf(good, 2)), StatusCode::badRank, 2);
  expectStatus(decode(dimOf(good, 0, 2)), StatusCode::badShape, 2);
  expectStatus(decode(dimOf(good, 2, 5)), StatusCode::badShape, 5);
  expectStatus(decode(dimOf(good, 1, 83)), StatusCode::badShape, 83);
  expectStatus(decode(good, static_cast<YoloxBoxes>(3)), StatusCode::badArgument, 3);
  DecodeOptions options;
  options.iouThreshold = -1;
  expectStatus(decode(good, YoloxBoxes::cells, options), StatusCode::badArgument, -1);
  EXPECT_TRUE(decode(dimOf(good, 1, 0)).ok());  // no rows, no objects
  EXPECT_TRUE(decode(good).ok());
}

}  // namespace
}  // namespace masklet
