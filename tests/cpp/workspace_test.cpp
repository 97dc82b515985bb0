#include "wasm/workspace.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "mask/measure.h"

namespace masklet {
namespace {

constexpr uint32_t kOk = 0;

constexpr uint32_t number(StatusCode code) {
  return static_cast<uint32_t>(code);
}

template <class T>
T* at(Address address) {
  return reinterpret_cast<T*>(address);
}

template <class T>
std::vector<T> copyOut(Address address, size_t count) {
  return {at<T>(address), at<T>(address) + count};
}

template <class T>
void copyIn(Address address, const std::vector<T>& values) {
  std::copy(values.begin(), values.end(), at<T>(address));
}

void setImage(Workspace& workspace, int32_t width, int32_t height,
              const std::vector<uint8_t>& rgba) {
  ASSERT_EQ(workspace.reserveImage(width, height), kOk);
  ASSERT_EQ(rgba.size(), size_t{4} * width * height);
  copyIn(workspace.imageAddress(), rgba);
}

uint32_t tensorizePlain(Workspace& workspace, int32_t netWidth, int32_t netHeight) {
  return workspace.tensorize(netWidth, netHeight, 0, 0, 1, 0, 0, 0, 1, 1, 1, 114, 114, 114);
}

std::vector<uint8_t> noise(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

// ---- image ----

// A 24-bit BMP, rows from the bottom, each padded to 4 bytes.
std::vector<uint8_t> bmpFile(uint32_t width, uint32_t height, const std::vector<uint8_t>& rgb) {
  const uint32_t stride = (width * 3 + 3) / 4 * 4;
  std::vector<uint8_t> file(54 + stride * height);
  const auto put32 = [&](size_t offset, uint32_t value) { std::memcpy(&file[offset], &value, 4); };
  file[0] = 'B';
  file[1] = 'M';
  put32(2, static_cast<uint32_t>(file.size()));
  put32(10, 54);
  put32(14, 40);
  put32(18, width);
  put32(22, height);
  file[26] = 1;
  file[28] = 24;
  for (uint32_t y = 0; y < height; ++y) {
    for (uint32_t x = 0; x < width * 3; ++x) {
      file[54 + (height - 1 - y) * stride + x] = rgb[(y * width + x / 3) * 3 + 2 - x % 3];
    }
  }
  return file;
}

uint32_t decodeBytes(Workspace& workspace, const std::vector<uint8_t>& file,
                     uint32_t maxPixels = 1000000) {
  EXPECT_EQ(workspace.reserveFile(static_cast<uint32_t>(file.size())), kOk);
  copyIn(workspace.fileAddress(), file);
  return workspace.decodeFile(maxPixels);
}

TEST(Workspace, DecodeFile_Bmp_GivesItsPixels) {
  const std::vector<uint8_t> rgb = noise(3 * 2 * 3, 1);
  Workspace workspace;
  ASSERT_EQ(decodeBytes(workspace, bmpFile(3, 2, rgb)), kOk);
  ASSERT_EQ(workspace.imageWidth(), 3);
  ASSERT_EQ(workspace.imageHeight(), 2);
  const auto rgba = copyOut<uint8_t>(workspace.imageAddress(), 24);
  for (size_t pixel = 0; pixel < 6; ++pixel) {
    for (size_t channel = 0; channel < 3; ++channel) {
      EXPECT_EQ(rgba[pixel * 4 + channel], rgb[pixel * 3 + channel]);
    }
    EXPECT_EQ(rgba[pixel * 4 + 3], 255);
  }
}

TEST(Workspace, DecodeFile_BadFiles_NameTheCauseAndLeaveNoImage) {
  const std::vector<uint8_t> good = bmpFile(30, 20, noise(1800, 2));
  Workspace workspace;
  ASSERT_EQ(decodeBytes(workspace, good), kOk);
  EXPECT_EQ(decodeBytes(workspace, {1, 2, 3}), number(StatusCode::badImageFile));
  EXPECT_EQ(workspace.lastValue(), 3);
  EXPECT_EQ(workspace.imageWidth(), 0);
  EXPECT_EQ(tensorizePlain(workspace, 32, 32), number(StatusCode::noImage));
  EXPECT_EQ(decodeBytes(workspace, {}), number(StatusCode::badImageFile));
  EXPECT_EQ(decodeBytes(workspace, good, 599), number(StatusCode::tooManyPixels));
  EXPECT_EQ(workspace.lastValue(), 600);
  EXPECT_EQ(decodeBytes(workspace, good, 600), kOk);
  EXPECT_EQ(workspace.lastValue(), 0);
}

TEST(Workspace, ReserveImage_BadSides_AreBadSize) {
  Workspace workspace;
  for (const int32_t side : {0, -1, kMaxSidePx + 1, std::numeric_limits<int32_t>::max()}) {
    EXPECT_EQ(workspace.reserveImage(side, 1), number(StatusCode::badSize));
    EXPECT_EQ(workspace.lastValue(), side);
    EXPECT_EQ(workspace.reserveImage(1, side), number(StatusCode::badSize));
    EXPECT_EQ(workspace.lastValue(), side);
  }
  EXPECT_EQ(workspace.reserveImage(1, kMaxSidePx), kOk);
  EXPECT_EQ(workspace.imageHeight(), kMaxSidePx);
}

TEST(Workspace, Tensorize_IsTheCoreFunction) {
  const std::vector<uint8_t> rgba = noise(4 * 37 * 23, 3);
  for (const uint32_t mode : {0u, 1u, 2u}) {
    for (const uint32_t order : {0u, 1u}) {
      Workspace workspace;
      setImage(workspace, 37, 23, rgba);
      ASSERT_EQ(workspace.tensorize(50, 61, mode, order, 0.5f, 1, 2, 3, 4, 5, 6, 77, 78, 79), kOk);

      Letterbox letterbox;
      ASSERT_TRUE(makeLetterbox({37, 23}, {50, 61}, static_cast<ResizeMode>(mode), letterbox).ok());
      ImageView<const uint8_t> view;
      ASSERT_TRUE(makeImageView(std::span<const uint8_t>(rgba), {37, 23}, 4, 0, view).ok());
      const TensorizeOptions options{
          static_cast<ColorOrder>(order), {1, 2, 3}, {4, 5, 6}, 0.5f, {77, 78, 79}, {}};
      TensorizeScratch scratch;
      std::vector<float> expected(3 * 50 * 61);
      ASSERT_TRUE(tensorize(view, letterbox, options, scratch, expected).ok());
      ASSERT_EQ(workspace.inputElements(), expected.size());
      EXPECT_EQ(copyOut<float>(workspace.inputAddress(), expected.size()), expected);
    }
  }
}

TEST(Workspace, Content_IsKeptForDecoding) {
  Workspace workspace;
  setImage(workspace, 10, 10, noise(400, 4));
  ASSERT_EQ(workspace.tensorize(32, 32, 1, 0, 1, 0, 0, 0, 1, 1, 1, 7, 8, 9, 20, 20), kOk);
  const std::vector<float> input = copyOut<float>(workspace.inputAddress(), 3 * 32 * 32);
  EXPECT_EQ(input[20], 7);
  EXPECT_EQ(input[32 * 32 + 20], 8);
  EXPECT_EQ(input[3 * 32 * 32 - 1], 9);
  EXPECT_EQ(workspace.tensorize(32, 32, 1, 0, 1, 0, 0, 0, 1, 1, 1, 7, 8, 9, 33, 20),
            number(StatusCode::badSize));
  EXPECT_EQ(workspace.lastValue(), 33);
  EXPECT_EQ(workspace.setLetterbox(10, 10, 32, 32, 2, 20, 20), number(StatusCode::badArgument));
  ASSERT_EQ(workspace.setLetterbox(10, 10, 32, 32, 1, 20, 20), kOk);
  // One end-to-end row over half of the content on each axis: half of the image, not 10 * 10 / 32.
  const uint32_t dims[]{1, 1, 7, 1};
  ASSERT_EQ(workspace.reserveOutput(0, 3, dims[0], dims[1], dims[2], dims[3]), kOk);
  copyIn(workspace.outputAddress(0), std::vector<float>{0, 0, 10, 10, 0.9f, 0, 1});
  ASSERT_EQ(workspace.reserveOutput(1, 4, 1, 1, 2, 2), kOk);
  copyIn(workspace.outputAddress(1), std::vector<float>{1, 1, 1, 1});
  ASSERT_EQ(workspace.decodeYoloSeg(true, 0, 0.5f, 0.5f, 10), kOk);
  ASSERT_EQ(workspace.assembleMasks(false), kOk);
  ASSERT_EQ(workspace.instanceCount(), 1u);
  EXPECT_EQ(copyOut<float>(workspace.boxesAddress(), 4), (std::vector<float>{0, 0, 5, 5}));
  EXPECT_EQ(copyOut<uint32_t>(workspace.areasAddress(), 1)[0], 25u);
}

TEST(Workspace, Tensorize_BadArguments_AreNamedAndLeaveNoInput) {
  Workspace workspace;
  EXPECT_EQ(tensorizePlain(workspace, 32, 32), number(StatusCode::noImage));
  setImage(workspace, 5, 5, noise(100, 4));
  EXPECT_EQ(workspace.tensorize(32, 32, 3, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0),
            number(StatusCode::badArgument));
  EXPECT_EQ(workspace.lastValue(), 3);
  EXPECT_EQ(workspace.tensorize(32, 32, 0, 2, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0),
            number(StatusCode::badArgument));
  EXPECT_EQ(workspace.lastValue(), 2);
  EXPECT_EQ(workspace.tensorize(32, 32, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0),
            number(StatusCode::badArgument));
  EXPECT_EQ(workspace.tensorize(0, 32, 0, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0),
            number(StatusCode::badSize));
  EXPECT_EQ(workspace.inputElements(), 0u);
  EXPECT_EQ(tensorizePlain(workspace, 32, 32), kOk);
  EXPECT_EQ(workspace.inputElements(), 3u * 32 * 32);
}

// ---- outputs ----

constexpr uint32_t kSideMsk = 8;
constexpr uint32_t kRowLength = 7;

// Final rows x1, y1, x2, y2, score, class, coefficient; one prototype plane with +1 left of the
// middle, -1 right of it.
void writeOutputs(Workspace& workspace, const std::vector<float>& rows) {
  const auto count = static_cast<uint32_t>(rows.size() / kRowLength);
  ASSERT_EQ(workspace.reserveOutput(0, 3, 1, count, kRowLength, 0), kOk);
  copyIn(workspace.outputAddress(0), rows);
  ASSERT_EQ(workspace.reserveOutput(1, 4, 1, 1, kSideMsk, kSideMsk), kOk);
  float* prototypes = at<float>(workspace.outputAddress(1));
  for (uint32_t i = 0; i < kSideMsk * kSideMsk; ++i) {
    prototypes[i] = i % kSideMsk < kSideMsk / 2 ? 1.0f : -1.0f;
  }
}

const std::vector<float> kThreeRows{
    2, 2,  10, 12, 0.9f, 5, 1,    //
    4, 20, 30, 30, 0.8f, 3, 1,    //
    2, 2,  10, 12, 0.7f, 1, -1};  // no pixel: all its logits are negative

TEST(Workspace, DecodeYoloSeg_EndToEnd_GivesRowsWithPixels) {
  Workspace workspace;
  ASSERT_EQ(workspace.setLetterbox(64, 64, 32, 32, 2),
            kOk);  // a source pixel is half a network pixel
  writeOutputs(workspace, kThreeRows);
  ASSERT_EQ(workspace.decodeYoloSeg(true, 0, 0.25f, 0.7f, 100), kOk);
  ASSERT_EQ(workspace.assembleMasks(true), kOk);
  ASSERT_EQ(workspace.instanceCount(), 2u);
  EXPECT_EQ(copyOut<float>(workspace.boxesAddress(), 8),
            (std::vector<float>{4, 4, 20, 24, 8, 40, 60, 60}));
  EXPECT_EQ(copyOut<uint32_t>(workspace.classIdsAddress(), 2), (std::vector<uint32_t>{5, 3}));
  EXPECT_EQ(copyOut<float>(workspace.scoresAddress(), 2), (std::vector<float>{0.9f, 0.8f}));
  EXPECT_EQ(copyOut<int32_t>(workspace.rectsAddress(), 8),
            (std::vector<int32_t>{4, 4, 16, 20, 8, 40, 52, 20}));
  // The logit crosses zero at the middle of the image, column 32: the second object is cut there.
  EXPECT_EQ(copyOut<uint32_t>(workspace.areasAddress(), 2),
            (std::vector<uint32_t>{16 * 20, 24 * 20}));
  const auto offsets = copyOut<uint32_t>(workspace.runOffsetsAddress(), 3);
  const auto runs = copyOut<uint32_t>(workspace.runsAddress(), workspace.runCount());
  ASSERT_EQ(offsets[2], runs.size());
  EXPECT_EQ(std::vector<uint32_t>(runs.begin(), runs.begin() + offsets[1]),
            (std::vector<uint32_t>{0, 16 * 20}));
  EXPECT_EQ(runs[offsets[1]], 0u);
  EXPECT_EQ(runs[offsets[1] + 1], 24u);
  EXPECT_EQ(runs[offsets[1] + 2], 28u);
  const auto coverageOffsets = copyOut<uint32_t>(workspace.coverageOffsetsAddress(), 3);
  EXPECT_EQ(coverageOffsets, (std::vector<uint32_t>{0, 16 * 20, 16 * 20 + 52 * 20}));
  const auto coverage = copyOut<uint8_t>(workspace.coverageAddress(), workspace.coverageBytes());
  ASSERT_EQ(coverage.size(), coverageOffsets[2]);
  EXPECT_EQ(coverage[0], 186);     // round(255 * sigmoid(1))
  EXPECT_EQ(coverage.back(), 69);  // round(255 * sigmoid(-1))
}

TEST(Workspace, DecodeYoloSeg_ClassFilter_DropsClasses) {
  Workspace workspace;
  ASSERT_EQ(workspace.setLetterbox(64, 64, 32, 32, 2), kOk);
  writeOutputs(workspace, kThreeRows);
  ASSERT_EQ(workspace.reserveClassFilter(6), kOk);
  copyIn<uint8_t>(workspace.classFilterAddress(), {1, 1, 1, 0, 1, 1});
  ASSERT_EQ(workspace.decodeYoloSeg(true, 6, 0.25f, 0.7f, 100), kOk);
  ASSERT_EQ(workspace.assembleMasks(false), kOk);
  ASSERT_EQ(workspace.instanceCount(), 1u);
  EXPECT_EQ(at<uint32_t>(workspace.classIdsAddress())[0], 5u);
  EXPECT_EQ(workspace.coverageBytes(), 0u);
}

TEST(Workspace, DecodeYoloSeg_Dense_FindsTheAnchor) {
  // [1, 4 + 2 + 1, 3]: three anchors, the second a hit of class 1.
  const std::vector<float> detections{0, 8,    0, 0, 8,    0, 0, 6, 0, 0, 6, 0,  // cx, cy, w, h
                                      0, 0.1f, 0, 0, 0.6f, 0,                    // class scores
                                      0, 1,    0};                               // coefficient
  Workspace workspace;
  ASSERT_EQ(workspace.setLetterbox(32, 32, 32, 32, 0), kOk);
  writeOutputs(workspace, kThreeRows);
  ASSERT_EQ(workspace.reserveOutput(0, 3, 1, 7, 3, 0), kOk);
  copyIn(workspace.outputAddress(0), detections);
  ASSERT_EQ(workspace.decodeYoloSeg(false, 2, 0.25f, 0.7f, 100), kOk);
  ASSERT_EQ(workspace.assembleMasks(false), kOk);
  ASSERT_EQ(workspace.instanceCount(), 1u);
  EXPECT_EQ(at<uint32_t>(workspace.classIdsAddress())[0], 1u);
  EXPECT_EQ(copyOut<float>(workspace.boxesAddress(), 4), (std::vector<float>{5, 5, 11, 11}));
  EXPECT_EQ(at<uint32_t>(workspace.areasAddress())[0], 36u);
}

TEST(Workspace, Decode_StagesOutOfOrder_AreRefused) {
  Workspace workspace;
  EXPECT_EQ(workspace.assembleMasks(false), number(StatusCode::noInstances));
  EXPECT_EQ(workspace.decodeYoloSeg(true, 0, 0.25f, 0.7f, 100), number(StatusCode::noImage));
  ASSERT_EQ(workspace.setLetterbox(64, 64, 32, 32, 2), kOk);
  EXPECT_EQ(workspace.decodeYoloSeg(true, 0, 0.25f, 0.7f, 100), number(StatusCode::badRank));
  EXPECT_EQ(workspace.assembleMasks(false), number(StatusCode::noInstances));
  writeOutputs(workspace, kThreeRows);
  ASSERT_EQ(workspace.decodeYoloSeg(true, 0, 0.25f, 0.7f, 100), kOk);
  ASSERT_EQ(workspace.assembleMasks(false), kOk);
  EXPECT_EQ(workspace.instanceCount(), 2u);
  EXPECT_EQ(workspace.decodeYoloSeg(true, 0, std::nanf(""), 0.7f, 100),
            number(StatusCode::badArgument));
  EXPECT_EQ(workspace.instanceCount(), 0u);
  EXPECT_EQ(workspace.assembleMasks(false), number(StatusCode::noInstances));
}

TEST(Workspace, AssembleMasks_OutputReplacedAfterDecoding_IsNoInstances) {
  Workspace workspace;
  ASSERT_EQ(workspace.setLetterbox(64, 64, 32, 32, 2), kOk);
  writeOutputs(workspace, kThreeRows);
  ASSERT_EQ(workspace.decodeYoloSeg(true, 0, 0.25f, 0.7f, 100), kOk);
  ASSERT_EQ(workspace.reserveOutput(1, 4, 1, 2, 4, 4), kOk);
  std::fill_n(at<float>(workspace.outputAddress(1)), 32, 1.0f);
  EXPECT_EQ(workspace.assembleMasks(false), number(StatusCode::noInstances));
  EXPECT_EQ(workspace.instanceCount(), 0u);
}

TEST(Workspace, ReserveOutput_BadSlotsRanksAndShapes_AreNamed) {
  Workspace workspace;
  EXPECT_EQ(workspace.reserveOutput(Workspace::kOutputSlots, 1, 1, 0, 0, 0),
            number(StatusCode::badIndex));
  EXPECT_EQ(workspace.outputAddress(Workspace::kOutputSlots), Address{0});
  EXPECT_EQ(workspace.reserveOutput(0, 0, 1, 1, 1, 1), number(StatusCode::badRank));
  EXPECT_EQ(workspace.reserveOutput(0, 5, 1, 1, 1, 1), number(StatusCode::badRank));
  EXPECT_EQ(workspace.lastValue(), 5);
  EXPECT_EQ(workspace.reserveOutput(0, 3, 1, 0, 5, 1), kOk);
  EXPECT_EQ(workspace.reserveOutput(0, 3, 65536, 65536, 5, 1), number(StatusCode::badShape));
  EXPECT_EQ(workspace.lastValue(), 65536);
}

TEST(Workspace, UseScalarKernels_GivesTheSameBits) {
  const std::vector<uint8_t> rgba = noise(4 * 91 * 57, 9);
  std::vector<std::vector<float>> inputs;
  std::vector<std::vector<uint32_t>> runs;
  for (const bool scalar : {false, true}) {
    Workspace workspace;
    workspace.useScalarKernels(scalar);
    setImage(workspace, 91, 57, rgba);
    ASSERT_EQ(tensorizePlain(workspace, 32, 32), kOk);
    inputs.push_back(copyOut<float>(workspace.inputAddress(), workspace.inputElements()));
    writeOutputs(workspace, kThreeRows);
    ASSERT_EQ(workspace.decodeYoloSeg(true, 0, 0.25f, 0.7f, 100), kOk);
    ASSERT_EQ(workspace.assembleMasks(false), kOk);
    runs.push_back(copyOut<uint32_t>(workspace.runsAddress(), workspace.runCount()));
  }
  EXPECT_EQ(inputs[0], inputs[1]);
  EXPECT_EQ(runs[0], runs[1]);
}

TEST(Workspace, ManyFrames_MemoryStaysFlat) {
  Workspace workspace;
  double bytesAfterFirst = 0;
  for (int frame = 0; frame < 50; ++frame) {
    setImage(workspace, 91, 57, noise(4 * 91 * 57, static_cast<uint32_t>(frame)));
    ASSERT_EQ(tensorizePlain(workspace, 64, 64), kOk);
    writeOutputs(workspace, kThreeRows);
    ASSERT_EQ(workspace.decodeYoloSeg(true, 0, 0.25f, 0.7f, 100), kOk);
    ASSERT_EQ(workspace.assembleMasks(true), kOk);
    if (frame == 0) bytesAfterFirst = workspace.memoryBytes();
    ASSERT_EQ(workspace.memoryBytes(), bytesAfterFirst);
  }
  EXPECT_GE(bytesAfterFirst, 4 * 91 * 57 + 4 * 3 * 64 * 64);
}

// ---- masks ----

using Bitmap = std::vector<uint8_t>;

// A random crop with random pixels, and the same as runs in slot `slot`.
Bitmap setRandomMask(Workspace& workspace, uint32_t slot, int32_t width, int32_t height,
                     std::mt19937& random) {
  Bitmap bitmap(static_cast<size_t>(width) * height);
  const auto below = [&](int32_t limit) {
    return static_cast<int32_t>(random() % static_cast<uint32_t>(limit));
  };
  const int32_t x = below(width);
  const int32_t y = below(height);
  const RectPx rect{x, y, 1 + below(width - x), 1 + below(height - y)};
  std::vector<uint32_t> runs{0};
  bool last = false;
  const uint32_t density = 1 + random() % 9;
  for (int32_t row = rect.y; row < rect.y + rect.height; ++row) {
    for (int32_t column = rect.x; column < rect.x + rect.width; ++column) {
      const bool inside = random() % 10 < density;
      bitmap[static_cast<size_t>(row) * width + column] = inside;
      if (inside != last) runs.push_back(0);
      ++runs.back();
      last = inside;
    }
  }
  EXPECT_EQ(workspace.reserveMask(slot, rect.x, rect.y, rect.width, rect.height,
                                  static_cast<uint32_t>(runs.size())),
            kOk);
  copyIn(workspace.maskAddress(slot), runs);
  return bitmap;
}

Bitmap resultBitmap(const Workspace& workspace, int32_t width, int32_t height) {
  Bitmap bitmap(static_cast<size_t>(width) * height);
  size_t index = 0;
  bool inside = false;
  for (const uint32_t run :
       copyOut<uint32_t>(workspace.resultAddress(), workspace.resultRunCount())) {
    for (uint32_t i = 0; i < run; ++i, ++index) {
      const auto crop = static_cast<size_t>(workspace.resultWidth());
      const size_t row = workspace.resultY() + index / crop;
      bitmap[row * width + workspace.resultX() + index % crop] = inside;
    }
    inside = !inside;
  }
  EXPECT_EQ(index, size_t(workspace.resultWidth()) * workspace.resultHeight());
  return bitmap;
}

TEST(Workspace, MaskOperations_RandomMasks_AreThoseOfBitmaps) {
  std::mt19937 random(11);
  Workspace workspace;
  for (int round = 0; round < 60; ++round) {
    const int32_t width = 1 + static_cast<int32_t>(random() % 24);
    const int32_t height = 1 + static_cast<int32_t>(random() % 24);
    const Bitmap a = setRandomMask(workspace, 0, width, height, random);
    const Bitmap b = setRandomMask(workspace, 1, width, height, random);
    for (uint32_t op = 0; op < 4; ++op) {
      ASSERT_EQ(workspace.mergeMasks(op), kOk);
      Bitmap expected(a.size());
      for (size_t i = 0; i < a.size(); ++i) {
        const bool values[]{a[i] || b[i], a[i] && b[i], a[i] && !b[i], a[i] != b[i]};
        expected[i] = values[op];
      }
      EXPECT_EQ(resultBitmap(workspace, width, height), expected);
    }
    ASSERT_EQ(workspace.intersectMasks(), kOk);
    uint32_t shared = 0;
    for (size_t i = 0; i < a.size(); ++i) shared += a[i] & b[i];
    EXPECT_EQ(workspace.measuredArea(), shared);
  }
}

TEST(Workspace, RemoveSmallRegions_FillsHolesThenDropsIslands) {
  Workspace workspace;
  // 6 x 3: a ring around one pixel, and a pixel on the right.
  ASSERT_EQ(workspace.reserveMask(0, 0, 0, 6, 3, 8), kOk);
  copyIn<uint32_t>(workspace.maskAddress(0), {0, 3, 3, 1, 1, 1, 2, 1});
  EXPECT_EQ(workspace.removeSmallRegions(6, 3, 2), number(StatusCode::badRuns));
  EXPECT_EQ(workspace.resultRunCount(), 0u);
  ASSERT_EQ(workspace.reserveMask(0, 0, 0, 6, 3, 9), kOk);
  copyIn<uint32_t>(workspace.maskAddress(0), {0, 3, 3, 1, 1, 1, 2, 4, 3});
  ASSERT_EQ(workspace.removeSmallRegions(6, 3, 2), kOk);
  EXPECT_EQ(resultBitmap(workspace, 6, 3),
            (Bitmap{1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0}));
  EXPECT_EQ(workspace.removeSmallRegions(0, 3, 2), number(StatusCode::badSize));
}

TEST(Workspace, CocoRle_ThereAndBack_IsTheSameMask) {
  std::mt19937 random(12);
  Workspace workspace;
  for (int round = 0; round < 40; ++round) {
    const int32_t width = 1 + static_cast<int32_t>(random() % 40);
    const int32_t height = 1 + static_cast<int32_t>(random() % 40);
    const Bitmap bitmap = setRandomMask(workspace, 0, width, height, random);
    ASSERT_EQ(workspace.cocoRle(width, height), kOk);
    ASSERT_EQ(workspace.maskFromCocoRle(width, height), kOk);
    EXPECT_EQ(resultBitmap(workspace, width, height), bitmap);
    // cocoRle and maskFromCocoRle leave the plain counts behind: those are the same mask again.
    ASSERT_EQ(workspace.maskFromCocoCounts(width, height), kOk);
    EXPECT_EQ(resultBitmap(workspace, width, height), bitmap);
  }
}

TEST(Workspace, Polygons_ThereAndBack_IsTheSameMask) {
  std::mt19937 random(13);
  Workspace workspace;
  for (int round = 0; round < 40; ++round) {
    const int32_t width = 1 + static_cast<int32_t>(random() % 30);
    const int32_t height = 1 + static_cast<int32_t>(random() % 30);
    const Bitmap bitmap = setRandomMask(workspace, 0, width, height, random);
    ASSERT_EQ(workspace.polygons(0, 0), kOk);
    const auto points =
        copyOut<float>(workspace.ringPointsAddress(), size_t{2} * workspace.ringPointCount());
    const auto offsets =
        copyOut<uint32_t>(workspace.ringOffsetsAddress(), workspace.ringCount() + 1);
    ASSERT_EQ(workspace.reservePolygons(workspace.ringPointCount(), workspace.ringCount()), kOk);
    copyIn(workspace.polygonPointsAddress(), std::vector<double>(points.begin(), points.end()));
    copyIn(workspace.polygonOffsetsAddress(), offsets);
    ASSERT_EQ(workspace.maskFromPolygons(width, height, false), kOk);
    EXPECT_EQ(resultBitmap(workspace, width, height), bitmap);
  }
}

TEST(Workspace, MaskFromPolygons_AsCoco_UnitesOverlappingRings) {
  Workspace workspace;
  ASSERT_EQ(workspace.reservePolygons(8, 2), kOk);
  copyIn<double>(workspace.polygonPointsAddress(),
                 {0, 0, 6, 0, 6, 6, 0, 6, 3, 3, 9, 3, 9, 9, 3, 9});
  copyIn<uint32_t>(workspace.polygonOffsetsAddress(), {0, 4, 8});
  ASSERT_EQ(workspace.maskFromPolygons(10, 10, true), kOk);
  EXPECT_EQ(resultBitmap(workspace, 10, 10)[4 * 10 + 4], 1);  // in both: united
  ASSERT_EQ(workspace.maskFromPolygons(10, 10, false), kOk);
  EXPECT_EQ(resultBitmap(workspace, 10, 10)[4 * 10 + 4], 0);  // in both: even-odd
}

TEST(Workspace, MaskOperations_BadOperands_AreNamedAndGiveAnEmptyResult) {
  Workspace workspace;
  EXPECT_EQ(workspace.reserveMask(2, 0, 0, 1, 1, 1), number(StatusCode::badIndex));
  EXPECT_EQ(workspace.maskAddress(2), Address{0});
  ASSERT_EQ(workspace.reserveMask(0, 0, 0, 3, 3, 2), kOk);
  copyIn<uint32_t>(workspace.maskAddress(0), {1, 7});
  ASSERT_EQ(workspace.reserveMask(1, 0, 0, 3, 3, 1), kOk);
  copyIn<uint32_t>(workspace.maskAddress(1), {9});
  for (const uint32_t status : {workspace.cocoRle(3, 3), workspace.polygons(0, 0),
                                workspace.mergeMasks(0), workspace.intersectMasks()}) {
    EXPECT_EQ(status, number(StatusCode::badRuns));
  }
  EXPECT_EQ(workspace.lastValue(), 8);
  EXPECT_EQ(workspace.resultRunCount(), 0u);
  EXPECT_EQ(workspace.ringCount(), 0u);
  EXPECT_EQ(workspace.textBytes(), 0u);
  copyIn<uint32_t>(workspace.maskAddress(0), {1, 8});
  EXPECT_EQ(workspace.mergeMasks(4), number(StatusCode::badArgument));
  EXPECT_EQ(workspace.mergeMasks(0), kOk);
  EXPECT_EQ(workspace.polygons(-1, 0), number(StatusCode::badArgument));
  EXPECT_EQ(workspace.cocoRle(0, 3), number(StatusCode::badSize));
  EXPECT_EQ(workspace.maskFromPolygons(-3, 3, false), number(StatusCode::badSize));
}

TEST(Workspace, MaskFromCocoRle_BadText_NamesThePlace) {
  Workspace workspace;
  const std::string text = "32~00";
  ASSERT_EQ(workspace.reserveText(static_cast<uint32_t>(text.size())), kOk);
  std::copy(text.begin(), text.end(), at<char>(workspace.textAddress()));
  EXPECT_EQ(workspace.maskFromCocoRle(3, 3), number(StatusCode::badRleString));
  EXPECT_EQ(workspace.lastValue(), 2);
  EXPECT_EQ(workspace.resultRunCount(), 0u);
}

TEST(Workspace, ReservePolygons_MoreThanMemory_IsOutOfMemory) {
  Workspace workspace;
  EXPECT_EQ(workspace.reservePolygons(0xffffffffu, 1), number(StatusCode::outOfMemory));
  EXPECT_EQ(workspace.reservePolygons(1, 0xffffffffu), number(StatusCode::outOfMemory));
  EXPECT_EQ(workspace.maskFromPolygons(3, 3, false), kOk);
  EXPECT_EQ(workspace.resultRunCount(), 0u);
}

// ---- any order ----

// Stages in random order with arguments that are mostly sensible: whatever they say, nothing may be
// read or written out of bounds (the sanitizers watch).
TEST(Workspace, RandomCalls_InAnyOrder_StayInBounds) {
  std::mt19937 random(17);
  const auto below = [&](uint32_t limit) { return static_cast<uint32_t>(random() % limit); };
  const auto side = [&] { return static_cast<int32_t>(below(40)) - 1; };
  Workspace workspace;
  uint32_t succeeded = 0;
  for (int call = 0; call < 4000; ++call) {
    uint32_t status = 1;
    switch (below(12)) {
      case 0: {
        const int32_t width = side();
        const int32_t height = side();
        status = workspace.reserveImage(width, height);
        if (status == kOk)
          copyIn(workspace.imageAddress(), noise(size_t{4} * width * height, call));
        break;
      }
      case 1:
        status = workspace.tensorize(side(), side(), below(4), below(3), 1, 0, 0, 0, 1, 1, 1, 0, 0,
                                     0, below(4) == 0 ? side() : 0, below(4) == 0 ? side() : 0);
        break;
      case 2:
        status = workspace.setLetterbox(side(), side(), side(), side(), below(3),
                                        below(4) == 0 ? side() : 0, below(4) == 0 ? side() : 0);
        break;
      case 3:
      case 4: {
        const uint32_t slot = below(2);
        const uint32_t dims[]{1, below(12), below(12), below(12)};
        const uint32_t rank = slot == 0 ? 3 : 3 + below(2);
        status = workspace.reserveOutput(slot, rank, dims[0], dims[1], dims[2], dims[3]);
        if (status != kOk) break;
        const uint32_t elements = dims[0] * dims[1] * dims[2] * (rank == 4 ? dims[3] : 1);
        for (uint32_t i = 0; i < elements; ++i) {
          at<float>(workspace.outputAddress(slot))[i] = static_cast<float>(below(64)) / 4 - 2;
        }
        break;
      }
      case 5:
        status = workspace.decodeYoloSeg(below(2) == 0, below(5), 0.1f, 0.7f, 1 + below(20));
        break;
      case 6:
        status = workspace.assembleMasks(below(2) == 0);
        break;
      case 7:
        setRandomMask(workspace, below(2), 20, 20, random);
        break;
      case 8:
        status = below(2) ? workspace.mergeMasks(below(5)) : workspace.intersectMasks();
        break;
      case 9:
        status =
            below(2) ? workspace.cocoRle(side(), side()) : workspace.polygons(below(3), below(3));
        break;
      case 10:
        status = below(2) ? workspace.maskFromCocoRle(side(), side())
                          : workspace.maskFromCocoCounts(20, 20);
        break;
      default:
        workspace.useScalarKernels(below(2) == 0);
    }
    succeeded += status == kOk;
  }
  EXPECT_GT(succeeded, 1000u);
}

}  // namespace
}  // namespace masklet
