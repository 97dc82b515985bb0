#include "decode/rf_detr_seg.h"

#include "tests/cpp/query_outputs.h"

namespace masklet {
namespace {

using test::dimOf;
using test::expectStatus;
using test::kInf;
using test::kNaN;
using test::QueryOutputs;
using test::rankOf;
using test::SlowRow;

struct Decoded {
  Instances instances;
  MaskSource source;
  Status status;

  Decoded(const QueryOutputs& output, SizePx net, const DecodeOptions& options = {}) {
    status = decodeRfDetrSeg({output.boxesView(), output.logitsView(), output.masksView()}, net,
                             options, instances, source);
  }
};

std::vector<SlowRow> decodeSlowly(QueryOutputs output, SizePx net, const DecodeOptions& options) {
  std::vector<SlowRow> rows;
  for (uint32_t query = 0; query < output.queryCount; ++query) {
    for (uint32_t c = 0; c < output.columns; ++c) {
      const double score = 1 / (1 + std::exp(-static_cast<double>(output.logit(query, c))));
      rows.push_back({output.slowBox(query, net), static_cast<float>(score), c, query});
    }
  }
  test::sortSlowly(rows);
  rows.resize(std::min<size_t>(rows.size(), output.queryCount));
  std::erase_if(rows, [&](const SlowRow& row) { return row.score <= options.scoreThreshold; });
  rows.resize(std::min<size_t>(rows.size(), options.maxInstances));
  return rows;
}

TEST(RfDetrSeg, RandomOutputs_MatchPairByPairDecoding) {
  std::mt19937 random(3);
  const SizePx net{312, 312};
  for (const uint32_t queryCount : {0u, 1u, 7u, 200u}) {
    for (const uint32_t columns : {1u, 2u, 91u}) {
      for (const uint32_t maxInstances : {5u, 150u, 1000u}) {
        QueryOutputs output(queryCount, columns);
        output.fill(random, -5, 4);
        DecodeOptions options;
        options.scoreThreshold = 0.2f;
        options.maxInstances = maxInstances;
        const Decoded decoded(output, net, options);
        ASSERT_TRUE(decoded.status.ok());
        test::expectRows(decoded.instances, decodeSlowly(output, net, options), 1e-3f);
      }
    }
  }
}

TEST(RfDetrSeg, Source_IsThePlanesOfTheQueriesUncut) {
  QueryOutputs output(3, 2);
  output.logit(2, 1) = 4;
  const Decoded decoded(output, {8, 8});
  ASSERT_EQ(decoded.instances.count(), 1u);
  EXPECT_EQ(decoded.instances.rows[0], 2u);
  EXPECT_EQ(decoded.source.form, MaskForm::planes);
  EXPECT_EQ(decoded.source.planes.data, output.masks.data());
  EXPECT_EQ(decoded.source.threshold, 0);
  EXPECT_FALSE(decoded.source.probability);
  EXPECT_FALSE(decoded.source.cropToBox);
  EXPECT_FALSE(decoded.source.boxFromMask);
}

TEST(RfDetrSeg, MorePairsThanQueries_BestAreKept) {
  QueryOutputs output(2, 3);
  for (uint32_t c = 0; c < 3; ++c) output.logit(0, c) = 3 - static_cast<float>(c);
  output.logit(1, 0) = 0.5f;
  const Decoded decoded(output, {8, 8});
  ASSERT_EQ(decoded.instances.count(), 2u);
  EXPECT_EQ(decoded.instances.rows[1], 0u);
  EXPECT_EQ(decoded.instances.classIds[1], 1u);
}

TEST(RfDetrSeg, EqualScores_KeepTheOrderOfTheOutput) {
  QueryOutputs output(3, 2);
  for (float& logit : output.logits) logit = 1;
  const Decoded decoded(output, {8, 8});
  ASSERT_EQ(decoded.instances.count(), 3u);
  EXPECT_EQ(decoded.instances.rows[0], 0u);
  EXPECT_EQ(decoded.instances.classIds[1], 1u);
  EXPECT_EQ(decoded.instances.rows[2], 1u);
}

TEST(RfDetrSeg, NonFiniteValuesAndInvertedBoxes_AreDropped) {
  QueryOutputs output(6, 2);
  for (uint32_t query = 0; query < 6; ++query) output.logit(query, 0) = 5;
  output.boxes[1] = kNaN;
  output.boxes[4 + 2] = kInf;
  output.boxes[8 + 3] = -0.5f;
  output.logit(3, 0) = kNaN;
  output.logit(4, 0) = kInf;
  const Decoded decoded(output, {8, 8});
  ASSERT_EQ(decoded.instances.count(), 1u);
  EXPECT_EQ(decoded.instances.rows[0], 5u);
  EXPECT_FLOAT_EQ(decoded.instances.scores[0], 1 / (1 + std::exp(-5.0f)));
}

TEST(RfDetrSeg, ClassFilter_DropsClasses) {
  QueryOutputs output(2, 2);
  output.logit(0, 0) = 5;
  output.logit(1, 1) = 4;
  const std::vector<uint8_t> filter{0, 1};
  DecodeOptions options;
  options.classFilter = filter;
  const Decoded decoded(output, {8, 8}, options);
  ASSERT_EQ(decoded.instances.count(), 1u);
  EXPECT_EQ(decoded.instances.classIds[0], 1u);
}

TEST(RfDetrSeg, WrongTensorsAndOptions_FailWithTheValue) {
  const QueryOutputs output(4, 3);
  Instances instances;
  MaskSource source;
  const auto decode = [&](const TensorView& boxes, const TensorView& logits,
                          const TensorView& masks, const DecodeOptions& options = {}) {
    return decodeRfDetrSeg({boxes, logits, masks}, {8, 8}, options, instances, source);
  };
  const TensorView boxes = output.boxesView();
  test::expectWrongQueriesFail(output, [&](const TensorView& logits, const TensorView& masks) {
    return decode(boxes, logits, masks);
  });
  expectStatus(decode(rankOf(boxes, 2), output.logitsView(), output.masksView()),
               StatusCode::badRank, 2);
  expectStatus(decode(dimOf(boxes, 2, 5), output.logitsView(), output.masksView()),
               StatusCode::badShape, 5);
  DecodeOptions options;
  options.scoreThreshold = 2;
  expectStatus(decode(boxes, output.logitsView(), output.masksView(), options),
               StatusCode::badArgument, 2);
  options = {};
  const std::vector<uint8_t> filter{1, 1};
  options.classFilter = filter;
  expectStatus(decode(boxes, output.logitsView(), output.masksView(), options),
               StatusCode::badArgument, 2);
}

}  // namespace
}  // namespace masklet
