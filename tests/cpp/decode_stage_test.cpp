#include "wasm/decode_stage.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/cpp/stage_columns.h"

namespace masklet {
namespace {

using namespace test;

const Geometry kHalved = geometryOf({64, 64}, {32, 32}, ResizeMode::stretch);
const Limits kLimits{0.25f, 0.7f, 100};

constexpr uint32_t kSideMsk = 8;
constexpr uint32_t kRowLength = 7;

// Final rows x1, y1, x2, y2, score, class, coefficient; one prototype plane with +1 left of the
// middle, -1 right of it.
void writeOutputs(DecodeStage& stage, const std::vector<float>& rows) {
  const auto count = static_cast<uint32_t>(rows.size() / kRowLength);
  ASSERT_EQ(stage.reserveOutput(0, 3, 1, count, kRowLength, 0), kOk);
  copyIn<float>(stage, DecodeColumn::output0, rows);
  ASSERT_EQ(stage.reserveOutput(1, 4, 1, 1, kSideMsk, kSideMsk), kOk);
  float* prototypes = column<float>(stage, DecodeColumn::output1).data();
  for (uint32_t i = 0; i < kSideMsk * kSideMsk; ++i) {
    prototypes[i] = i % kSideMsk < kSideMsk / 2 ? 1.0f : -1.0f;
  }
}

const std::vector<float> kThreeRows{
    2, 2,  10, 12, 0.9f, 5, 1,    //
    4, 20, 30, 30, 0.8f, 3, 1,    //
    2, 2,  10, 12, 0.7f, 1, -1};  // no pixel: all its logits are negative

TEST(DecodeStage, DecodeYoloSeg_EndToEnd_GivesRowsWithPixels) {
  DecodeStage stage;
  writeOutputs(stage, kThreeRows);
  ASSERT_EQ(stage.decodeYoloSeg(kHalved, kLimits, true, 0), kOk);
  ASSERT_EQ(stage.assembleMasks(true), kOk);
  ASSERT_EQ(column<float>(stage, DecodeColumn::scores).size(), 2u);
  EXPECT_EQ(copyOut<float>(stage, DecodeColumn::boxes),
            (std::vector<float>{4, 4, 20, 24, 8, 40, 60, 60}));
  EXPECT_EQ(copyOut<uint32_t>(stage, DecodeColumn::classIds), (std::vector<uint32_t>{5, 3}));
  EXPECT_EQ(copyOut<float>(stage, DecodeColumn::scores), (std::vector<float>{0.9f, 0.8f}));
  EXPECT_EQ(copyOut<int32_t>(stage, DecodeColumn::rects),
            (std::vector<int32_t>{4, 4, 16, 20, 8, 40, 52, 20}));
  // The logit crosses zero at the middle of the image, column 32: the second object is cut there.
  EXPECT_EQ(copyOut<uint32_t>(stage, DecodeColumn::areas),
            (std::vector<uint32_t>{16 * 20, 24 * 20}));
  const auto offsets = copyOut<uint32_t>(stage, DecodeColumn::runOffsets);
  const auto runs = copyOut<uint32_t>(stage, DecodeColumn::runs);
  ASSERT_EQ(offsets[2], runs.size());
  EXPECT_EQ(std::vector<uint32_t>(runs.begin(), runs.begin() + offsets[1]),
            (std::vector<uint32_t>{0, 16 * 20}));
  EXPECT_EQ(runs[offsets[1]], 0u);
  EXPECT_EQ(runs[offsets[1] + 1], 24u);
  EXPECT_EQ(runs[offsets[1] + 2], 28u);
  const auto coverageOffsets = copyOut<uint32_t>(stage, DecodeColumn::coverageOffsets);
  EXPECT_EQ(coverageOffsets, (std::vector<uint32_t>{0, 16 * 20, 16 * 20 + 52 * 20}));
  const auto coverage = copyOut<uint8_t>(stage, DecodeColumn::coverage);
  ASSERT_EQ(coverage.size(), coverageOffsets[2]);
  EXPECT_EQ(coverage[0], 186);     // round(255 * sigmoid(1))
  EXPECT_EQ(coverage.back(), 69);  // round(255 * sigmoid(-1))
}

TEST(DecodeStage, DecodeYoloSeg_ClassFilter_DropsClasses) {
  DecodeStage stage;
  writeOutputs(stage, kThreeRows);
  ASSERT_EQ(stage.reserveClassFilter(6), kOk);
  copyIn<uint8_t>(stage, DecodeColumn::classFilter, {1, 1, 1, 0, 1, 1});
  ASSERT_EQ(stage.decodeYoloSeg(kHalved, kLimits, true, 6), kOk);
  ASSERT_EQ(stage.assembleMasks(false), kOk);
  ASSERT_EQ(column<float>(stage, DecodeColumn::scores).size(), 1u);
  EXPECT_EQ(column<uint32_t>(stage, DecodeColumn::classIds)[0], 5u);
  EXPECT_EQ(column<uint8_t>(stage, DecodeColumn::coverage).size(), 0u);
}

TEST(DecodeStage, DecodeYoloSeg_Dense_FindsTheAnchor) {
  // [1, 4 + 2 + 1, 3]: three anchors, the second a hit of class 1.
  const std::vector<float> detections{0, 8,    0, 0, 8,    0, 0, 6, 0, 0, 6, 0,  // cx, cy, w, h
                                      0, 0.1f, 0, 0, 0.6f, 0,                    // class scores
                                      0, 1,    0};                               // coefficient
  DecodeStage stage;
  writeOutputs(stage, kThreeRows);
  ASSERT_EQ(stage.reserveOutput(0, 3, 1, 7, 3, 0), kOk);
  copyIn<float>(stage, DecodeColumn::output0, detections);
  ASSERT_EQ(stage.decodeYoloSeg(geometryOf({32, 32}, {32, 32}, ResizeMode::letterboxCenter),
                                kLimits, false, 2),
            kOk);
  ASSERT_EQ(stage.assembleMasks(false), kOk);
  ASSERT_EQ(column<float>(stage, DecodeColumn::scores).size(), 1u);
  EXPECT_EQ(column<uint32_t>(stage, DecodeColumn::classIds)[0], 1u);
  EXPECT_EQ(copyOut<float>(stage, DecodeColumn::boxes), (std::vector<float>{5, 5, 11, 11}));
  EXPECT_EQ(column<uint32_t>(stage, DecodeColumn::areas)[0], 36u);
}

TEST(DecodeStage, Decode_StagesOutOfOrder_AreRefused) {
  DecodeStage stage;
  EXPECT_EQ(stage.assembleMasks(false), number(StatusCode::noInstances));
  EXPECT_EQ(stage.decodeYoloSeg({}, kLimits, true, 0), number(StatusCode::badSize));
  EXPECT_EQ(stage.decodeYoloSeg(kHalved, kLimits, true, 0), number(StatusCode::badRank));
  EXPECT_EQ(stage.assembleMasks(false), number(StatusCode::noInstances));
  writeOutputs(stage, kThreeRows);
  ASSERT_EQ(stage.decodeYoloSeg(kHalved, kLimits, true, 0), kOk);
  ASSERT_EQ(stage.assembleMasks(false), kOk);
  EXPECT_EQ(column<float>(stage, DecodeColumn::scores).size(), 2u);
  EXPECT_EQ(stage.decodeYoloSeg(kHalved, {std::nanf(""), 0.7f, 100}, true, 0),
            number(StatusCode::badArgument));
  EXPECT_EQ(column<float>(stage, DecodeColumn::scores).size(), 0u);
  EXPECT_EQ(stage.assembleMasks(false), number(StatusCode::noInstances));
}

TEST(DecodeStage, AssembleMasks_OutputReplacedAfterDecoding_IsNoInstances) {
  DecodeStage stage;
  writeOutputs(stage, kThreeRows);
  ASSERT_EQ(stage.decodeYoloSeg(kHalved, kLimits, true, 0), kOk);
  ASSERT_EQ(stage.reserveOutput(1, 4, 1, 2, 4, 4), kOk);
  std::fill_n(column<float>(stage, DecodeColumn::output1).data(), 32, 1.0f);
  EXPECT_EQ(stage.assembleMasks(false), number(StatusCode::noInstances));
  EXPECT_EQ(column<float>(stage, DecodeColumn::scores).size(), 0u);
}

TEST(DecodeStage, ReserveOutput_BadSlotsRanksAndShapes_AreNamed) {
  DecodeStage stage;
  EXPECT_EQ(stage.reserveOutput(DecodeStage::kOutputSlots, 1, 1, 0, 0, 0),
            number(StatusCode::badIndex));
  EXPECT_EQ(stage.reserveOutput(0, 0, 1, 1, 1, 1), number(StatusCode::badRank));
  EXPECT_EQ(stage.reserveOutput(0, 5, 1, 1, 1, 1), number(StatusCode::badRank));
  EXPECT_EQ(stage.lastValue(), 5);
  EXPECT_EQ(stage.reserveOutput(0, 3, 1, 0, 5, 1), kOk);
  EXPECT_EQ(stage.reserveOutput(0, 3, 65536, 65536, 5, 1), number(StatusCode::badShape));
  EXPECT_EQ(stage.lastValue(), 65536);
}

TEST(DecodeStage, Content_IsTaken) {
  DecodeStage stage;
  // One end-to-end row over half of the content on each axis: half of the image, not 10 * 10 / 32.
  ASSERT_EQ(stage.reserveOutput(0, 3, 1, 1, 7, 1), kOk);
  copyIn<float>(stage, DecodeColumn::output0, {0, 0, 10, 10, 0.9f, 0, 1});
  ASSERT_EQ(stage.reserveOutput(1, 4, 1, 1, 2, 2), kOk);
  copyIn<float>(stage, DecodeColumn::output1, {1, 1, 1, 1});
  const auto content = [](ResizeMode mode) {
    return geometryOf({10, 10}, {32, 32}, mode, {20, 20});
  };
  EXPECT_EQ(stage.decodeYoloSeg(content(ResizeMode::stretch), kLimits, true, 0),
            number(StatusCode::badArgument));
  ASSERT_EQ(stage.decodeYoloSeg(content(ResizeMode::letterboxTopLeft), kLimits, true, 0), kOk);
  ASSERT_EQ(stage.assembleMasks(false), kOk);
  EXPECT_EQ(copyOut<float>(stage, DecodeColumn::boxes), (std::vector<float>{0, 0, 5, 5}));
  EXPECT_EQ(copyOut<uint32_t>(stage, DecodeColumn::areas), (std::vector<uint32_t>{25}));
}

// Against the slow way: the view's pixels as an image of their own, the results moved.
TEST(DecodeStage, View_IsTheCutOutImageMoved) {
  for (const RectPx view : {RectPx{30, 20, 64, 64}, RectPx{0, 0, 100, 90}, RectPx{99, 1, 31, 57}}) {
    DecodeStage cut;
    DecodeStage whole;
    const SizePx size{view.width, view.height};
    Geometry geometry = geometryOf({130, 90}, {32, 32}, ResizeMode::letterboxCenter);
    geometry.viewX = view.x;
    geometry.viewY = view.y;
    geometry.viewWidth = view.width;
    geometry.viewHeight = view.height;
    for (DecodeStage* stage : {&cut, &whole}) {
      writeOutputs(*stage, kThreeRows);
      const Geometry own = geometryOf(size, {32, 32}, ResizeMode::letterboxCenter);
      ASSERT_EQ(stage->decodeYoloSeg(stage == &cut ? own : geometry, kLimits, true, 0), kOk);
      ASSERT_EQ(stage->assembleMasks(true), kOk);
    }
    std::vector<float> boxes = copyOut<float>(cut, DecodeColumn::boxes);
    for (size_t k = 0; k < boxes.size(); ++k)
      boxes[k] += static_cast<float>(k % 2 == 0 ? view.x : view.y);
    std::vector<int32_t> rects = copyOut<int32_t>(cut, DecodeColumn::rects);
    ASSERT_GE(rects.size(), 4u);
    for (size_t k = 0; k < rects.size(); k += 4) {
      rects[k] += view.x;
      rects[k + 1] += view.y;
    }
    EXPECT_EQ(copyOut<float>(whole, DecodeColumn::boxes), boxes);
    EXPECT_EQ(copyOut<int32_t>(whole, DecodeColumn::rects), rects);
    for (const DecodeColumn name : {DecodeColumn::runs, DecodeColumn::runOffsets,
                                    DecodeColumn::areas, DecodeColumn::coverageOffsets}) {
      EXPECT_EQ(copyOut<uint32_t>(whole, name), copyOut<uint32_t>(cut, name));
    }
    EXPECT_EQ(copyOut<uint8_t>(whole, DecodeColumn::coverage),
              copyOut<uint8_t>(cut, DecodeColumn::coverage));
  }
}

TEST(DecodeStage, DecodeSam_GivesTheStabilityOfEachMask) {
  DecodeStage stage;
  ASSERT_EQ(stage.reserveOutput(0, 4, 1, 3, 4, 4), kOk);
  std::vector<float> planes(48, 9.0f);
  std::fill(planes.begin() + 24, planes.begin() + 32, 0.5f);  // half of the second plane is unsure
  std::fill(planes.begin() + 32, planes.end(), -9.0f);
  copyIn(stage, DecodeColumn::output0, planes);
  ASSERT_EQ(stage.reserveOutput(1, 2, 1, 3, 0, 0), kOk);
  copyIn<float>(stage, DecodeColumn::output1, {0.9f, 0.8f, 0.7f});
  const Geometry geometry = geometryOf({4, 4}, {4, 4}, ResizeMode::stretch);
  ASSERT_EQ(stage.decodeSam(geometry, 0, 0, 0, 1, 0, 0, false), kOk);
  ASSERT_EQ(stage.assembleMasks(false), kOk);
  EXPECT_EQ(copyOut<uint32_t>(stage, DecodeColumn::rows), (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(copyOut<float>(stage, DecodeColumn::stabilities), (std::vector<float>{1, 0.5f}));
  ASSERT_EQ(stage.decodeSam(geometry, 0, 0.6f, 0, 1, 0, 0, false), kOk);
  ASSERT_EQ(stage.assembleMasks(true), kOk);
  EXPECT_EQ(copyOut<uint32_t>(stage, DecodeColumn::rows), (std::vector<uint32_t>{0}));
  EXPECT_EQ(copyOut<uint8_t>(stage, DecodeColumn::coverage).size(), 16u);
}

TEST(DecodeStage, UseScalarKernels_GivesTheSameBits) {
  std::vector<std::vector<uint32_t>> runs;
  for (const bool scalar : {false, true}) {
    DecodeStage stage;
    stage.useScalarKernels(scalar);
    writeOutputs(stage, kThreeRows);
    ASSERT_EQ(stage.decodeYoloSeg(geometryOf({91, 57}, {32, 32}, ResizeMode::letterboxCenter),
                                  kLimits, true, 0),
              kOk);
    ASSERT_EQ(stage.assembleMasks(false), kOk);
    runs.push_back(copyOut<uint32_t>(stage, DecodeColumn::runs));
  }
  EXPECT_EQ(runs[0], runs[1]);
}

TEST(DecodeStage, ManyFrames_BuffersStayWhereTheyAre) {
  DecodeStage stage;
  std::vector<void*> first;
  for (int frame = 0; frame < 50; ++frame) {
    writeOutputs(stage, kThreeRows);
    ASSERT_EQ(stage.decodeYoloSeg(kHalved, kLimits, true, 0), kOk);
    ASSERT_EQ(stage.assembleMasks(true), kOk);
    const std::vector<void*> now{column<float>(stage, DecodeColumn::output0).data(),
                                 column<float>(stage, DecodeColumn::boxes).data(),
                                 column<uint32_t>(stage, DecodeColumn::runs).data(),
                                 column<uint8_t>(stage, DecodeColumn::coverage).data()};
    if (frame == 0) first = now;
    ASSERT_EQ(now, first);
  }
}

// Work in random order with arguments that are mostly sensible: whatever it says, nothing may be
// read or written out of bounds (the sanitizers watch).
TEST(DecodeStage, RandomCalls_InAnyOrder_StayInBounds) {
  std::mt19937 random(17);
  const auto below = [&](uint32_t limit) { return static_cast<uint32_t>(random() % limit); };
  const auto side = [&] { return static_cast<int32_t>(below(40)) - 1; };
  DecodeStage stage;
  uint32_t succeeded = 0;
  for (int call = 0; call < 4000; ++call) {
    uint32_t status = 1;
    switch (below(6)) {
      case 0:
      case 1: {
        const uint32_t slot = below(2);
        const uint32_t rank = slot == 0 ? 3 : 3 + below(2);
        status = stage.reserveOutput(slot, rank, 1, below(12), below(12), below(12));
        if (status != kOk) break;
        const auto name = slot == 0 ? DecodeColumn::output0 : DecodeColumn::output1;
        for (float& value : column<float>(stage, name))
          value = static_cast<float>(below(64)) / 4 - 2;
        break;
      }
      case 2:
      case 3: {
        Geometry geometry = geometryOf({side(), side()}, {side(), side()}, ResizeMode::stretch);
        geometry.resizeMode = below(3);
        if (below(4) == 0) geometry.contentWidth = side();
        if (below(2) == 0) {
          geometry.viewX = below(8);
          geometry.viewY = below(8);
          geometry.viewWidth = side();
          geometry.viewHeight = side();
        }
        status =
            stage.decodeYoloSeg(geometry, {0.1f, 0.7f, 1 + below(20)}, below(2) == 0, below(5));
        break;
      }
      case 4:
        status = stage.assembleMasks(below(2) == 0);
        break;
      default:
        stage.useScalarKernels(below(2) == 0);
    }
    succeeded += status == kOk;
  }
  EXPECT_GT(succeeded, 1000u);
}

}  // namespace
}  // namespace masklet
