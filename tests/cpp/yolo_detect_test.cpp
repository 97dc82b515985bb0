#include "decode/yolo_detect.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "simd/mask_kernels.h"
#include "tests/cpp/slow_rows.h"

namespace masklet {
namespace {

using test::dimOf;
using test::expectStatus;
using test::kInf;
using test::kNaN;
using test::rankOf;
using test::SlowRow;

/// One output in any of the layouts, addressed by row and value.
struct Output {
  YoloDetectLayout layout;
  uint32_t classCount;
  uint32_t rowCount;
  std::vector<float> values;

  Output(YoloDetectLayout kind, uint32_t classes, uint32_t rows)
      : layout(kind), classCount(classes), rowCount(rows), values(size_t{columns()} * rows, 0.0f) {}

  uint32_t columns() const {
    if (layout == YoloDetectLayout::endToEnd) return 6;
    return (layout == YoloDetectLayout::dense ? 4 : 5) + classCount;
  }
  float& at(uint32_t row, uint32_t column) {
    const bool dense = layout == YoloDetectLayout::dense;
    return values[dense ? size_t{column} * rowCount + row : size_t{row} * columns() + column];
  }
  void set(uint32_t row, const std::vector<float>& numbers) {
    for (uint32_t i = 0; i < numbers.size(); ++i) at(row, i) = numbers[i];
  }
  TensorView view() const {
    const bool dense = layout == YoloDetectLayout::dense;
    return {values.data(), {1, dense ? columns() : rowCount, dense ? rowCount : columns()}, 3};
  }
  Instances decoded(const DecodeOptions& options = {},
                    const MaskKernels& kernels = simdMaskKernels()) const {
    Instances instances;
    MaskSource source;
    EXPECT_TRUE(
        decodeYoloDetect(view(), layout, classCount, options, kernels, instances, source).ok());
    EXPECT_EQ(source.form, MaskForm::boxes);
    EXPECT_EQ(instances.coefficientCount, 0u);
    return instances;
  }
};

std::vector<SlowRow> decodeSlowly(Output output, const DecodeOptions& options) {
  std::vector<SlowRow> rows;
  const bool objectness = output.layout == YoloDetectLayout::objectness;
  for (uint32_t row = 0; row < output.rowCount; ++row) {
    const float a = output.at(row, 0), b = output.at(row, 1), c = output.at(row, 2),
                d = output.at(row, 3);
    if (output.layout == YoloDetectLayout::endToEnd) {
      const float score = output.at(row, 4);
      if (score > options.scoreThreshold) {
        rows.push_back({{a, b, c, d}, score, static_cast<uint32_t>(output.at(row, 5)), row});
      }
      continue;
    }
    SlowRow best{{a - c / 2, b - d / 2, a + c / 2, b + d / 2}, -1, 0, row};
    for (uint32_t classId = 0; classId < output.classCount; ++classId) {
      const float value = output.at(row, (objectness ? 5 : 4) + classId);
      const float score = objectness ? output.at(row, 4) * value : value;
      if (score > best.score) {
        best.score = score;
        best.classId = classId;
      }
    }
    if (best.score > options.scoreThreshold) rows.push_back(best);
  }
  if (output.layout != YoloDetectLayout::endToEnd)
    return test::suppressSlowly(std::move(rows), options);
  test::sortSlowly(rows);
  if (rows.size() > options.maxInstances) rows.resize(options.maxInstances);
  return rows;
}

constexpr YoloDetectLayout kLayouts[] = {YoloDetectLayout::dense, YoloDetectLayout::endToEnd,
                                         YoloDetectLayout::objectness};

TEST(YoloDetect, RandomOutputs_MatchRowByRowDecoding) {
  std::mt19937 random(6);
  std::uniform_real_distribution<float> unit(0, 1);
  for (const YoloDetectLayout layout : kLayouts) {
    for (const uint32_t rowCount : {0u, 1u, 5u, 84u, 1023u, 1025u}) {
      for (const uint32_t classCount : {1u, 3u, 91u}) {
        SCOPED_TRACE(testing::Message()
                     << static_cast<int>(layout) << " " << rowCount << " " << classCount);
        Output output(layout, classCount, rowCount);
        for (float& value : output.values) value = unit(random);
        for (uint32_t row = 0; row < rowCount; ++row) {
          const float x = unit(random) * 400, y = unit(random) * 400;
          const float w = unit(random) * 90, h = unit(random) * 90;
          if (layout == YoloDetectLayout::endToEnd) {
            const float classValue =
                std::floor(unit(random) * static_cast<float>(classCount) * 0.99f);
            output.set(row, {x, y, x + w, y + h, unit(random), classValue});
          } else {
            output.set(row, {x, y, w, h});
          }
        }
        DecodeOptions options;
        options.scoreThreshold = 0.6f;
        options.iouThreshold = 0.35f;
        options.maxInstances = 150;
        const std::vector<SlowRow> expected = decodeSlowly(output, options);
        test::expectRows(output.decoded(options), expected);
        test::expectRows(output.decoded(options, scalarMaskKernels()), expected);
      }
    }
  }
}

TEST(YoloDetect, NonFiniteRows_AreDropped) {
  for (const YoloDetectLayout layout : kLayouts) {
    for (uint32_t column = 0; column < 6; ++column) {
      for (const float bad : {kNaN, kInf, -kInf}) {
        Output output(layout, 2, 2);
        for (uint32_t row = 0; row < 2; ++row) output.set(row, {10, 20, 30, 40, 0.9f, 1});
        output.at(0, column) = bad;
        output.at(1, 0) = 11;
        if (layout == YoloDetectLayout::dense && column >= 4 && !(bad > 0))
          continue;  // the other class wins
        const Instances instances = output.decoded();
        ASSERT_EQ(instances.count(), 1u) << static_cast<int>(layout) << " " << column << " " << bad;
        EXPECT_EQ(instances.rows[0], 1u);
      }
    }
  }
}

TEST(YoloDetect, WrongTensorsAndOptions_FailWithTheValue) {
  Instances instances;
  MaskSource source;
  for (const YoloDetectLayout layout : kLayouts) {
    const Output output(layout, 2, 10);
    const TensorView good = output.view();
    const auto decode = [&](const TensorView& view, const DecodeOptions& options = {}) {
      return decodeYoloDetect(view, layout, 2, options, simdMaskKernels(), instances, source);
    };
    expectStatus(decode(rankOf(good, 2)), StatusCode::badRank, 2);
    expectStatus(decode(rankOf(good, 4)), StatusCode::badRank, 4);
    expectStatus(decode(dimOf(good, 0, 3)), StatusCode::badShape, 3);
    const size_t axis = layout == YoloDetectLayout::dense ? 1 : 2;
    const uint32_t tooFew = layout == YoloDetectLayout::dense ? 4 : 5;
    expectStatus(decode(dimOf(good, axis, tooFew)), StatusCode::badShape, tooFew);
    expectStatus(decode(dimOf(good, axis, 0)), StatusCode::badShape, 0);
    DecodeOptions options;
    options.scoreThreshold = 2;
    expectStatus(decode(good, options), StatusCode::badArgument, 2);
    options = {};
    const std::vector<uint8_t> filter{1, 1, 1, 1};
    options.classFilter = filter;
    expectStatus(decode(good, options), StatusCode::badArgument, 4);
    EXPECT_TRUE(decode(good).ok());
  }
  const Output wide(YoloDetectLayout::objectness, 2, 3);  // 7 columns: no final rows
  expectStatus(decodeYoloDetect(wide.view(), YoloDetectLayout::endToEnd, 0, {}, simdMaskKernels(),
                                instances, source),
               StatusCode::badShape, 7);
  expectStatus(decodeYoloDetect(wide.view(), static_cast<YoloDetectLayout>(3), 0, {},
                                simdMaskKernels(), instances, source),
               StatusCode::badArgument, 3);
}

}  // namespace
}  // namespace masklet
