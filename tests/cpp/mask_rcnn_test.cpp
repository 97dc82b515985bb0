#include "decode/mask_rcnn.h"

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

constexpr SizePx kNet{40, 30};
constexpr MaskRcnnExport kExports[] = {MaskRcnnExport::onnxModels, MaskRcnnExport::torchvision,
                                       MaskRcnnExport::detectron2};

/// Outputs of `count` objects, all good: scores fall, labels are 1, 2, 3, 1 ...
struct Outputs {
  MaskRcnnExport kind;
  OwnedTensor boxes;
  OwnedTensor labels;
  OwnedTensor scores;
  OwnedTensor masks;

  Outputs(MaskRcnnExport exporter, uint32_t count)
      : kind(exporter),
        boxes{count, 4},
        labels{count},
        scores{count},
        masks{count, 1, exporter == MaskRcnnExport::torchvision ? 30u : 28u,
              exporter == MaskRcnnExport::torchvision ? 40u : 28u} {
    for (uint32_t row = 0; row < count; ++row) {
      const auto offset = static_cast<float>(row % 10);
      boxes.setRow(row, {offset, offset, offset + 10, offset + 5});
      labels[row] = static_cast<float>(1 + row % 3);
      scores[row] = 0.95f - 0.6f * static_cast<float>(row) / static_cast<float>(count);
    }
  }

  MaskRcnnOutputs views() const { return {boxes.view, labels.view, scores.view, masks.view}; }
  Status decode(const DecodeOptions& options, Instances& instances, MaskSource& source,
                uint32_t classCount = 0) const {
    return decodeMaskRcnn(views(), kind, classCount, kNet, options, instances, source);
  }
  Status decode(Instances& instances) const {
    MaskSource source;
    return decode({}, instances, source);
  }
};

uint32_t classIdOf(MaskRcnnExport kind, float label) {
  return static_cast<uint32_t>(label) - (kind == MaskRcnnExport::onnxModels ? 1 : 0);
}

TEST(MaskRcnn, RandomOutputs_MatchSortingRowByRow) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> unit(0, 1);
  for (const MaskRcnnExport kind : kExports) {
    for (const uint32_t count : {0u, 1u, 2u, 7u, 100u, 140u}) {
      Outputs outputs(kind, count);
      for (uint32_t row = 0; row < count; ++row) {
        outputs.scores[row] = unit(random);
        outputs.labels[row] = std::floor(1 + 90 * unit(random));
      }
      std::vector<uint32_t> expected;
      for (uint32_t row = 0; row < count; ++row) {
        if (outputs.scores[row] > 0.4f) expected.push_back(row);
      }
      std::stable_sort(expected.begin(), expected.end(), [&](uint32_t a, uint32_t b) {
        return outputs.scores[a] > outputs.scores[b];
      });
      expected.resize(std::min<size_t>(expected.size(), 50));
      Instances instances;
      MaskSource source;
      ASSERT_TRUE(outputs.decode({0.4f, 0.5f, 50, {}}, instances, source).ok());
      ASSERT_EQ(rowsOf(instances), expected);
      for (size_t i = 0; i < expected.size(); ++i) {
        const uint32_t row = expected[i];
        EXPECT_EQ(instances.scores[i], outputs.scores[row]);
        EXPECT_EQ(instances.classIds[i], classIdOf(kind, outputs.labels[row]));
        EXPECT_EQ(instances.boxesNet[i].x1, outputs.boxes[row * 4]);
        EXPECT_EQ(instances.boxesNet[i].y2, outputs.boxes[row * 4 + 3]);
      }
    }
  }
}

TEST(MaskRcnn, EachExport_SaysHowItsMasksAreRead) {
  Instances instances;
  MaskSource source;
  ASSERT_TRUE(Outputs(MaskRcnnExport::onnxModels, 3).decode({}, instances, source).ok());
  EXPECT_EQ(source.form, MaskForm::boxPlanes);
  EXPECT_EQ(source.paste, BoxPaste::wholePixels);
  EXPECT_EQ(source.threshold, 0.5f);
  source.clear();
  const Outputs pasted(MaskRcnnExport::torchvision, 3);
  ASSERT_TRUE(pasted.decode({}, instances, source).ok());
  EXPECT_EQ(source.form, MaskForm::planes);
  EXPECT_FALSE(source.cropToBox);
  EXPECT_TRUE(source.probability);
  EXPECT_EQ(source.planes.data, pasted.masks.view.data);
  EXPECT_EQ(source.planes.dims, (std::array<uint32_t, 4>{1, 3, 30, 40}));
  source.clear();
  ASSERT_TRUE(Outputs(MaskRcnnExport::detectron2, 3).decode({}, instances, source).ok());
  EXPECT_EQ(source.form, MaskForm::boxPlanes);
  EXPECT_EQ(source.paste, BoxPaste::exactZeroBorder);
  EXPECT_TRUE(0.5f > source.threshold) << "0.5 itself is object";
  EXPECT_FALSE(std::nextafter(0.5f, 0.0f) > source.threshold);
}

TEST(MaskRcnn, NoObjects_GiveNoInstances) {
  for (const MaskRcnnExport kind : kExports) {
    Instances instances;
    ASSERT_TRUE(Outputs(kind, 0).decode(instances).ok());
    EXPECT_EQ(instances.count(), 0u);
  }
}

TEST(MaskRcnn, InvalidRows_AreDropped) {
  Outputs outputs(MaskRcnnExport::onnxModels, 9);
  outputs.scores[0] = kNotANumber;
  outputs.scores[1] = kInfinity;
  outputs.boxes[2 * 4] = kNotANumber;
  outputs.boxes[3 * 4 + 3] = kInfinity;
  outputs.boxes.setRow(4, {10, 10, 5, 20});
  outputs.labels[5] = 0;  // background
  outputs.labels[6] = -3;
  outputs.labels[7] = kInfinity;
  Instances instances;
  ASSERT_TRUE(outputs.decode(instances).ok());
  EXPECT_EQ(rowsOf(instances), (std::vector<uint32_t>{8}));
}

TEST(MaskRcnn, ScoreEqualToThreshold_IsDropped) {
  Outputs outputs(MaskRcnnExport::detectron2, 2);
  outputs.scores[0] = 0.25f;
  outputs.scores[1] = std::nextafter(0.25f, 1.0f);
  Instances instances;
  ASSERT_TRUE(outputs.decode(instances).ok());
  EXPECT_EQ(rowsOf(instances), (std::vector<uint32_t>{1}));
}

TEST(MaskRcnn, ClassFilter_CountsClassesAsTheyAreGivenOut) {
  const std::vector<uint8_t> onlySecond{0, 1, 0, 0};
  for (const MaskRcnnExport kind : kExports) {
    const Outputs outputs(kind, 6);
    Instances instances;
    MaskSource source;
    ASSERT_TRUE(outputs.decode({0.25f, 0.5f, 100, onlySecond}, instances, source, 4).ok());
    const bool fromOne = kind == MaskRcnnExport::onnxModels;
    EXPECT_EQ(rowsOf(instances),
              fromOne ? (std::vector<uint32_t>{1, 4}) : (std::vector<uint32_t>{0, 3}));
    expectFailure(outputs.decode({0.25f, 0.5f, 100, onlySecond}, instances, source, 5),
                  StatusCode::badArgument, 4);
  }
}

TEST(MaskRcnn, ClassBeyondTheCount_IsDropped) {
  const Outputs outputs(MaskRcnnExport::detectron2, 3);
  Instances instances;
  MaskSource source;
  ASSERT_TRUE(outputs.decode({}, instances, source, 3).ok());
  EXPECT_EQ(rowsOf(instances), (std::vector<uint32_t>{0, 1}));
}

TEST(MaskRcnn, SwappedLabelsAndScores_AreRecognized) {
  Outputs outputs(MaskRcnnExport::torchvision, 5);
  Instances expected;
  ASSERT_TRUE(outputs.decode(expected).ok());
  std::swap(outputs.labels, outputs.scores);
  Instances instances;
  ASSERT_TRUE(outputs.decode(instances).ok());
  EXPECT_EQ(rowsOf(instances), rowsOf(expected));
  EXPECT_EQ(instances.classIds[1], expected.classIds[1]);
}

TEST(MaskRcnn, WrongShapes_FailWithTheDimension) {
  const auto decodeWith = [](auto change) {
    Outputs outputs(MaskRcnnExport::torchvision, 3);
    change(outputs);
    Instances instances;
    const Status status = outputs.decode(instances);
    EXPECT_EQ(instances.count(), 0u);
    return status;
  };
  using Changed = Outputs&;
  expectFailure(decodeWith([](Changed o) { o.boxes = {1, 3, 4}; }), StatusCode::badRank, 3);
  expectFailure(decodeWith([](Changed o) { o.labels = {3, 1}; }), StatusCode::badRank, 2);
  expectFailure(decodeWith([](Changed o) { o.scores = {1, 3}; }), StatusCode::badRank, 2);
  expectFailure(decodeWith([](Changed o) { o.masks = {3, 30, 40}; }), StatusCode::badRank, 3);
  expectFailure(decodeWith([](Changed o) { o.boxes = {3, 5}; }), StatusCode::badShape, 5);
  expectFailure(decodeWith([](Changed o) { o.labels = {2}; }), StatusCode::badShape, 2);
  expectFailure(decodeWith([](Changed o) { o.scores = {4}; }), StatusCode::badShape, 4);
  expectFailure(decodeWith([](Changed o) { o.masks = {2, 1, 30, 40}; }), StatusCode::badShape, 2);
  expectFailure(decodeWith([](Changed o) { o.masks = {3, 2, 30, 40}; }), StatusCode::badShape, 2);
  expectFailure(decodeWith([](Changed o) { o.masks = {3, 1, 28, 28}; }), StatusCode::badShape, 28);
}

TEST(MaskRcnn, OptionsOutOfRange_Fail) {
  const Outputs outputs(MaskRcnnExport::detectron2, 1);
  Instances instances;
  MaskSource source;
  expectFailure(outputs.decode({1.5f, 0.5f, 10, {}}, instances, source), StatusCode::badArgument,
                1.5);
  expectFailure(outputs.decode({0.5f, 0.5f, 0, {}}, instances, source), StatusCode::badArgument, 0);
}

}  // namespace
}  // namespace masklet
