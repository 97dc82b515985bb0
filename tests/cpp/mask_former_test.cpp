#include "decode/mask_former.h"

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

  Decoded(const QueryOutputs& output, SizePx net, SizePx rateSize,
          const DecodeOptions& options = {}, const MaskKernels& kernels = simdMaskKernels()) {
    status = decodeMaskFormer({output.logitsView(), output.masksView()}, net, rateSize, options,
                              kernels, instances, source);
  }
};

double rateSlowly(const SlowPlane& plane) {
  double sum = 0;
  double inside = 0;
  for (const double logit : plane.values) {
    if (logit <= 0) continue;
    sum += 1 / (1 + std::exp(-logit));
    ++inside;
  }
  return sum / (inside + 1e-6);
}

std::vector<SlowRow> decodeSlowly(const QueryOutputs& output, SizePx net, SizePx rateSize,
                                  const DecodeOptions& options) {
  std::vector<SlowRow> rows;
  const Box whole{0, 0, static_cast<float>(net.width), static_cast<float>(net.height)};
  for (uint32_t query = 0; query < output.queryCount; ++query) {
    const std::vector<double> probabilities = output.slowSoftmax(query);
    for (uint32_t c = 0; c + 1 < output.columns; ++c) {
      rows.push_back({whole, static_cast<float>(probabilities[c]), c, query});
    }
  }
  test::sortSlowly(rows);
  rows.resize(std::min<size_t>(rows.size(), output.queryCount));
  for (SlowRow& row : rows) {
    const SlowPlane plane = output.slowPlane(row.row);
    const bool enlarged = rateSize.width != 0;
    row.score *= static_cast<float>(
        rateSlowly(enlarged ? plane.resized(rateSize.width, rateSize.height) : plane));
  }
  std::erase_if(rows, [&](const SlowRow& row) { return row.score <= options.scoreThreshold; });
  test::sortSlowly(rows);
  rows.resize(std::min<size_t>(rows.size(), options.maxInstances));
  return rows;
}

/// As expectRows, but for scores through another arithmetic.
void expectNearRows(const Instances& instances, const std::vector<SlowRow>& expected) {
  ASSERT_EQ(instances.count(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(instances.rows[i], expected[i].row);
    EXPECT_EQ(instances.classIds[i], expected[i].classId);
    EXPECT_NEAR(instances.scores[i], expected[i].score, 1e-5f);
    EXPECT_EQ(instances.boxesNet[i].x2, expected[i].boxNet.x2);
  }
}

TEST(MaskFormer, RandomOutputs_MatchPairByPairDecoding) {
  std::mt19937 random(6);
  const SizePx net{48, 36};
  for (const SizePx rateSize : {SizePx{}, SizePx{31, 17}, SizePx{4, 3}}) {
    for (const uint32_t queryCount : {0u, 1u, 7u, 120u}) {
      for (const uint32_t columns : {2u, 3u, 92u}) {
        QueryOutputs output(queryCount, columns);
        output.fill(random, -4, 8);
        DecodeOptions options;
        options.scoreThreshold = 0.02f;
        options.maxInstances = 50;
        const std::vector<SlowRow> expected = decodeSlowly(output, net, rateSize, options);
        for (const MaskKernels* kernels : {&simdMaskKernels(), &scalarMaskKernels()}) {
          const Decoded decoded(output, net, rateSize, options, *kernels);
          ASSERT_TRUE(decoded.status.ok());
          expectNearRows(decoded.instances, expected);
        }
      }
    }
  }
}

TEST(MaskFormer, Source_IsThePlanesOfTheQueriesWithTightBoxes) {
  QueryOutputs output(3, 3);
  output.logit(1, 0) = 9;
  const Decoded decoded(output, {8, 8}, {});
  ASSERT_EQ(decoded.instances.count(), 1u);
  EXPECT_EQ(decoded.instances.rows[0], 1u);
  EXPECT_EQ(decoded.source.form, MaskForm::planes);
  EXPECT_EQ(decoded.source.planes.data, output.masks.data());
  EXPECT_FALSE(decoded.source.probability);
  EXPECT_FALSE(decoded.source.cropToBox);
  EXPECT_TRUE(decoded.source.boxFromMask);
}

TEST(MaskFormer, MaskWithoutPositiveLogits_IsDropped) {
  QueryOutputs output(2, 2);
  output.logit(0, 0) = output.logit(1, 0) = 9;
  for (size_t i = 0; i < output.planeSize(); ++i) output.plane(0)[i] = i % 2 == 0 ? -1.0f : kNaN;
  const Decoded decoded(output, {8, 8}, {});
  ASSERT_EQ(decoded.instances.count(), 1u);
  EXPECT_EQ(decoded.instances.rows[0], 1u);
}

TEST(MaskFormer, NoObjectClass_IsNeverReturned) {
  QueryOutputs output(1, 3);
  output.logit(0, 2) = 9;
  DecodeOptions options;
  options.scoreThreshold = 0;
  const Decoded decoded(output, {8, 8}, {}, options);
  for (const uint32_t classId : decoded.instances.classIds) EXPECT_LT(classId, 2u);
}

TEST(MaskFormer, NonFiniteLogits_DropTheQuery) {
  QueryOutputs output(4, 3);
  for (uint32_t query = 0; query < 4; ++query) output.logit(query, 0) = 9;
  output.logit(0, 1) = kNaN;
  output.logit(1, 1) = kInf;
  output.logit(2, 1) = -kInf;  // impossible, and no harm
  for (uint32_t c = 0; c < 3; ++c) output.logit(3, c) = -kInf;
  const Decoded decoded(output, {8, 8}, {});
  ASSERT_EQ(decoded.instances.count(), 1u);
  EXPECT_EQ(decoded.instances.rows[0], 2u);
}

TEST(MaskFormer, ClassFilter_DropsClasses) {
  QueryOutputs output(2, 3);
  output.logit(0, 0) = output.logit(1, 1) = 9;
  const std::vector<uint8_t> filter{0, 1};
  DecodeOptions options;
  options.classFilter = filter;
  const Decoded decoded(output, {8, 8}, {}, options);
  ASSERT_EQ(decoded.instances.count(), 1u);
  EXPECT_EQ(decoded.instances.classIds[0], 1u);
}

TEST(MaskFormer, WrongTensorsAndOptions_FailWithTheValue) {
  const QueryOutputs output(4, 3);
  Instances instances;
  MaskSource source;
  const auto decode = [&](const TensorView& logits, const TensorView& masks,
                          const DecodeOptions& options = {}, SizePx rateSize = {}) {
    return decodeMaskFormer({logits, masks}, {8, 8}, rateSize, options, simdMaskKernels(),
                            instances, source);
  };
  test::expectWrongQueriesFail(output, decode);
  expectStatus(decode(test::dimOf(output.logitsView(), 2, 1), output.masksView()),
               StatusCode::badShape, 1);
  DecodeOptions options;
  options.maxInstances = 0;
  expectStatus(decode(output.logitsView(), output.masksView(), options), StatusCode::badArgument,
               0);
  options = {};
  const std::vector<uint8_t> filter{1, 1, 1};
  options.classFilter = filter;
  expectStatus(decode(output.logitsView(), output.masksView(), options), StatusCode::badArgument,
               3);
  expectStatus(decode(output.logitsView(), output.masksView(), {}, {5, 40000}), StatusCode::badSize,
               40000);
}

}  // namespace
}  // namespace masklet
