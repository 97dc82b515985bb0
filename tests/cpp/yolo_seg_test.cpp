#include "decode/yolo_seg.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "decode/nms.h"
#include "simd/mask_kernels.h"
#include "tests/cpp/yolo_golden.h"

namespace masklet {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// An output tensor and its prototypes, to be filled by hand.
struct Output {
  uint32_t classCount;
  uint32_t protoCount;
  uint32_t rowCount;
  bool endToEnd;
  std::vector<float> detections;
  std::vector<float> prototypes;

  Output(uint32_t classes, uint32_t protos, uint32_t rows, bool endToEndLayout = false)
      : classCount(classes),
        protoCount(protos),
        rowCount(rows),
        endToEnd(endToEndLayout),
        detections(size_t{channels()} * rows, 0.0f),
        prototypes(size_t{protos} * 2 * 2, 0.0f) {}

  uint32_t channels() const { return endToEnd ? 6 + protoCount : 4 + classCount + protoCount; }
  float& at(uint32_t channel, uint32_t row) {
    return endToEnd ? detections[size_t{row} * channels() + channel]
                    : detections[size_t{channel} * rowCount + row];
  }
  void setBox(uint32_t row, std::array<float, 4> values) {
    for (uint32_t i = 0; i < 4; ++i) at(i, row) = values[i];
  }
  void setScore(uint32_t row, uint32_t classId, float score) { at(4 + classId, row) = score; }
  /// End to end: score and class.
  void setResult(uint32_t row, float score, float classValue) {
    at(4, row) = score;
    at(5, row) = classValue;
  }

  TensorView detectionsView() const {
    return {detections.data(),
            {1, endToEnd ? rowCount : channels(), endToEnd ? channels() : rowCount},
            3};
  }
  TensorView prototypesView() const { return {prototypes.data(), {1, protoCount, 2, 2}, 4}; }

  Status decode(const DecodeOptions& options, Instances& instances,
                const MaskKernels& kernels = simdMaskKernels()) const {
    if (endToEnd)
      return decodeYoloSegEndToEnd(detectionsView(), prototypesView(), classCount, options,
                                   instances);
    return decodeYoloSeg(detectionsView(), prototypesView(), options, kernels, instances);
  }
};

void expectSame(const Instances& a, const Instances& b) {
  ASSERT_EQ(a.count(), b.count());
  ASSERT_EQ(a.coefficientCount, b.coefficientCount);
  for (size_t i = 0; i < a.count(); ++i) {
    EXPECT_EQ(a.scores[i], b.scores[i]);
    EXPECT_EQ(a.classIds[i], b.classIds[i]);
    EXPECT_EQ(0, std::memcmp(&a.boxesNet[i], &b.boxesNet[i], sizeof(Box)));
  }
  ASSERT_EQ(a.coefficients.size(), b.coefficients.size());
  for (size_t i = 0; i < a.coefficients.size(); ++i)
    EXPECT_EQ(a.coefficients[i], b.coefficients[i]);
}

/// Row after row, with the second kernel set giving the same.
void expectPlainDecode(const Output& output, const DecodeOptions& options) {
  std::vector<Box> boxes;
  std::vector<float> scores;
  std::vector<uint32_t> classIds;
  std::vector<uint32_t> rows;
  Output copy = output;
  for (uint32_t row = 0; row < output.rowCount; ++row) {
    uint32_t best = 0;
    for (uint32_t c = 1; c < output.classCount; ++c) {
      if (copy.at(4 + c, row) > copy.at(4 + best, row)) best = c;
    }
    if (!(copy.at(4 + best, row) > options.scoreThreshold)) continue;
    const float cx = copy.at(0, row), cy = copy.at(1, row), w = copy.at(2, row),
                h = copy.at(3, row);
    boxes.push_back({cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2});
    scores.push_back(copy.at(4 + best, row));
    classIds.push_back(best);
    rows.push_back(row);
  }
  Buffer<uint32_t> kept;
  ASSERT_TRUE(nms(boxes, scores, classIds, options.iouThreshold, options.maxInstances, kept).ok());

  Instances instances;
  ASSERT_TRUE(output.decode(options, instances).ok());
  ASSERT_EQ(instances.count(), kept.size());
  for (size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(instances.scores[i], scores[kept[i]]);
    EXPECT_EQ(instances.classIds[i], classIds[kept[i]]);
    EXPECT_EQ(instances.boxesNet[i].x1, boxes[kept[i]].x1);
    EXPECT_EQ(instances.boxesNet[i].y2, boxes[kept[i]].y2);
    for (uint32_t k = 0; k < output.protoCount; ++k) {
      EXPECT_EQ(instances.coefficients[i * output.protoCount + k],
                copy.at(4 + output.classCount + k, rows[kept[i]]));
    }
  }
  Instances scalar;
  ASSERT_TRUE(output.decode(options, scalar, scalarMaskKernels()).ok());
  expectSame(instances, scalar);
}

TEST(YoloSeg, RandomOutputs_MatchRowByRowDecoding) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> unit(0, 1);
  for (const uint32_t rowCount : {0u, 1u, 3u, 4u, 5u, 63u, 1023u, 1024u, 1025u, 2100u}) {
    for (const uint32_t classCount : {1u, 2u, 5u, 80u}) {
      Output output(classCount, 3, rowCount);
      for (float& value : output.detections) value = unit(random);
      for (uint32_t row = 0; row < rowCount; ++row) {
        output.setBox(
            row, {unit(random) * 600, unit(random) * 600, unit(random) * 80, unit(random) * 80});
      }
      DecodeOptions options;
      options.scoreThreshold = classCount == 80 ? 0.99f : 0.6f;
      options.iouThreshold = 0.4f;
      options.maxInstances = 50;
      expectPlainDecode(output, options);
    }
  }
}

TEST(YoloSeg, EqualClassScores_LowestClassWins) {
  Output output(5, 1, 3);
  for (uint32_t row = 0; row < 3; ++row) output.setBox(row, {50, 50, 10, 10});
  for (const uint32_t classId : {1u, 3u, 4u}) output.setScore(1, classId, 0.5f);
  Instances instances;
  ASSERT_TRUE(output.decode({}, instances).ok());
  ASSERT_EQ(instances.count(), 1u);
  EXPECT_EQ(instances.classIds[0], 1u);
}

TEST(YoloSeg, ScoreEqualToThreshold_IsDropped) {
  Output output(1, 1, 2);
  output.setScore(0, 0, 0.25f);
  output.setScore(1, 0, std::nextafter(0.25f, 1.0f));
  Instances instances;
  ASSERT_TRUE(output.decode({}, instances).ok());
  ASSERT_EQ(instances.count(), 1u);
  EXPECT_GT(instances.scores[0], 0.25f);
}

TEST(YoloSeg, ClassFilter_IsAppliedAfterTheBestClass) {
  Output output(3, 1, 2);
  output.setBox(0, {10, 10, 5, 5});
  output.setBox(1, {40, 40, 5, 5});
  output.setScore(0, 1,
                  0.9f);  // its second class would pass the filter: it must not come back as that
  output.setScore(0, 2, 0.8f);
  output.setScore(1, 2, 0.7f);
  const std::vector<uint8_t> filter{1, 0, 1};
  DecodeOptions options;
  options.classFilter = filter;
  Instances instances;
  ASSERT_TRUE(output.decode(options, instances).ok());
  ASSERT_EQ(instances.count(), 1u);
  EXPECT_EQ(instances.classIds[0], 2u);
  EXPECT_EQ(instances.scores[0], 0.7f);
}

TEST(YoloSeg, NaNClassScore_NeverWins) {
  for (const uint32_t nanClass : {0u, 1u, 2u}) {
    Output output(3, 1, 6);
    for (uint32_t row = 0; row < 6; ++row) {
      output.setBox(row, {20.0f * static_cast<float>(row), 50, 10, 10});
      for (uint32_t c = 0; c < 3; ++c) output.setScore(row, c, c == nanClass ? kNaN : 0.5f);
    }
    Instances instances;
    ASSERT_TRUE(output.decode({}, instances).ok());
    ASSERT_EQ(instances.count(), 6u);
    for (size_t i = 0; i < 6; ++i) EXPECT_EQ(instances.classIds[i], nanClass == 0 ? 1u : 0u);
  }
}

TEST(YoloSeg, NonFiniteRows_AreDropped) {
  Output output(2, 1, 9);
  for (uint32_t row = 0; row < 9; ++row) {
    output.setBox(row, {100.0f * static_cast<float>(row), 50, 10, 10});
    output.setScore(row, 1, 0.5f);
  }
  output.at(0, 0) = kNaN;
  output.at(1, 1) = kInf;
  output.at(2, 2) = kInf;
  output.at(3, 3) = -kInf;
  output.setScore(4, 1, kInf);
  output.setScore(5, 0, kNaN);
  output.setScore(5, 1, kNaN);
  output.at(2, 6) = -1;  // negative width
  output.at(0, 7) = 3.2e38f;
  output.at(2, 7) = 3.2e38f;  // the right edge overflows
  Instances instances;
  ASSERT_TRUE(output.decode({}, instances).ok());
  ASSERT_EQ(instances.count(), 1u);
  EXPECT_EQ(instances.boxesNet[0].x1, 795);
}

TEST(YoloSeg, ZeroSizeBox_IsKept) {
  Output output(1, 1, 1);
  output.setScore(0, 0, 0.9f);
  Instances instances;
  ASSERT_TRUE(output.decode({}, instances).ok());
  EXPECT_EQ(instances.count(), 1u);
}

TEST(YoloSeg, MoreRowsThanMaxInstances_BestAreKept) {
  Output output(1, 1, 40);
  for (uint32_t row = 0; row < 40; ++row) {
    output.setBox(row, {20.0f * static_cast<float>(row), 5, 10, 10});
    output.setScore(row, 0, 0.3f + 0.01f * static_cast<float>(row));
  }
  DecodeOptions options;
  options.maxInstances = 3;
  Instances instances;
  ASSERT_TRUE(output.decode(options, instances).ok());
  ASSERT_EQ(instances.count(), 3u);
  EXPECT_EQ(instances.boxesNet[0].x1, 20.0f * 39 - 5);
  EXPECT_EQ(instances.boxesNet[2].x1, 20.0f * 37 - 5);
}

TEST(YoloSeg, EndToEnd_SortsAndDropsBadRows) {
  Output output(4, 2, 9, true);
  for (uint32_t row = 0; row < 8; ++row) output.setBox(row, {1, 2, 3, 4});
  output.setResult(0, 0.5f, 3);
  output.setResult(1, 0.9f, 2);
  output.setResult(2, 0.5f, 1);
  output.setResult(3, 0.9f, 4);  // no such class
  output.setResult(4, 0.9f, -1);
  output.setResult(5, 0.9f, kNaN);
  output.setResult(6, kInf, 0);
  output.setResult(7, 0.9f, 0);
  output.setBox(7, {5, 2, 3, 4});  // inverted; row 8 is padding
  output.at(6, 2) = 7.5f;
  Instances instances;
  ASSERT_TRUE(output.decode({}, instances).ok());
  ASSERT_EQ(instances.count(), 3u);
  EXPECT_EQ(instances.classIds[0], 2u);
  EXPECT_EQ(instances.classIds[1], 3u);  // a tie keeps the order of the output
  EXPECT_EQ(instances.classIds[2], 1u);
  EXPECT_EQ(instances.coefficients[4], 7.5f);
  EXPECT_EQ(instances.boxesNet[0].y2, 4);
}

TEST(YoloSeg, EndToEndWithoutClassCount_TakesAnyWholeClass) {
  Output output(0, 1, 3, true);
  output.setResult(0, 0.9f, 16777215.0f);
  output.setResult(1, 0.8f, 16777216.0f);
  output.setResult(2, 0.7f, kInf);
  Instances instances;
  ASSERT_TRUE(output.decode({}, instances).ok());
  ASSERT_EQ(instances.count(), 1u);
  EXPECT_EQ(instances.classIds[0], 16777215u);
}

TEST(YoloSeg, OutputWithoutRows_GivesNoInstances) {
  for (const bool endToEnd : {false, true}) {
    const Output output(2, 3, 0, endToEnd);
    ASSERT_EQ(output.detectionsView().data, nullptr);
    Instances instances;
    ASSERT_TRUE(output.decode({}, instances).ok());
    EXPECT_EQ(instances.count(), 0u);
    EXPECT_EQ(instances.coefficientCount, 3u);
  }
}

TEST(YoloSeg, EndToEndClassFilter_DropsClasses) {
  Output output(3, 1, 3, true);
  for (uint32_t row = 0; row < 3; ++row) output.setResult(row, 0.9f, static_cast<float>(row));
  const std::vector<uint8_t> filter{0, 1, 0};
  DecodeOptions options;
  options.classFilter = filter;
  Instances instances;
  ASSERT_TRUE(output.decode(options, instances).ok());
  ASSERT_EQ(instances.count(), 1u);
  EXPECT_EQ(instances.classIds[0], 1u);
}

/// A call that must fail, then a good one into the same object that must work.
void expectFailure(const TensorView& detections, const TensorView& prototypes,
                   const DecodeOptions& options, bool endToEnd, StatusCode code, double value) {
  Output good(2, 2, 1, endToEnd);
  if (endToEnd) {
    good.setResult(0, 0.9f, 1);
  } else {
    good.setScore(0, 1, 0.9f);
  }
  Instances instances;
  ASSERT_TRUE(good.decode({}, instances).ok());
  const Status status =
      endToEnd ? decodeYoloSegEndToEnd(detections, prototypes, 2, options, instances)
               : decodeYoloSeg(detections, prototypes, options, simdMaskKernels(), instances);
  EXPECT_EQ(status.code, code);
  EXPECT_EQ(status.value, value);
  EXPECT_EQ(instances.count(), 0u);
  ASSERT_TRUE(good.decode({}, instances).ok());
  EXPECT_EQ(instances.count(), 1u);
}

TEST(YoloSeg, WrongShapes_FailWithTheDimension) {
  for (const bool endToEnd : {false, true}) {
    const Output output(2, 2, 10, endToEnd);
    const TensorView detections = output.detectionsView();
    const TensorView prototypes = output.prototypesView();
    const auto withRank = [](TensorView view, uint32_t rank) {
      view.rank = rank;
      return view;
    };
    const auto withDim = [](TensorView view, size_t axis, uint32_t dim) {
      view.dims[axis] = dim;
      return view;
    };
    const auto fails = [&](const TensorView& d, const TensorView& p, StatusCode code,
                           double value) {
      SCOPED_TRACE(endToEnd ? "end to end" : "channel-major");
      expectFailure(d, p, {}, endToEnd, code, value);
    };
    fails(withRank(detections, 2), prototypes, StatusCode::badRank, 2);
    fails(withRank(detections, 4), prototypes, StatusCode::badRank, 4);
    fails(withRank(detections, 0), prototypes, StatusCode::badRank, 0);
    fails(detections, withRank(prototypes, 3), StatusCode::badRank, 3);
    fails(withDim(detections, 0, 2), prototypes, StatusCode::badShape, 2);
    fails(detections, withDim(prototypes, 0, 0), StatusCode::badShape, 0);
    fails(detections, withDim(prototypes, 1, 0), StatusCode::badShape, 0);
    const uint32_t channels = output.channels();
    fails(detections, withDim(prototypes, 1, channels), StatusCode::badShape, channels);
    const size_t channelAxis = endToEnd ? 2 : 1;
    fails(withDim(detections, channelAxis, 6), prototypes, StatusCode::badShape,
          6);  // no class left
    fails(withDim(detections, channelAxis, 3), prototypes, StatusCode::badShape, 3);
    fails(withDim(detections, channelAxis, 0), prototypes, StatusCode::badShape, 0);
  }
  const Output output(2, 2, 10, true);
  TensorView wide = output.detectionsView();
  wide.dims[2] = 9;  // one more than 6 + P
  expectFailure(wide, output.prototypesView(), {}, true, StatusCode::badShape, 9);
}

TEST(YoloSeg, WrongOptions_FailWithTheValue) {
  for (const bool endToEnd : {false, true}) {
    const Output output(2, 2, 10, endToEnd);
    const auto fails = [&](const DecodeOptions& options, double value) {
      expectFailure(output.detectionsView(), output.prototypesView(), options, endToEnd,
                    StatusCode::badArgument, value);
    };
    for (const float bad : {-0.01f, 1.01f, kInf, -kInf}) {
      DecodeOptions options;
      options.scoreThreshold = bad;
      fails(options, bad);
      options = {};
      options.iouThreshold = bad;
      fails(options, bad);
    }
    DecodeOptions options;
    options.maxInstances = 0;
    fails(options, 0);
    options = {};
    const std::vector<uint8_t> filter{1, 1, 1};
    options.classFilter = filter;
    fails(options, 3);
    options = {};
    options.scoreThreshold = kNaN;
    Instances instances;
    const Status status = output.decode(options, instances);
    EXPECT_EQ(status.code, StatusCode::badArgument);
    EXPECT_TRUE(std::isnan(status.value));
  }
}

TEST(YoloSeg, Goldens_AreReproduced) {
  for (const std::string& name : test::yoloGoldenNames()) {
    SCOPED_TRACE(name);
    test::YoloGolden golden;
    ASSERT_NO_FATAL_FAILURE(test::readYoloGolden(name, golden));
    for (const MaskKernels* kernels : {&scalarMaskKernels(), &simdMaskKernels()}) {
      Instances instances;
      ASSERT_TRUE(golden.decode(*kernels, instances).ok());
      ASSERT_EQ(instances.count(), golden.instances.size());
      for (size_t i = 0; i < instances.count(); ++i) {
        const test::GoldenInstance& expected = golden.instances[i];
        EXPECT_EQ(instances.scores[i], expected.score);
        EXPECT_EQ(instances.classIds[i], expected.classId);
        EXPECT_NEAR(instances.boxesNet[i].x1, expected.boxNet.x1, 1e-4);
        EXPECT_NEAR(instances.boxesNet[i].y1, expected.boxNet.y1, 1e-4);
        EXPECT_NEAR(instances.boxesNet[i].x2, expected.boxNet.x2, 1e-4);
        EXPECT_NEAR(instances.boxesNet[i].y2, expected.boxNet.y2, 1e-4);
      }
    }
  }
}

}  // namespace
}  // namespace masklet
