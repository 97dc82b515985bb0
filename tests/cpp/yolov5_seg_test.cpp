#include "decode/yolov5_seg.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/cpp/slow_rows.h"

namespace masklet {
namespace {

using test::dimOf;
using test::expectStatus;
using test::kInf;
using test::kNaN;
using test::rankOf;
using test::SlowRow;

/// [1, N, 5 + C + P] and prototypes [1, P, 2, 3], to be filled by hand.
struct Output {
  uint32_t classCount;
  uint32_t protoCount;
  uint32_t rowCount;
  std::vector<float> detections;
  std::vector<float> prototypes;

  Output(uint32_t classes, uint32_t protos, uint32_t rows)
      : classCount(classes),
        protoCount(protos),
        rowCount(rows),
        detections(size_t{columns()} * rows, 0.0f),
        prototypes(size_t{protos} * 2 * 3, 0.0f) {}

  uint32_t columns() const { return 5 + classCount + protoCount; }
  float* row(uint32_t index) { return detections.data() + size_t{index} * columns(); }
  void set(uint32_t index, std::vector<float> values) {
    std::copy(values.begin(), values.end(), row(index));
  }
  TensorView detectionsView() const { return {detections.data(), {1, rowCount, columns()}, 3}; }
  TensorView prototypesView() const { return {prototypes.data(), {1, protoCount, 2, 3}, 4}; }
  Status decode(const DecodeOptions& options, Instances& instances, MaskSource& source) const {
    return decodeYolov5Seg(detectionsView(), prototypesView(), options, instances, source);
  }
  Instances decoded(const DecodeOptions& options = {}) const {
    Instances instances;
    MaskSource source;
    EXPECT_TRUE(decode(options, instances, source).ok());
    return instances;
  }
};

/// Every class product written out; the best is looked for in all of them.
std::vector<SlowRow> decodeSlowly(Output output, const DecodeOptions& options) {
  std::vector<SlowRow> rows;
  for (uint32_t index = 0; index < output.rowCount; ++index) {
    const float* v = output.row(index);
    std::vector<float> scores;
    for (uint32_t c = 0; c < output.classCount; ++c) scores.push_back(v[4] * v[5 + c]);
    const auto best = std::max_element(scores.begin(), scores.end());
    if (!(*best > options.scoreThreshold)) continue;
    const Box box{v[0] - v[2] / 2, v[1] - v[3] / 2, v[0] + v[2] / 2, v[1] + v[3] / 2};
    rows.push_back({box, *best, static_cast<uint32_t>(best - scores.begin()), index});
  }
  return test::suppressSlowly(std::move(rows), options);
}

TEST(Yolov5Seg, RandomOutputs_MatchRowByRowDecoding) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> unit(0, 1);
  for (const uint32_t rowCount : {0u, 1u, 2u, 63u, 252u, 1575u}) {
    for (const uint32_t classCount : {1u, 2u, 91u}) {
      Output output(classCount, 4, rowCount);
      for (float& value : output.detections) value = unit(random);
      for (uint32_t row = 0; row < rowCount; ++row) {
        output.set(row,
                   {unit(random) * 320, unit(random) * 320, unit(random) * 90, unit(random) * 90});
      }
      DecodeOptions options;
      options.scoreThreshold = classCount == 1 ? 0.3f : 0.6f;
      options.iouThreshold = 0.3f;
      options.maxInstances = 120;
      const Instances instances = output.decoded(options);
      const std::vector<SlowRow> expected = decodeSlowly(output, options);
      test::expectRows(instances, expected);
      ASSERT_EQ(instances.coefficients.size(), expected.size() * 4);
      for (size_t i = 0; i < expected.size(); ++i) {
        for (uint32_t k = 0; k < 4; ++k) {
          EXPECT_EQ(instances.coefficients[i * 4 + k],
                    output.row(expected[i].row)[5 + classCount + k]);
        }
      }
    }
  }
}

TEST(Yolov5Seg, MaskSource_IsThePrototypes) {
  const Output output(1, 2, 3);
  Instances instances;
  MaskSource source;
  ASSERT_TRUE(output.decode({}, instances, source).ok());
  EXPECT_EQ(source.form, MaskForm::prototypes);
  EXPECT_EQ(source.planes.data, output.prototypes.data());
  EXPECT_EQ(instances.coefficientCount, 2u);
}

TEST(Yolov5Seg, Score_IsObjectnessTimesClass) {
  Output output(2, 1, 3);
  output.set(0, {10, 10, 4, 4, 0.5f, 0.2f, 0.8f});
  output.set(1, {50, 50, 4, 4, 0.9f, 0.2f, 0.1f});  // 0.18 is not enough
  output.set(2, {90, 90, 4, 4, 0.2f, 1, 1});        // nor is 0.2
  const Instances instances = output.decoded();
  ASSERT_EQ(instances.count(), 1u);
  EXPECT_EQ(instances.scores[0], 0.5f * 0.8f);
  EXPECT_EQ(instances.classIds[0], 1u);
}

TEST(Yolov5Seg, EqualClassScores_LowestClassWins_AndNaNNever) {
  Output output(3, 1, 2);
  output.set(0, {10, 10, 4, 4, 1, 0.1f, 0.7f, 0.7f});
  output.set(1, {50, 50, 4, 4, 1, kNaN, 0.6f, kNaN});
  const Instances instances = output.decoded();
  ASSERT_EQ(instances.count(), 2u);
  EXPECT_EQ(instances.classIds[0], 1u);
  EXPECT_EQ(instances.classIds[1], 1u);
}

TEST(Yolov5Seg, NonFiniteRows_AreDropped) {
  Output output(1, 1, 8);
  output.set(0, {kNaN, 10, 4, 4, 1, 1});
  output.set(1, {10, kInf, 4, 4, 1, 1});
  output.set(2, {10, 10, -4, 4, 1, 1});
  output.set(3, {10, 10, 4, kNaN, 1, 1});
  output.set(4, {10, 10, 4, 4, kNaN, 1});
  output.set(5, {10, 10, 4, 4, kInf, 1});
  output.set(6, {10, 10, 4, 4, 1, kNaN});
  output.set(7, {10, 10, 4, 4, 1, kInf});
  EXPECT_EQ(output.decoded().count(), 0u);
}

TEST(Yolov5Seg, ClassFilter_IsAppliedAfterTheBestClass) {
  Output output(3, 1, 2);
  output.set(0, {10, 10, 4, 4, 1, 0.9f, 0.8f, 0});
  output.set(1, {50, 50, 4, 4, 1, 0, 0.7f, 0.6f});
  const std::vector<uint8_t> filter{0, 1, 1};
  DecodeOptions options;
  options.classFilter = filter;
  const Instances instances = output.decoded(options);
  ASSERT_EQ(instances.count(), 1u);
  EXPECT_EQ(instances.rows[0], 1u);
}

TEST(Yolov5Seg, WrongTensorsAndOptions_FailWithTheValue) {
  const Output output(2, 3, 4);
  const TensorView good = output.detectionsView();
  const TensorView prototypes = output.prototypesView();
  Instances instances;
  MaskSource source;
  const auto decode = [&](const TensorView& d, const TensorView& p,
                          const DecodeOptions& options = {}) {
    return decodeYolov5Seg(d, p, options, instances, source);
  };
  expectStatus(decode(rankOf(good, 2), prototypes), StatusCode::badRank, 2);
  expectStatus(decode(rankOf(good, 4), prototypes), StatusCode::badRank, 4);
  expectStatus(decode(dimOf(good, 0, 2), prototypes), StatusCode::badShape, 2);
  expectStatus(decode(good, rankOf(prototypes, 3)), StatusCode::badRank, 3);
  expectStatus(decode(good, dimOf(prototypes, 0, 2)), StatusCode::badShape, 2);
  expectStatus(decode(good, dimOf(prototypes, 1, 0)), StatusCode::badShape, 0);
  expectStatus(decode(dimOf(good, 2, 8), prototypes), StatusCode::badShape, 8);  // no class is left
  expectStatus(decode(dimOf(good, 2, 0), prototypes), StatusCode::badShape, 0);
  DecodeOptions options;
  options.maxInstances = 0;
  expectStatus(decode(good, prototypes, options), StatusCode::badArgument, 0);
  options = {};
  const std::vector<uint8_t> filter{1};
  options.classFilter = filter;
  expectStatus(decode(good, prototypes, options), StatusCode::badArgument, 1);
  EXPECT_TRUE(decode(good, prototypes).ok());
}

}  // namespace
}  // namespace masklet
