#include "image/tensorize.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tensorize_reference.h"
#include "test_files.h"

using namespace masklet;
using namespace masklet::test;

TEST(Tensorize, RandomShapes_EqualTheReference) {
  std::mt19937 random(3);
  std::uniform_int_distribution<int32_t> sideSrc(1, 90);
  std::uniform_int_distribution<int32_t> sideNet(1, 70);
  for (uint32_t trial = 0; trial < 400; ++trial) {
    const TestImage image({sideSrc(random), sideSrc(random)}, trial, trial % 3 == 0 ? 5 : 0);
    const Letterbox letterbox =
        madeLetterbox(image.size, {sideNet(random), sideNet(random)}, kModes[trial % 3]);
    TensorizeOptions options = trial % 2 == 0 ? TensorizeOptions{} : imagenet();
    options.order = trial % 5 == 0 ? ColorOrder::bgr : ColorOrder::rgb;
    if (trial % 4 == 0) options.fill = {0, 0, 0};
    if (trial % 4 == 1) options.fill = {123.675f, 20, 255};
    SCOPED_TRACE(testing::Message() << image.size.width << 'x' << image.size.height << " to "
                                    << letterbox.net.width << 'x' << letterbox.net.height);
    expectNear(tensorized(image, letterbox, options), referenceTensor(image, letterbox, options),
               2e-6);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(Tensorize, ThinAndTinySources_EqualTheReference) {
  for (const SizePx src : {SizePx{1, 1}, SizePx{2, 1}, SizePx{1, 2}, SizePx{3, 1}, SizePx{1, 200},
                           SizePx{200, 1}, SizePx{2, 2}}) {
    for (const SizePx net : {SizePx{1, 1}, SizePx{2, 3}, SizePx{31, 33}, SizePx{64, 64}}) {
      for (const ResizeMode mode : kModes) {
        const TestImage image(src, 17);
        const Letterbox letterbox = madeLetterbox(src, net, mode);
        expectNear(tensorized(image, letterbox, {}), referenceTensor(image, letterbox, {}), 2e-6);
      }
    }
  }
}

TEST(Tensorize, ScalarAndSimd_Identical) {
  std::mt19937 random(5);
  std::uniform_int_distribution<int32_t> side(1, 140);
  for (uint32_t trial = 0; trial < 200; ++trial) {
    const TestImage image({side(random), side(random)}, trial);
    const Letterbox letterbox =
        madeLetterbox(image.size, {side(random), side(random)}, kModes[trial % 3]);
    const TensorizeOptions options = imagenet();
    const std::vector<float> scalar = tensorized(image, letterbox, options, scalarImageKernels());
    ASSERT_EQ(tensorized(image, letterbox, options, simdImageKernels()), scalar);
  }
}

TEST(Tensorize, Identity_IsExact) {
  const TestImage image({64, 48}, 1);
  const Letterbox letterbox = madeLetterbox(image.size, {64, 48}, ResizeMode::letterboxCenter);
  TensorizeOptions options;
  options.inputScale = 1;
  const std::vector<float> tensor = tensorized(image, letterbox, options);
  for (int32_t c = 0; c < 3; ++c) {
    for (int32_t y = 0; y < 48; ++y) {
      for (int32_t x = 0; x < 64; ++x)
        ASSERT_EQ(tensor[static_cast<size_t>((c * 48 + y) * 64 + x)], image.level(x, y, c));
    }
  }
}

TEST(Tensorize, ThreeToOne_TakesTheMiddlePixels) {
  const TestImage image({96, 54}, 2);
  const Letterbox letterbox = madeLetterbox(image.size, {32, 18}, ResizeMode::letterboxCenter);
  TensorizeOptions options;
  options.inputScale = 1;
  const std::vector<float> tensor = tensorized(image, letterbox, options);
  for (int32_t y = 0; y < 18; ++y) {
    for (int32_t x = 0; x < 32; ++x)
      ASSERT_EQ(tensor[static_cast<size_t>(y * 32 + x)], image.level(3 * x + 1, 3 * y + 1, 0));
  }
}

TEST(Tensorize, HugeShrink_EqualsTheReference) {
  const TestImage image({3001, 1999}, 4);
  const Letterbox letterbox = madeLetterbox(image.size, {7, 9}, ResizeMode::letterboxCenter);
  expectNear(tensorized(image, letterbox, {}), referenceTensor(image, letterbox, {}), 2e-6);
}

TEST(Tensorize, WidestImage_Works) {
  const TestImage image({kMaxSidePx, 3}, 6);
  const Letterbox letterbox = madeLetterbox(image.size, {640, 64}, ResizeMode::letterboxCenter);
  for (const float value : tensorized(image, letterbox, {})) ASSERT_TRUE(value >= 0 && value <= 1);
}

namespace {

int rowsResampled = 0;

void countingGather(const uint8_t* row, const uint32_t* offsets, size_t count, float* planar,
                    size_t stride) {
  ++rowsResampled;
  scalarImageKernels().gatherColumns(row, offsets, count, planar, stride);
}

void countingLerp(const uint8_t* row, const uint32_t* offsets, const float* weights, size_t count,
                  float* planar, size_t stride) {
  ++rowsResampled;
  scalarImageKernels().lerpColumns(row, offsets, weights, count, planar, stride);
}

int countRows(SizePx src, SizePx net) {
  ImageKernels counting = scalarImageKernels();
  counting.gatherColumns = countingGather;
  counting.lerpColumns = countingLerp;
  rowsResampled = 0;
  tensorized(TestImage(src, 1), madeLetterbox(src, net, ResizeMode::stretch), {}, counting);
  return rowsResampled;
}

}  // namespace

TEST(Tensorize, Rows_OnlyThoseWithWeightAndOnlyOnce) {
  EXPECT_EQ(countRows({48, 27}, {16, 9}), 9);    // every third row
  EXPECT_EQ(countRows({32, 32}, {16, 16}), 32);  // every row
  EXPECT_EQ(countRows({16, 40}, {16, 10}), 20);  // two of four
  EXPECT_EQ(countRows({16, 16}, {40, 40}), 16);  // enlarged: each row once
  EXPECT_EQ(countRows({20, 20}, {20, 20}), 20);
}

TEST(Tensorize, Scratch_ReusedAcrossSizes_GivesTheSame) {
  TensorizeScratch scratch;
  for (const SizePx src :
       {SizePx{200, 100}, SizePx{3, 5}, SizePx{97, 211}, SizePx{1, 1}, SizePx{200, 100}}) {
    const TestImage image(src, 9);
    const Letterbox letterbox = madeLetterbox(src, {48, 32}, ResizeMode::letterboxCenter);
    std::vector<float> tensor(3 * 48 * 32, NAN);
    ASSERT_TRUE(tensorize(image.view(), letterbox, {}, scratch, tensor).ok());
    ASSERT_EQ(tensor, tensorized(image, letterbox, {}));
  }
}

TEST(Tensorize, LargerTensor_KeepsItsTail) {
  const TestImage image({8, 8}, 1);
  const Letterbox letterbox = madeLetterbox(image.size, {4, 4}, ResizeMode::stretch);
  TensorizeScratch scratch;
  std::vector<float> tensor(3 * 16 + 5, -9);
  ASSERT_TRUE(tensorize(image.view(), letterbox, {}, scratch, tensor).ok());
  for (size_t i = 48; i < tensor.size(); ++i) EXPECT_EQ(tensor[i], -9);
}

// ---- goldens
// ------------------------------------------------------------------------------------------

namespace {

struct TensorGolden {
  const char* name;
  TensorizeOptions options;
};

}  // namespace

// OpenCV resizes float32 images in float, with weights computed in float: within a few millionths
// of the range.
TEST(Tensorize, OpenCvLetterboxes_AreEqual) {
  const auto source = readRawGolden<uint8_t>("golden/image/resize_source.rgba");
  TestImage image({source.widthPx, source.heightPx}, 0);
  image.bytes = source.elements;
  TensorizeOptions bgr = imagenet();
  bgr.order = ColorOrder::bgr;
  bgr.fill = {0, 0, 0};
  for (const TensorGolden& test : {TensorGolden{"tensor_down", {}}, TensorGolden{"tensor_up", {}},
                                   TensorGolden{"tensor_imagenet_bgr", bgr}}) {
    SCOPED_TRACE(test.name);
    const auto golden = readRawGolden<float>(std::string("golden/image/") + test.name + ".f32");
    const Letterbox letterbox =
        madeLetterbox(image.size, {golden.widthPx, golden.heightPx}, ResizeMode::letterboxCenter);
    expectNear(tensorized(image, letterbox, test.options), golden.elements, 1e-5);
  }
}

// On bytes OpenCV has 11-bit weights and rounds to bytes; that is what networks were mostly trained
// on.
TEST(Tensorize, OpenCvOnBytes_IsWithinOneLevel) {
  const auto source = readRawGolden<uint8_t>("golden/image/resize_source.rgba");
  TestImage image({source.widthPx, source.heightPx}, 0);
  image.bytes = source.elements;
  TensorizeOptions options;
  options.inputScale = 1;
  for (const char* suffix : {"30x23", "17x9"}) {
    const auto golden =
        readRawGolden<uint8_t>(std::string("golden/image/resize8_bilinear_") + suffix + ".rgba");
    const SizePx net{golden.widthPx, golden.heightPx};
    const std::vector<float> tensor =
        tensorized(image, madeLetterbox(image.size, net, ResizeMode::stretch), options);
    const size_t plane = tensor.size() / 3;
    ASSERT_EQ(golden.elements.size(), 4 * plane);
    for (size_t i = 0; i < tensor.size(); ++i) {
      ASSERT_NEAR(tensor[i], golden.elements[4 * (i % plane) + i / plane], 1)
          << suffix << " element " << i;
    }
  }
}

// ---- refusals
// ------------------------------------------------------------------------------------------

class TensorizeRefusal : public testing::Test {
 protected:
  void expectRefused(const ImageView<const uint8_t>& view, const Letterbox& letterbox,
                     const TensorizeOptions& options, StatusCode code) {
    const Status status = tensorize(view, letterbox, options, scratch_, tensor_);
    EXPECT_EQ(status.code, code);
    for (const float value : tensor_) ASSERT_EQ(value, -9);
    TensorizeScratch fresh;
    std::vector<float> tensor(3 * 16 * 16);
    EXPECT_TRUE(tensorize(image_.view(), letterbox_, {}, scratch_, tensor).ok())
        << "the next call works";
  }

  TestImage image_{{20, 10}, 1};
  Letterbox letterbox_ = madeLetterbox({20, 10}, {16, 16}, ResizeMode::letterboxCenter);
  TensorizeScratch scratch_;
  std::vector<float> tensor_ = std::vector<float>(3 * 16 * 16, -9);
};

TEST_F(TensorizeRefusal, Channels_MustBe4) {
  ImageView<const uint8_t> view = image_.view();
  view.channels = 3;
  expectRefused(view, letterbox_, {}, StatusCode::badArgument);
}

TEST_F(TensorizeRefusal, Size_MustBeTheLetterboxs) {
  expectRefused(TestImage({21, 10}, 1).view(), letterbox_, {}, StatusCode::badSize);
  expectRefused(TestImage({20, 9}, 1).view(), letterbox_, {}, StatusCode::badSize);
}

TEST_F(TensorizeRefusal, Content_MustLieInsideTheNet) {
  for (const RectPx content :
       {RectPx{0, 0, 0, 4}, RectPx{-1, 0, 4, 4}, RectPx{14, 0, 3, 4}, RectPx{0, 9, 4, 8},
        RectPx{0, -2, 4, 4}, RectPx{INT32_MAX, 0, INT32_MAX, 4}}) {
    Letterbox bad = letterbox_;
    bad.contentNet = content;
    expectRefused(image_.view(), bad, {}, StatusCode::badArgument);
  }
}

TEST_F(TensorizeRefusal, Numbers_MustBeFiniteAndStdNotZero) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    TensorizeOptions options;
    options.mean[1] = bad;
    expectRefused(image_.view(), letterbox_, options, StatusCode::badArgument);
    options = {};
    options.std[2] = bad;
    expectRefused(image_.view(), letterbox_, options, StatusCode::badArgument);
    options = {};
    options.inputScale = bad;
    expectRefused(image_.view(), letterbox_, options, StatusCode::badArgument);
    options = {};
    options.fill[2] = bad;
    expectRefused(image_.view(), letterbox_, options, StatusCode::badArgument);
  }
  TensorizeOptions options;
  options.std[0] = 0;
  expectRefused(image_.view(), letterbox_, options, StatusCode::badArgument);
}

// How SAM, detectron2 and DETR pad: with zeros after the normalization.
TEST(Tensorize, FillOfTheMean_IsZeroAfterNormalization) {
  const TestImage image({9, 4}, 1);
  Letterbox letterbox;
  ASSERT_TRUE(
      makeLetterbox(image.size, {16, 12}, ResizeMode::letterboxTopLeft, letterbox, {11, 5}).ok());
  TensorizeOptions options;
  options.mean = {123.675f, 116.28f, 103.53f};
  options.std = {58.395f, 57.12f, 57.375f};
  options.inputScale = 1;
  options.fill = options.mean;
  const std::vector<float> tensor = tensorized(image, letterbox, options);
  for (size_t i = 0; i < tensor.size(); ++i) {
    const size_t x = i % 16;
    const size_t y = i / 16 % 12;
    ASSERT_TRUE((x < 11 && y < 5) || tensor[i] == 0) << x << ' ' << y;
  }
  expectNear(tensor, referenceTensor(image, letterbox, options), 2e-6);
}

TEST_F(TensorizeRefusal, Tensor_MustHoldItsShape) {
  std::vector<float> small(3 * 16 * 16 - 1, -9);
  const Status status = tensorize(image_.view(), letterbox_, {}, scratch_, small);
  EXPECT_EQ(status.code, StatusCode::bufferTooSmall);
  EXPECT_EQ(status.value, 767);
  for (const float value : small) ASSERT_EQ(value, -9);
}
