#include "decode/detr_detect.h"

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

struct Output {
  uint32_t queryCount;
  uint32_t columns;
  std::vector<float> boxes;
  std::vector<float> logits;

  Output(uint32_t queries, uint32_t columnCount)
      : queryCount(queries),
        columns(columnCount),
        boxes(size_t{queries} * 4, 0.5f),
        logits(size_t{queries} * columnCount, -9.0f) {}

  TensorView boxesView() const { return {boxes.data(), {1, queryCount, 4}, 3}; }
  TensorView logitsView() const { return {logits.data(), {1, queryCount, columns}, 3}; }
  float& logit(uint32_t query, uint32_t column) { return logits[size_t{query} * columns + column]; }
  Instances decoded(bool softmax, SizePx net, const DecodeOptions& options = {}) const {
    Instances instances;
    MaskSource source;
    EXPECT_TRUE(
        decodeDetrDetect(boxesView(), logitsView(), softmax, net, options, instances, source).ok());
    EXPECT_EQ(source.form, MaskForm::boxes);
    return instances;
  }
};

/// In double, every pair or every query.
std::vector<SlowRow> decodeSlowly(Output output, bool softmax, SizePx net,
                                  const DecodeOptions& options) {
  std::vector<SlowRow> rows;
  for (uint32_t query = 0; query < output.queryCount; ++query) {
    const float* b = output.boxes.data() + size_t{query} * 4;
    const Box box{(b[0] - b[2] / 2) * net.width, (b[1] - b[3] / 2) * net.height,
                  (b[0] + b[2] / 2) * net.width, (b[1] + b[3] / 2) * net.height};
    double sum = 0;
    for (uint32_t c = 0; c < output.columns; ++c)
      sum += std::exp(static_cast<double>(output.logit(query, c)));
    std::vector<SlowRow> pairs;
    for (uint32_t c = 0; c < (softmax ? output.columns - 1 : output.columns); ++c) {
      const double exponential = std::exp(static_cast<double>(output.logit(query, c)));
      const double score = softmax ? exponential / sum : exponential / (1 + exponential);
      if (score > static_cast<double>(options.scoreThreshold)) {
        pairs.push_back({box, static_cast<float>(score), c, query});
      }
    }
    test::sortSlowly(pairs);
    if (softmax && pairs.size() > 1) pairs.resize(1);
    rows.insert(rows.end(), pairs.begin(), pairs.end());
  }
  test::sortSlowly(rows);
  if (rows.size() > options.maxInstances) rows.resize(options.maxInstances);
  return rows;
}

TEST(DetrDetect, RandomOutputs_MatchQueryByQueryDecoding) {
  std::mt19937 random(8);
  std::uniform_real_distribution<float> unit(0, 1);
  const SizePx net{640, 384};
  for (const bool softmax : {false, true}) {
    for (const uint32_t queryCount : {0u, 1u, 7u, 300u}) {
      for (const uint32_t columns : {2u, 3u, 92u}) {
        Output output(queryCount, columns);
        for (float& value : output.boxes) value = unit(random);
        // Evenly spaced: no two scores are so near to each other that rounding decides their order.
        const float step = 9 / static_cast<float>(output.logits.size() + 1);
        for (size_t i = 0; i < output.logits.size(); ++i)
          output.logits[i] = static_cast<float>(i) * step - 5;
        std::shuffle(output.logits.begin(), output.logits.end(), random);
        DecodeOptions options;
        options.scoreThreshold = softmax ? 0.1f : 0.9f;
        options.maxInstances = 140;
        const std::vector<SlowRow> expected = decodeSlowly(output, softmax, net, options);
        test::expectRows(output.decoded(softmax, net, options), expected, 1e-3f);
      }
    }
  }
}

TEST(DetrDetect, Sigmoid_OneQueryCanBeSeveralObjects) {
  Output output(1, 3);
  output.logit(0, 0) = 2;
  output.logit(0, 2) = 3;
  const Instances instances = output.decoded(false, {10, 10});
  ASSERT_EQ(instances.count(), 2u);
  EXPECT_EQ(instances.classIds[0], 2u);
  EXPECT_EQ(instances.classIds[1], 0u);
  EXPECT_EQ(instances.boxesNet[0].x1, 2.5f);
  EXPECT_EQ(instances.rows[1], 0u);
}

TEST(DetrDetect, Softmax_NoObjectClass_IsNeverReturned) {
  Output output(2, 3);
  output.logit(0, 2) = 9;
  output.logit(0, 1) = 8;  // 0.27 beside "no object"
  output.logit(1, 0) = 9;
  DecodeOptions options;
  const Instances instances = output.decoded(true, {10, 10}, options);
  ASSERT_EQ(instances.count(), 2u);
  EXPECT_EQ(instances.rows[0], 1u);
  EXPECT_EQ(instances.classIds[1], 1u);
  EXPECT_NEAR(instances.scores[1], 1 / (1 + std::exp(1.0f)), 1e-6f);
}

TEST(DetrDetect, LargeLogits_DoNotOverflow) {
  for (const bool softmax : {false, true}) {
    Output output(1, 3);
    output.logit(0, 1) = 3e38f;
    const Instances instances = output.decoded(softmax, {10, 10});
    ASSERT_EQ(instances.count(), 1u);
    EXPECT_EQ(instances.scores[0], 1);
  }
}

TEST(DetrDetect, NaNsAndInvertedBoxes_AreDropped) {
  for (const bool softmax : {false, true}) {
    Output output(5, 3);
    for (uint32_t query = 0; query < 5; ++query) output.logit(query, 0) = 5;
    output.boxes[0] = kNaN;
    output.boxes[4 + 2] = kInf;
    output.boxes[8 + 3] = -0.5f;
    output.logit(3, 0) = kNaN;
    const Instances instances = output.decoded(softmax, {10, 10});
    ASSERT_EQ(instances.count(), 1u);
    EXPECT_EQ(instances.rows[0], 4u);
  }
}

TEST(DetrDetect, ClassFilter_DropsClasses) {
  const std::vector<uint8_t> filter{0, 1};
  DecodeOptions options;
  options.classFilter = filter;
  for (const bool softmax : {false, true}) {
    Output output(2, softmax ? 3 : 2);
    output.logit(0, 0) = 5;
    output.logit(1, 1) = 5;
    const Instances instances = output.decoded(softmax, {10, 10}, options);
    ASSERT_EQ(instances.count(), 1u);
    EXPECT_EQ(instances.classIds[0], 1u);
  }
}

TEST(DetrDetect, WrongTensorsAndOptions_FailWithTheValue) {
  const Output output(4, 3);
  const TensorView boxes = output.boxesView();
  const TensorView logits = output.logitsView();
  Instances instances;
  MaskSource source;
  const auto decode = [&](const TensorView& b, const TensorView& l, bool softmax = false,
                          const DecodeOptions& options = {}) {
    return decodeDetrDetect(b, l, softmax, {8, 8}, options, instances, source);
  };
  expectStatus(decode(rankOf(boxes, 2), logits), StatusCode::badRank, 2);
  expectStatus(decode(boxes, rankOf(logits, 4)), StatusCode::badRank, 4);
  expectStatus(decode(dimOf(boxes, 0, 2), logits), StatusCode::badShape, 2);
  expectStatus(decode(dimOf(boxes, 2, 5), logits), StatusCode::badShape, 5);
  expectStatus(decode(boxes, dimOf(logits, 1, 3)), StatusCode::badShape, 3);
  expectStatus(decode(boxes, dimOf(logits, 2, 0)), StatusCode::badShape, 0);
  expectStatus(decode(boxes, dimOf(logits, 2, 1), true), StatusCode::badShape, 1);
  DecodeOptions options;
  const std::vector<uint8_t> filter{1, 1, 1};
  options.classFilter = filter;
  expectStatus(decode(boxes, logits, true, options), StatusCode::badArgument, 3);
  EXPECT_TRUE(decode(boxes, logits, false, options).ok());
}

}  // namespace
}  // namespace masklet
