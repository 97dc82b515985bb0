#include "decode/yolact.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "decode/yolact_priors.h"
#include "tests/cpp/decode_outputs.h"

namespace masklet {
namespace {

using test::expectBox;
using test::expectFailure;
using test::kInfinity;
using test::kNotANumber;
using test::OwnedTensor;
using test::rowsOf;

constexpr SizePx kNet{64, 64};

/// Outputs with nothing in them but background; priors are a grid of equal squares.
struct Outputs {
  OwnedTensor boxes;
  OwnedTensor scores;
  OwnedTensor coefficients;
  OwnedTensor prototypes;
  OwnedTensor priors;

  Outputs(uint32_t rows, uint32_t classes, uint32_t planes = 3)
      : boxes{rows, 4},
        scores{rows, classes + 1},
        coefficients{rows, planes},
        prototypes{5, 6, planes},
        priors{rows, 4} {
    for (uint32_t row = 0; row < rows; ++row) {
      const float along = static_cast<float>(row % 10) * 0.1f;
      priors.setRow(row, {0.05f + along, 0.5f, 0.2f, 0.3f});
      scores[row * (classes + 1)] = 1;
    }
  }

  uint32_t columns() const { return scores.view.dims[1]; }
  float& score(uint32_t row, uint32_t classId) { return scores[row * columns() + classId + 1]; }
  YolactOutputs views() const {
    return {boxes.view, scores.view, coefficients.view, prototypes.view, priors.view};
  }
  Status decode(const DecodeOptions& options, Instances& instances, MaskSource& source) const {
    return decodeYolact(views(), kNet, options, instances, source);
  }
  Status decode(Instances& instances) const {
    MaskSource source;
    return decode({}, instances, source);
  }
};

struct Found {
  Box box;
  float score;
  uint32_t classId;
  uint32_t row;
};

Box decodedBox(const Outputs& outputs, uint32_t row) {
  const float* loc = outputs.boxes.values.data() + row * 4;
  const float* prior = outputs.priors.values.data() + row * 4;
  const double x = prior[0] + loc[0] * 0.1 * prior[2], y = prior[1] + loc[1] * 0.1 * prior[3];
  const double w = prior[2] * std::exp(loc[2] * 0.2), h = prior[3] * std::exp(loc[3] * 0.2);
  return {
      static_cast<float>((x - w / 2) * kNet.width), static_cast<float>((y - h / 2) * kNet.height),
      static_cast<float>((x + w / 2) * kNet.width), static_cast<float>((y + h / 2) * kNet.height)};
}

/// Class by class: the best 200 by score, each kept unless any better one of them overlaps it.
std::vector<Found> plainDecode(Outputs outputs, const DecodeOptions& options) {
  std::vector<Found> kept;
  const uint32_t rows = outputs.boxes.view.dims[0];
  for (uint32_t classId = 0; classId + 1 < outputs.columns(); ++classId) {
    std::vector<Found> all;
    for (uint32_t row = 0; row < rows; ++row) {
      const float score = outputs.score(row, classId);
      if (score > options.scoreThreshold)
        all.push_back({decodedBox(outputs, row), score, classId, row});
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Found& a, const Found& b) { return a.score > b.score; });
    all.resize(std::min<size_t>(all.size(), 200));
    for (size_t i = 0; i < all.size(); ++i) {
      const bool covered = std::any_of(
          all.begin(), all.begin() + static_cast<std::ptrdiff_t>(i),
          [&](const Found& better) { return iou(better.box, all[i].box) > options.iouThreshold; });
      if (!covered) kept.push_back(all[i]);
    }
  }
  std::stable_sort(kept.begin(), kept.end(),
                   [](const Found& a, const Found& b) { return a.score > b.score; });
  kept.resize(std::min<size_t>(kept.size(), options.maxInstances));
  return kept;
}

TEST(Yolact, RandomOutputs_MatchPlainDecoding) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> unit(0, 1);
  std::normal_distribution<float> normal;
  for (const uint32_t rows : {0u, 1u, 5u, 90u, 700u}) {
    for (const uint32_t classes : {1u, 3u, 91u}) {
      Outputs outputs(rows, classes);
      for (float& value : outputs.boxes.values) value = normal(random);
      for (float& value : outputs.scores.values) value = unit(random);
      for (float& value : outputs.coefficients.values) value = normal(random);
      for (uint32_t row = 0; row < rows; ++row) {
        outputs.priors.setRow(row, {unit(random), unit(random), 0.05f + 0.2f * unit(random), 0.1f});
      }
      DecodeOptions options;
      options.scoreThreshold = classes == 91 ? 0.97f : 0.3f;
      options.iouThreshold = 0.5f;
      options.maxInstances = 150;
      const std::vector<Found> expected = plainDecode(outputs, options);
      Instances instances;
      MaskSource source;
      ASSERT_TRUE(outputs.decode(options, instances, source).ok());
      ASSERT_EQ(instances.count(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(instances.rows[i], expected[i].row);
        EXPECT_EQ(instances.classIds[i], expected[i].classId);
        EXPECT_EQ(instances.scores[i], expected[i].score);
        expectBox(instances.boxesNet[i], expected[i].box, 1e-4f);
        for (uint32_t k = 0; k < 3; ++k) {
          EXPECT_EQ(instances.coefficients[i * 3 + k],
                    outputs.coefficients[expected[i].row * 3 + k]);
        }
      }
    }
  }
}

TEST(Yolact, BackgroundAndScoreEqualToThreshold_AreDropped) {
  Outputs outputs(3, 2);
  outputs.score(0, 1) = 0.25f;
  outputs.score(2, 1) = std::nextafter(0.25f, 1.0f);
  Instances instances;
  ASSERT_TRUE(outputs.decode(instances).ok());
  ASSERT_EQ(rowsOf(instances), (std::vector<uint32_t>{2}));
  EXPECT_EQ(instances.classIds[0], 1u);
}

TEST(Yolact, SuppressedBox_StillSuppresses) {
  // 0 covers 1, 1 covers 2, 0 does not cover 2: Fast NMS drops both, plain NMS would keep 2.
  Outputs outputs(3, 1);
  for (uint32_t row = 0; row < 3; ++row) {
    outputs.priors.setRow(row, {0.3f + 0.05f * static_cast<float>(row), 0.5f, 0.2f, 0.2f});
    outputs.score(row, 0) = 0.9f - 0.1f * static_cast<float>(row);
  }
  Instances instances;
  MaskSource source;
  ASSERT_TRUE(outputs.decode({0.25f, 0.5f, 100, {}}, instances, source).ok());
  EXPECT_EQ(rowsOf(instances), (std::vector<uint32_t>{0}));
}

TEST(Yolact, OneRowOfTwoClasses_MakesTwoInstances) {
  Outputs outputs(1, 3);
  outputs.score(0, 0) = 0.4f;
  outputs.score(0, 2) = 0.5f;
  Instances instances;
  ASSERT_TRUE(outputs.decode(instances).ok());
  ASSERT_EQ(instances.count(), 2u);
  EXPECT_EQ(instances.classIds[0], 2u);
  EXPECT_EQ(instances.classIds[1], 0u);
  const std::vector<uint8_t> filter{1, 0, 0};
  MaskSource source;
  ASSERT_TRUE(outputs.decode({0.25f, 0.5f, 100, filter}, instances, source).ok());
  ASSERT_EQ(instances.count(), 1u);
  EXPECT_EQ(instances.classIds[0], 0u);
}

TEST(Yolact, CornersWithoutPriors_AreTakenAsTheyAre) {
  Outputs outputs(4, 1);
  outputs.priors = {};
  for (uint32_t row = 0; row < 4; ++row) outputs.boxes.setRow(row, {-0.1f, 0.2f, 0.5f, 0.75f});
  outputs.score(2, 0) = 0.9f;
  Instances instances;
  ASSERT_TRUE(outputs.decode(instances).ok());
  ASSERT_EQ(instances.count(), 1u);
  expectBox(instances.boxesNet[0], {-6.4f, 12.8f, 32, 48}, 1e-4f);
}

TEST(Yolact, OffsetsWithoutPriors_GetThoseOfTheReleasedModel) {
  // 64: 8, 4, 2, 1, 1 cells a side.
  const uint32_t rows = 3 * (64 + 16 + 4 + 1 + 1);
  Outputs outputs(rows, 1);
  Buffer<float> priors;
  ASSERT_TRUE(makeYolactPriors(kNet, rows, priors).ok());
  std::mt19937 random(9);
  std::normal_distribution<float> normal;
  for (float& value : outputs.boxes.values) value = normal(random);
  std::copy(priors.begin(), priors.end(), outputs.priors.values.begin());
  for (const uint32_t row : {0u, 50u, 200u, 257u})
    outputs.score(row, 0) = 0.5f + 0.001f * static_cast<float>(row);
  Instances expected;
  ASSERT_TRUE(outputs.decode(expected).ok());
  outputs.priors = {};
  Instances instances;
  ASSERT_TRUE(outputs.decode(instances).ok());
  ASSERT_EQ(rowsOf(instances), rowsOf(expected));
  ASSERT_GT(instances.count(), 1u);
  for (size_t i = 0; i < instances.count(); ++i) {
    EXPECT_EQ(0, std::memcmp(&instances.boxesNet[i], &expected.boxesNet[i], sizeof(Box)));
  }
}

TEST(Yolact, OffsetsWithoutPriorsInUnknownNumber_Fail) {
  Outputs outputs(259, 1);
  outputs.priors = {};
  outputs.boxes.setRow(7, {1, 1, -1, 1});
  Instances instances;
  expectFailure(outputs.decode(instances), StatusCode::badShape, 259);
}

TEST(Yolact, SwappedTensorsOfOneShape_AreRecognized) {
  Outputs outputs(40, 2, 3);
  std::mt19937 random(11);
  std::normal_distribution<float> normal;
  for (float& value : outputs.boxes.values) value = normal(random);
  for (float& value : outputs.coefficients.values) value = std::tanh(normal(random));
  outputs.score(3, 1) = 0.8f;
  Instances expected;
  ASSERT_TRUE(outputs.decode(expected).ok());
  std::swap(outputs.boxes, outputs.priors);
  std::swap(outputs.scores, outputs.coefficients);
  Instances instances;
  ASSERT_TRUE(outputs.decode(instances).ok());
  ASSERT_EQ(instances.count(), 1u);
  expectBox(instances.boxesNet[0], expected.boxesNet[0], 0);
  EXPECT_EQ(instances.coefficients[1], expected.coefficients[1]);
}

TEST(Yolact, EveryLayoutOfPrototypes_GivesTheSamePlanes) {
  Outputs outputs(1, 1, 3);
  for (size_t i = 0; i < outputs.prototypes.values.size(); ++i)
    outputs.prototypes[i] = static_cast<float>(i);
  OwnedTensor planesFirst{3, 5, 6};
  for (size_t pixel = 0; pixel < 30; ++pixel) {
    for (size_t plane = 0; plane < 3; ++plane)
      planesFirst[plane * 30 + pixel] = outputs.prototypes[pixel * 3 + plane];
  }
  const auto expectPlanes = [&](const OwnedTensor& prototypes,
                                std::initializer_list<uint32_t> dims) {
    Outputs changed = outputs;
    changed.prototypes = prototypes;
    changed.prototypes.view.rank = static_cast<uint32_t>(dims.size());
    std::copy(dims.begin(), dims.end(), changed.prototypes.view.dims.begin());
    Instances instances;
    MaskSource source;
    ASSERT_TRUE(changed.decode({}, instances, source).ok());
    EXPECT_EQ(source.form, MaskForm::croppedPrototypes);
    ASSERT_EQ(source.planes.rank, 4u);
    ASSERT_EQ(source.planes.dims, (std::array<uint32_t, 4>{1, 3, 5, 6}));
    EXPECT_TRUE(
        std::equal(planesFirst.values.begin(), planesFirst.values.end(), source.planes.data));
  };
  expectPlanes(outputs.prototypes, {5, 6, 3});
  expectPlanes(outputs.prototypes, {1, 5, 6, 3});
  expectPlanes(planesFirst, {3, 5, 6});
  expectPlanes(planesFirst, {1, 3, 5, 6});
}

TEST(Yolact, InvalidBoxes_AreDropped) {
  Outputs outputs(5, 1);
  for (uint32_t row = 0; row < 5; ++row) outputs.score(row, 0) = 0.5f;
  outputs.boxes[0] = kNotANumber;
  outputs.boxes[1 * 4 + 2] = 1000;  // exp overflows
  outputs.boxes[2 * 4 + 1] = -kInfinity;
  outputs.score(3, 0) = kNotANumber;
  Instances instances;
  ASSERT_TRUE(outputs.decode(instances).ok());
  EXPECT_EQ(rowsOf(instances), (std::vector<uint32_t>{4}));
}

TEST(Yolact, WrongShapes_FailWithTheDimension) {
  const auto decodeWith = [](auto change) {
    Outputs outputs(4, 2);
    change(outputs);
    Instances instances;
    return outputs.decode(instances);
  };
  using Changed = Outputs&;
  expectFailure(decodeWith([](Changed o) { o.boxes = {1, 1, 4, 4}; }), StatusCode::badRank, 4);
  expectFailure(decodeWith([](Changed o) { o.boxes = {2, 4, 4}; }), StatusCode::badShape, 2);
  expectFailure(decodeWith([](Changed o) { o.boxes = {4, 5}; }), StatusCode::badShape, 5);
  expectFailure(decodeWith([](Changed o) { o.scores = {5, 3}; }), StatusCode::badShape, 5);
  expectFailure(decodeWith([](Changed o) { o.scores = {4, 1}; }), StatusCode::badShape, 1);
  expectFailure(decodeWith([](Changed o) { o.coefficients = {3, 3}; }), StatusCode::badShape, 3);
  expectFailure(decodeWith([](Changed o) { o.coefficients = {4, 0}; }), StatusCode::badShape, 0);
  expectFailure(decodeWith([](Changed o) { o.prototypes = {5, 6}; }), StatusCode::badRank, 2);
  expectFailure(decodeWith([](Changed o) { o.prototypes = {5, 6, 7}; }), StatusCode::badShape, 7);
  expectFailure(decodeWith([](Changed o) { o.priors = {5, 4}; }), StatusCode::badShape, 5);
  expectFailure(decodeWith([](Changed o) { o.priors = {4, 3}; }), StatusCode::badShape, 3);
}

TEST(Yolact, ClassFilterOfOtherLength_Fails) {
  const std::vector<uint8_t> filter(5, 1);
  Instances instances;
  MaskSource source;
  expectFailure(Outputs(2, 4).decode({0.25f, 0.5f, 10, filter}, instances, source),
                StatusCode::badArgument, 5);
}

}  // namespace
}  // namespace masklet
