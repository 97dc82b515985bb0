#include "decode/detr_panoptic.h"

#include "tests/cpp/query_outputs.h"

namespace masklet {
namespace {

using test::expectStatus;
using test::kInf;
using test::kNaN;
using test::QueryOutputs;
using test::SlowPlane;
using test::SlowRow;

struct Decoded {
  Instances instances;
  MaskSource source;
  Status status;

  Decoded(const QueryOutputs& output, SizePx net, const DecodeOptions& options = {},
          SizePx enlargeTo = {}, bool hasBoxes = true) {
    const TensorView boxes = hasBoxes ? output.boxesView() : TensorView{};
    status = decodeDetrPanoptic({output.logitsView(), output.masksView(), boxes}, net, enlargeTo,
                                options, simdMaskKernels(), instances, source);
  }
};

/// Only what a test raises above "no object" is an object.
QueryOutputs withoutObjects(uint32_t queries, uint32_t columns) {
  QueryOutputs output(queries, columns);
  for (uint32_t query = 0; query < queries; ++query) output.logit(query, columns - 1) = 0;
  return output;
}

/// The competing queries, best first.
std::vector<SlowRow> decodeSlowly(const QueryOutputs& output, SizePx net,
                                  const DecodeOptions& options) {
  std::vector<SlowRow> rows;
  for (uint32_t query = 0; query < output.queryCount; ++query) {
    const std::vector<double> p = output.slowSoftmax(query);
    const auto best = static_cast<uint32_t>(std::max_element(p.begin(), p.end()) - p.begin());
    if (best + 1 == output.columns || p[best] <= static_cast<double>(options.scoreThreshold))
      continue;
    rows.push_back({output.slowBox(query, net), static_cast<float>(p[best]), best, query});
  }
  test::sortSlowly(rows);
  return rows;
}

TEST(DetrPanoptic, RandomOutputs_MatchQueryByQueryDecoding) {
  std::mt19937 random(4);
  const SizePx net{48, 36};
  for (const SizePx enlargeTo : {SizePx{}, SizePx{23, 9}}) {
    for (const uint32_t queryCount : {0u, 1u, 7u, 120u}) {
      for (const uint32_t columns : {2u, 3u, 92u}) {
        QueryOutputs output(queryCount, columns);
        output.fill(random, -2, 3);
        DecodeOptions options;
        options.scoreThreshold = 0.1f;
        const std::vector<SlowRow> expected = decodeSlowly(output, net, options);
        const Decoded decoded(output, net, options, enlargeTo);
        ASSERT_TRUE(decoded.status.ok());
        ASSERT_EQ(decoded.instances.count(), expected.size());
        for (size_t i = 0; i < expected.size(); ++i) {
          EXPECT_EQ(decoded.instances.classIds[i], expected[i].classId);
          EXPECT_NEAR(decoded.instances.scores[i], expected[i].score, 1e-6f);
          EXPECT_NEAR(decoded.instances.boxesNet[i].x1, expected[i].boxNet.x1, 1e-3f);
          EXPECT_NEAR(decoded.instances.boxesNet[i].y2, expected[i].boxNet.y2, 1e-3f);
          SlowPlane plane = output.slowPlane(expected[i].row);
          if (enlargeTo.width != 0) plane = plane.resized(enlargeTo.width, enlargeTo.height);
          const float* actual =
              decoded.source.planes.data + decoded.instances.rows[i] * plane.values.size();
          for (size_t k = 0; k < plane.values.size(); ++k) {
            EXPECT_NEAR(actual[k], 1 / (1 + std::exp(-plane.values[k])), 1e-6);
          }
        }
      }
    }
  }
}

TEST(DetrPanoptic, Source_HoldsCompetingProbabilities) {
  QueryOutputs output = withoutObjects(3, 3);
  output.logit(1, 0) = 9;
  DecodeOptions options;
  options.maxInstances = 7;
  for (const bool hasBoxes : {false, true}) {
    const Decoded decoded(output, {8, 8}, options, {}, hasBoxes);
    ASSERT_EQ(decoded.instances.count(), 1u);
    EXPECT_EQ(decoded.source.form, MaskForm::planes);
    EXPECT_TRUE(decoded.source.probability);
    EXPECT_TRUE(decoded.source.exclusive.on);
    EXPECT_EQ(decoded.source.exclusive.maxInstances, 7u);
    EXPECT_EQ(decoded.source.threshold, 0.5f);
    EXPECT_FALSE(decoded.source.cropToBox);
    EXPECT_EQ(decoded.source.boxFromMask, !hasBoxes);
    EXPECT_EQ(decoded.source.planes.dims, (std::array<uint32_t, 4>{1, 1, 3, 4}));
    EXPECT_EQ(decoded.source.planes.data, decoded.source.storage.data());
  }
}

/// The places among the competitors keep the network's order: on equal ground the first query wins.
TEST(DetrPanoptic, Rows_RiseWithTheQueries) {
  QueryOutputs output = withoutObjects(4, 2);
  output.logit(0, 0) = 2;
  output.logit(2, 0) = 9;
  output.logit(3, 0) = 5;
  const Decoded decoded(output, {8, 8});
  ASSERT_EQ(decoded.instances.count(), 3u);
  EXPECT_EQ(decoded.instances.rows[0], 1u);
  EXPECT_EQ(decoded.instances.rows[1], 2u);
  EXPECT_EQ(decoded.instances.rows[2], 0u);
}

TEST(DetrPanoptic, NoObjectFirst_IsDroppedDespiteOtherLikelyClasses) {
  QueryOutputs output(1, 3);
  output.logit(0, 0) = 8;
  output.logit(0, 2) = 8.2f;
  DecodeOptions options;
  options.scoreThreshold = 0.1f;
  EXPECT_EQ(Decoded(output, {8, 8}, options).instances.count(), 0u);
  output.logit(0, 2) = 7.8f;
  EXPECT_EQ(Decoded(output, {8, 8}, options).instances.count(), 1u);
}

TEST(DetrPanoptic, ClassFilterAndLimit_DoNotEndTheCompetition) {
  QueryOutputs output(3, 3);
  output.logit(0, 0) = output.logit(1, 1) = output.logit(2, 1) = 9;
  const std::vector<uint8_t> filter{0, 1};
  DecodeOptions options;
  options.classFilter = filter;
  options.maxInstances = 1;
  const Decoded decoded(output, {8, 8}, options);
  ASSERT_EQ(decoded.instances.count(), 3u);
  ASSERT_EQ(decoded.source.hidden.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(decoded.source.hidden[i] != 0, decoded.instances.classIds[i] == 0);
  }
}

TEST(DetrPanoptic, NaNsAndInvertedBoxes_AreDropped) {
  QueryOutputs output(5, 2);
  for (uint32_t query = 0; query < 5; ++query) output.logit(query, 0) = 9;
  output.boxes[0] = kNaN;
  output.boxes[4 + 2] = -0.5f;
  output.logit(2, 1) = kNaN;
  output.logit(3, 0) = kInf;
  const Decoded decoded(output, {8, 8});
  EXPECT_EQ(decoded.instances.count(), 1u);
}

TEST(DetrPanoptic, WrongTensorsAndOptions_FailWithTheValue) {
  const QueryOutputs output(4, 3);
  Instances instances;
  MaskSource source;
  const auto decode = [&](const TensorView& logits, const TensorView& masks,
                          const TensorView& boxes, const DecodeOptions& options = {},
                          SizePx enlargeTo = {}) {
    return decodeDetrPanoptic({logits, masks, boxes}, {8, 8}, enlargeTo, options, simdMaskKernels(),
                              instances, source);
  };
  const TensorView boxes = output.boxesView();
  test::expectWrongQueriesFail(output, [&](const TensorView& logits, const TensorView& masks) {
    return decode(logits, masks, boxes);
  });
  expectStatus(decode(output.logitsView(), output.masksView(), test::rankOf(boxes, 2)),
               StatusCode::badRank, 2);
  expectStatus(decode(output.logitsView(), output.masksView(), test::dimOf(boxes, 1, 3)),
               StatusCode::badShape, 4);
  expectStatus(decode(test::dimOf(output.logitsView(), 2, 1), output.masksView(), boxes),
               StatusCode::badShape, 1);
  DecodeOptions options;
  const std::vector<uint8_t> filter{1, 1, 1};
  options.classFilter = filter;
  expectStatus(decode(output.logitsView(), output.masksView(), boxes, options),
               StatusCode::badArgument, 3);
  expectStatus(decode(output.logitsView(), output.masksView(), boxes, {}, {-1, 4}),
               StatusCode::badSize, -1);
}

}  // namespace
}  // namespace masklet
