#include "decode/sam.h"

#include <random>

#include "assemble/assemble_masks.h"
#include "simd/mask_kernels.h"
#include "tests/cpp/decode_outputs.h"
#include "tests/cpp/slow_masks.h"

namespace masklet {
namespace {

using test::expectFailure;
using test::kInfinity;
using test::kNotANumber;
using test::OwnedTensor;
using test::SlowPlane;

/// What decoding and assembling give together.
struct Decoded {
  Instances instances;
  MaskSource source;
  MaskColumns masks;
  std::vector<float> stability;  ///< of every plane; 0 of those that were not measured
  std::vector<uint32_t> rows;    ///< planes that are stable enough
};

SamOptions keepAll() {
  SamOptions options;
  options.predictedIouThreshold = -kInfinity;
  return options;
}

Letterbox letterboxOf(SizePx src, SizePx net, ResizeMode mode) {
  Letterbox letterbox;
  EXPECT_TRUE(makeLetterbox(src, net, mode, letterbox).ok());
  return letterbox;
}

Status decode(const OwnedTensor& planes, const OwnedTensor& scores, const SamOptions& options,
              const Letterbox& letterbox, Decoded& decoded) {
  decoded.rows.clear();
  MASKLET_TRY(decodeSam(planes.view, scores.view, options, letterbox.net, decoded.instances,
                        decoded.source));
  MASKLET_TRY(assembleMasks(decoded.instances, decoded.source, letterbox, false, simdMaskKernels(),
                            decoded.masks));
  decoded.stability.assign(planes.view.dims[1], 0);
  EXPECT_EQ(decoded.masks.stabilities.size(), decoded.instances.count());
  for (size_t i = 0; i < decoded.instances.count(); ++i) {
    decoded.stability[decoded.instances.rows[i]] = decoded.masks.stabilities[i];
    if (decoded.masks.stabilities[i] >= options.stabilityThreshold) {
      decoded.rows.push_back(decoded.instances.rows[i]);
    } else {
      EXPECT_TRUE(decoded.masks.rectsSrc[i].empty());
      EXPECT_EQ(decoded.masks.areasPx[i], 0u);
      EXPECT_EQ(decoded.masks.runOffsets[i], decoded.masks.runOffsets[i + 1]);
    }
  }
  return okStatus();
}

OwnedTensor randomPlanes(uint32_t count, uint32_t height, uint32_t width, std::mt19937& random) {
  OwnedTensor planes{1, count, height, width};
  std::normal_distribution<float> normal(0, 2);
  for (float& value : planes.values) value = normal(random);
  return planes;
}

OwnedTensor scoresOf(std::initializer_list<float> values) {
  OwnedTensor scores{1, static_cast<uint32_t>(values.size())};
  scores.setRow(0, values);
  return scores;
}

SlowPlane planeOf(const OwnedTensor& planes, uint32_t plane) {
  SlowPlane slow(static_cast<int32_t>(planes.view.dims[3]),
                 static_cast<int32_t>(planes.view.dims[2]));
  const size_t length = slow.values.size();
  for (size_t i = 0; i < length; ++i) slow.values[i] = planes.values[plane * length + i];
  return slow;
}

/// A plane at the image's size the written-out way: enlarged to the network's input, cut, resized.
SlowPlane atSource(const SlowPlane& plane, const Letterbox& letterbox) {
  const SlowPlane net = plane.resized(letterbox.net.width, letterbox.net.height);
  SlowPlane content(letterbox.contentNet.width, letterbox.contentNet.height);
  for (int32_t y = 0; y < content.height; ++y) {
    for (int32_t x = 0; x < content.width; ++x) content.at(x, y) = net.at(x, y);
  }
  return content.resized(letterbox.src.width, letterbox.src.height);
}

/// Pixels above `threshold`; `slack` is how many of them rounding could decide.
double countAbove(const SlowPlane& plane, double threshold, double& slack) {
  double count = 0;
  for (const double value : plane.values) {
    count += value > threshold;
    slack += std::abs(value - threshold) < 1e-4;
  }
  return count;
}

TEST(Sam, RandomPlanes_StabilityMatchesTheFormula) {
  std::mt19937 random(17);
  for (const SizePx src : {SizePx{64, 48}, SizePx{31, 77}, SizePx{128, 5}, SizePx{1, 1}}) {
    const Letterbox letterbox = letterboxOf(src, {64, 64}, ResizeMode::letterboxTopLeft);
    const OwnedTensor planes = randomPlanes(3, 16, 16, random);
    SamOptions options = keepAll();
    options.viaSize = {64, 64};
    Decoded decoded;
    ASSERT_TRUE(decode(planes, scoresOf({0.9f, 0.5f, 0.1f}), options, letterbox, decoded).ok());
    ASSERT_EQ(decoded.rows, (std::vector<uint32_t>{0, 1, 2}));
    for (uint32_t plane = 0; plane < 3; ++plane) {
      const SlowPlane slow = atSource(planeOf(planes, plane), letterbox);
      double slack = 0;
      const double above = countAbove(slow, 1, slack), whole = countAbove(slow, -1, slack);
      const double expected = whole == 0 ? 0 : above / whole;
      EXPECT_NEAR(decoded.stability[plane], expected, 1e-6 + (whole == 0 ? slack : slack / whole));
    }
  }
}

// The mask, its rectangle and coverage are those without a test of stability; the areas are those
// of masks at the other two thresholds.
TEST(Sam, OnePass_IsThreeAssemblies) {
  std::mt19937 random(23);
  for (int round = 0; round < 30; ++round) {
    const SizePx src{1 + static_cast<int32_t>(random() % 90),
                     1 + static_cast<int32_t>(random() % 90)};
    const Letterbox letterbox = letterboxOf(src, {64, 64}, ResizeMode::letterboxTopLeft);
    const OwnedTensor planes = randomPlanes(4, 8, 8, random);
    SamOptions options = keepAll();
    if (round % 2 == 0) options.viaSize = {64, 64};
    options.stabilityThreshold = round % 3 == 0 ? 0.4f : 0.0f;
    Instances instances;
    MaskSource source;
    ASSERT_TRUE(decodeSam(planes.view, scoresOf({1, 1, 1, 1}).view, options, letterbox.net,
                          instances, source)
                    .ok());
    MaskColumns once;
    MaskColumns core, mask, whole;
    const auto assemble = [&](float threshold, MaskColumns& masks) {
      source.threshold = threshold;
      return assembleMasks(instances, source, letterbox, true, simdMaskKernels(), masks).ok();
    };
    ASSERT_TRUE(assemble(0, once));
    source.stable.on = false;
    ASSERT_TRUE(assemble(1, core) && assemble(0, mask) && assemble(-1, whole));
    for (size_t i = 0; i < 4; ++i) {
      const double expected =
          whole.areasPx[i] == 0 ? 0 : static_cast<double>(core.areasPx[i]) / whole.areasPx[i];
      ASSERT_NEAR(once.stabilities[i], expected,
                  1e-6 + 1.0 / std::max(1u, whole.areasPx[i]) * 0.01);
      if (once.stabilities[i] < options.stabilityThreshold) {
        EXPECT_EQ(once.areasPx[i], 0u);
        EXPECT_EQ(once.coverageOffsets[i], once.coverageOffsets[i + 1]);
        continue;
      }
      EXPECT_EQ(once.rectsSrc[i], mask.rectsSrc[i]);
      EXPECT_EQ(once.areasPx[i], mask.areasPx[i]);
      const auto part = [i](const auto& values, const Buffer<uint32_t>& offsets) {
        return std::vector(values.begin() + offsets[i], values.begin() + offsets[i + 1]);
      };
      EXPECT_EQ(part(once.runs, once.runOffsets), part(mask.runs, mask.runOffsets));
      EXPECT_EQ(part(once.coverage, once.coverageOffsets),
                part(mask.coverage, mask.coverageOffsets));
    }
  }
}

TEST(Sam, Instances_AreThePlanesWithTheirScores) {
  std::mt19937 random(3);
  const OwnedTensor planes = randomPlanes(2, 4, 4, random);
  Decoded decoded;
  const Letterbox letterbox = letterboxOf({40, 20}, {16, 16}, ResizeMode::stretch);
  ASSERT_TRUE(decode(planes, scoresOf({0.25f, 0.75f}), keepAll(), letterbox, decoded).ok());
  ASSERT_EQ(decoded.instances.count(), 2u);
  EXPECT_EQ(decoded.instances.scores[0], 0.25f);
  EXPECT_EQ(decoded.instances.scores[1], 0.75f);
  EXPECT_EQ(decoded.instances.classIds[1], 0u);
  EXPECT_EQ(decoded.source.form, MaskForm::planes);
  EXPECT_EQ(decoded.source.threshold, 0.0f);
  EXPECT_FALSE(decoded.source.cropToBox);
  EXPECT_TRUE(decoded.source.boxFromMask);
  EXPECT_TRUE(decoded.source.stable.on);
}

TEST(Sam, PredictedIouThreshold_KeepsGreaterValuesOnly) {
  OwnedTensor planes{1, 5, 2, 2};
  std::fill(planes.values.begin(), planes.values.end(), 5.0f);
  SamOptions options;
  options.predictedIouThreshold = 0.5f;
  Decoded decoded;
  const OwnedTensor scores = scoresOf({0.5f, 0.51f, kNotANumber, kInfinity, -1});
  ASSERT_TRUE(
      decode(planes, scores, options, letterboxOf({8, 8}, {8, 8}, ResizeMode::stretch), decoded)
          .ok());
  EXPECT_EQ(decoded.rows, (std::vector<uint32_t>{1}));
  ASSERT_EQ(decoded.stability.size(), 5u);
  EXPECT_EQ(decoded.stability[0], 0.0f);
  EXPECT_EQ(decoded.stability[1], 1.0f);
  // Nothing keeps what is not finite.
  options.predictedIouThreshold = -kInfinity;
  ASSERT_TRUE(
      decode(planes, scores, options, letterboxOf({8, 8}, {8, 8}, ResizeMode::stretch), decoded)
          .ok());
  EXPECT_EQ(decoded.rows, (std::vector<uint32_t>{0, 1, 4}));
}

TEST(Sam, StabilityThreshold_IsInclusive) {
  // Halves of a plane read as they are: sure, unsure, nothing, and NaN.
  OwnedTensor planes{1, 4, 4, 4};
  for (size_t i = 0; i < 16; ++i) {
    planes[i] = 9;
    planes[16 + i] = i < 8 ? 9 : 0.5f;
    planes[32 + i] = -9;
    planes[48 + i] = kNotANumber;
  }
  const Letterbox letterbox = letterboxOf({4, 4}, {4, 4}, ResizeMode::stretch);
  const OwnedTensor scores = scoresOf({1, 1, 1, 1});
  SamOptions options = keepAll();
  Decoded decoded;
  ASSERT_TRUE(decode(planes, scores, options, letterbox, decoded).ok());
  EXPECT_EQ(decoded.instances.count(), 4u);
  for (const auto& [plane, expected] : {std::pair{0, 1.0f}, {1, 0.5f}, {2, 0.0f}, {3, 0.0f}}) {
    EXPECT_EQ(decoded.stability[static_cast<size_t>(plane)], expected);
  }
  options.stabilityThreshold = 0.5f;
  ASSERT_TRUE(decode(planes, scores, options, letterbox, decoded).ok());
  EXPECT_EQ(decoded.rows, (std::vector<uint32_t>{0, 1}));
  options.stabilityThreshold = 0.51f;
  ASSERT_TRUE(decode(planes, scores, options, letterbox, decoded).ok());
  EXPECT_EQ(decoded.rows, (std::vector<uint32_t>{0}));
}

TEST(Sam, BinaryPlanes_AreAlwaysStable) {
  OwnedTensor planes{1, 2, 2, 2};
  planes.values = {0, 1, 1, 0, 0, 0, 0, 0};
  SamOptions options = keepAll();
  options.maskThreshold = 0.5f;
  options.stabilityOffset = 0;
  options.probability = true;
  Decoded decoded;
  const Letterbox letterbox = letterboxOf({2, 2}, {2, 2}, ResizeMode::stretch);
  ASSERT_TRUE(decode(planes, scoresOf({1, 1}), options, letterbox, decoded).ok());
  EXPECT_EQ(decoded.stability[0], 1.0f);
  EXPECT_EQ(decoded.stability[1], 0.0f);
  EXPECT_TRUE(decoded.source.probability);
}

TEST(Sam, NoPlanes_GiveNothing) {
  OwnedTensor planes{1, 0, 4, 4};
  OwnedTensor scores{1, 0};
  Decoded decoded;
  ASSERT_TRUE(
      decode(planes, scores, keepAll(), letterboxOf({9, 9}, {4, 4}, ResizeMode::stretch), decoded)
          .ok());
  EXPECT_EQ(decoded.instances.count(), 0u);
  EXPECT_EQ(decoded.stability.size(), 0u);
}

TEST(Sam, WrongTensorsAndOptions_FailAndClearTheResult) {
  const Letterbox letterbox = letterboxOf({8, 8}, {8, 8}, ResizeMode::stretch);
  Decoded decoded;
  const OwnedTensor planes{1, 2, 2, 2};
  const OwnedTensor scores = scoresOf({1, 1});
  const auto fails = [&](const OwnedTensor& p, const OwnedTensor& s, const SamOptions& options,
                         StatusCode code, double value) {
    expectFailure(decode(p, s, options, letterbox, decoded), code, value);
    EXPECT_EQ(decoded.rows.size(), 0u);
    EXPECT_EQ(decoded.masks.count(), 0u);
  };
  fails({2, 2, 2}, scores, keepAll(), StatusCode::badRank, 3);
  fails({2, 2, 2, 2}, scores, keepAll(), StatusCode::badShape, 2);
  fails(planes, {2}, keepAll(), StatusCode::badRank, 1);
  fails(planes, {2, 2}, keepAll(), StatusCode::badShape, 2);
  fails(planes, scoresOf({1, 1, 1}), keepAll(), StatusCode::badShape, 3);
  fails({1, 2, 0, 2}, scores, keepAll(), StatusCode::badShape, 0);
  SamOptions options = keepAll();
  options.stabilityThreshold = 1.5f;
  fails(planes, scores, options, StatusCode::badArgument, 1.5);
  options = keepAll();
  options.stabilityOffset = -1;
  fails(planes, scores, options, StatusCode::badArgument, -1);
  options = keepAll();
  options.maskThreshold = kInfinity;
  fails(planes, scores, options, StatusCode::badArgument, kInfinity);
  options = keepAll();
  options.viaSize = {-3, 8};
  fails(planes, scores, options, StatusCode::badSize, -3);
  options = {};
  options.predictedIouThreshold = kNotANumber;
  EXPECT_EQ(decode(planes, scores, options, letterbox, decoded).code, StatusCode::badArgument);
}

}  // namespace
}  // namespace masklet
