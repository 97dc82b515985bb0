#include "decode/rtmdet_ins.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "tests/cpp/decode_outputs.h"

namespace masklet {
namespace {

using test::expectFailure;
using test::kInfinity;
using test::kNotANumber;
using test::OwnedTensor;
using test::rowsOf;

constexpr SizePx kNet{24, 16};

/// Outputs of `count` objects, all good: scores fall, labels are 0, 1, 2, 0 ...
struct Outputs {
  OwnedTensor detections;
  OwnedTensor labels;
  OwnedTensor masks;

  explicit Outputs(uint32_t count)
      : detections{1, count, 5}, labels{1, count}, masks{1, count, 16, 24} {
    for (uint32_t row = 0; row < count; ++row) {
      const auto offset = static_cast<float>(row % 7);
      const float score = 0.95f - 0.6f * static_cast<float>(row) / static_cast<float>(count);
      detections.setRow(row, {offset, offset, offset + 8, offset + 5, score});
      labels[row] = static_cast<float>(row % 3);
    }
  }

  float& score(uint32_t row) { return detections[row * 5 + 4]; }
  Status decode(const DecodeOptions& options, Instances& instances, MaskSource& source,
                uint32_t classCount = 0) const {
    return decodeRtmdetIns(detections.view, labels.view, masks.view, classCount, kNet, options,
                           instances, source);
  }
  Status decode(Instances& instances) const {
    MaskSource source;
    return decode({}, instances, source);
  }
};

TEST(RtmdetIns, RandomOutputs_MatchSortingRowByRow) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> unit(0, 1);
  for (const uint32_t count : {0u, 1u, 3u, 64u, 130u}) {
    Outputs outputs(count);
    std::vector<uint32_t> expected;
    for (uint32_t row = 0; row < count; ++row) {
      outputs.score(row) = unit(random);
      outputs.labels[row] = std::floor(80 * unit(random));
      if (outputs.score(row) > 0.3f) expected.push_back(row);
    }
    std::stable_sort(expected.begin(), expected.end(),
                     [&](uint32_t a, uint32_t b) { return outputs.score(a) > outputs.score(b); });
    expected.resize(std::min<size_t>(expected.size(), 60));
    Instances instances;
    MaskSource source;
    ASSERT_TRUE(outputs.decode({0.3f, 0.5f, 60, {}}, instances, source).ok());
    ASSERT_EQ(rowsOf(instances), expected);
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(instances.classIds[i], static_cast<uint32_t>(outputs.labels[expected[i]]));
      EXPECT_EQ(instances.boxesNet[i].x2, outputs.detections[expected[i] * 5 + 2]);
    }
  }
}

TEST(RtmdetIns, Masks_ArePlanesThatMayExceedTheirBox) {
  const Outputs outputs(4);
  Instances instances;
  MaskSource source;
  ASSERT_TRUE(outputs.decode({}, instances, source).ok());
  EXPECT_EQ(source.form, MaskForm::planes);
  EXPECT_EQ(source.planes.data, outputs.masks.view.data);
  EXPECT_EQ(source.threshold, 0.5f);
  EXPECT_TRUE(source.probability);
  EXPECT_FALSE(source.cropToBox);
}

TEST(RtmdetIns, InvalidRows_AreDropped) {
  Outputs outputs(8);
  outputs.score(0) = kNotANumber;
  outputs.score(1) = kInfinity;
  outputs.detections[2 * 5] = kNotANumber;
  outputs.detections[3 * 5 + 3] = -kInfinity;
  outputs.detections.setRow(4, {10, 10, 5, 20, 0.9f});
  outputs.labels[5] = -1;  // mmdeploy's padding rows
  outputs.score(6) = 0;
  Instances instances;
  ASSERT_TRUE(outputs.decode(instances).ok());
  EXPECT_EQ(rowsOf(instances), (std::vector<uint32_t>{7}));
}

TEST(RtmdetIns, ClassFilter_KeepsItsClasses) {
  const Outputs outputs(6);
  const std::vector<uint8_t> filter{1, 0, 1};
  Instances instances;
  MaskSource source;
  ASSERT_TRUE(outputs.decode({0.25f, 0.5f, 100, filter}, instances, source, 3).ok());
  EXPECT_EQ(rowsOf(instances), (std::vector<uint32_t>{0, 2, 3, 5}));
  expectFailure(outputs.decode({0.25f, 0.5f, 100, filter}, instances, source, 80),
                StatusCode::badArgument, 3);
}

TEST(RtmdetIns, WrongShapes_FailWithTheDimension) {
  const auto decodeWith = [](auto change) {
    Outputs outputs(3);
    change(outputs);
    Instances instances;
    return outputs.decode(instances);
  };
  using Changed = Outputs&;
  expectFailure(decodeWith([](Changed o) { o.detections = {3, 5}; }), StatusCode::badRank, 2);
  expectFailure(decodeWith([](Changed o) { o.labels = {3}; }), StatusCode::badRank, 1);
  expectFailure(decodeWith([](Changed o) { o.masks = {3, 16, 24}; }), StatusCode::badRank, 3);
  expectFailure(decodeWith([](Changed o) { o.detections = {1, 3, 6}; }), StatusCode::badShape, 6);
  expectFailure(decodeWith([](Changed o) { o.detections = {2, 3, 5}; }), StatusCode::badShape, 2);
  expectFailure(decodeWith([](Changed o) { o.labels = {1, 4}; }), StatusCode::badShape, 4);
  expectFailure(decodeWith([](Changed o) { o.masks = {1, 2, 16, 24}; }), StatusCode::badShape, 2);
  expectFailure(decodeWith([](Changed o) { o.masks = {1, 3, 28, 28}; }), StatusCode::badShape, 28);
}

}  // namespace
}  // namespace masklet
