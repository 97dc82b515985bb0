#include "image/tensorize.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "test_files.h"

using namespace masklet;

namespace {

/// An RGBA8 picture whose rows are followed by bytes that do not belong to it.
struct Picture {
  Picture(SizePx sizePx, uint32_t seed, size_t padding = 0)
      : size(sizePx), stride(4 * static_cast<size_t>(sizePx.width) + padding) {
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> byte(0, 255);
    bytes.resize(stride * static_cast<size_t>(size.height - 1) + 4 * static_cast<size_t>(size.width));
    for (uint8_t& value : bytes) value = static_cast<uint8_t>(byte(random));
  }

  ImageView<const uint8_t> view() const {
    ImageView<const uint8_t> made;
    EXPECT_TRUE(makeImageView(std::span<const uint8_t>(bytes), size, 4, stride, made).ok());
    return made;
  }

  double level(int32_t x, int32_t y, int32_t channel) const {
    const int32_t column = std::clamp(x, 0, size.width - 1);
    const int32_t row = std::clamp(y, 0, size.height - 1);
    return bytes[stride * static_cast<size_t>(row) + 4 * static_cast<size_t>(column) +
                 static_cast<size_t>(channel)];
  }

  SizePx size;
  size_t stride;
  std::vector<uint8_t> bytes;
};

Letterbox made(SizePx src, SizePx net, ResizeMode mode) {
  Letterbox letterbox;
  EXPECT_TRUE(makeLetterbox(src, net, mode, letterbox).ok());
  return letterbox;
}

/// Bilinear at continuous coordinates with the outermost pixels extending outwards.
double sampled(const Picture& picture, double x, double y, int32_t channel) {
  const double left = std::floor(x - 0.5);
  const double top = std::floor(y - 0.5);
  const double wx = x - 0.5 - left;
  const double wy = y - 0.5 - top;
  const auto ix = static_cast<int32_t>(left);
  const auto iy = static_cast<int32_t>(top);
  const double upper = picture.level(ix, iy, channel) * (1 - wx) + picture.level(ix + 1, iy, channel) * wx;
  const double lower =
      picture.level(ix, iy + 1, channel) * (1 - wx) + picture.level(ix + 1, iy + 1, channel) * wx;
  return upper * (1 - wy) + lower * wy;
}

/// The whole function in doubles, pixel by pixel, by the letterbox's own map.
std::vector<double> referenceTensor(const Picture& picture, const Letterbox& letterbox,
                                    const TensorizeOptions& options) {
  std::vector<double> tensor;
  for (size_t plane = 0; plane < 3; ++plane) {
    const auto channel = static_cast<int32_t>(options.order == ColourOrder::bgr ? 2 - plane : plane);
    for (int32_t y = 0; y < letterbox.net.height; ++y) {
      for (int32_t x = 0; x < letterbox.net.width; ++x) {
        double level = options.fill;
        if (!intersect(letterbox.contentNet, {x, y, 1, 1}).empty()) {
          const Point point = letterbox.toSrc(Point{x + 0.5, y + 0.5});
          level = sampled(picture, point.x, point.y, channel);
        }
        tensor.push_back((level * options.inputScale - options.mean[plane]) / options.std[plane]);
      }
    }
  }
  return tensor;
}

std::vector<float> tensorized(const Picture& picture, const Letterbox& letterbox,
                              const TensorizeOptions& options,
                              const ImageKernels& kernels = defaultImageKernels()) {
  TensorizeScratch scratch;
  std::vector<float> tensor(
      3 * static_cast<size_t>(letterbox.net.width) * static_cast<size_t>(letterbox.net.height), NAN);
  EXPECT_TRUE(tensorize(picture.view(), letterbox, options, scratch, tensor, kernels).ok());
  return tensor;
}

template <class Reference>
void expectNear(const std::vector<float>& actual, const Reference& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], tolerance) << "element " << i;
  }
}

TensorizeOptions imagenet() {
  TensorizeOptions options;
  options.mean = {0.485f, 0.456f, 0.406f};
  options.std = {0.229f, 0.224f, 0.225f};
  return options;
}

constexpr ResizeMode kModes[] = {ResizeMode::letterboxCentre, ResizeMode::letterboxTopLeft,
                                 ResizeMode::stretch};

}  // namespace

TEST(Tensorize, RandomShapes_EqualTheReference) {
  std::mt19937 random(3);
  std::uniform_int_distribution<int32_t> sideSrc(1, 90);
  std::uniform_int_distribution<int32_t> sideNet(1, 70);
  for (uint32_t trial = 0; trial < 400; ++trial) {
    const Picture picture({sideSrc(random), sideSrc(random)}, trial, trial % 3 == 0 ? 5 : 0);
    const Letterbox letterbox = made(picture.size, {sideNet(random), sideNet(random)}, kModes[trial % 3]);
    TensorizeOptions options = trial % 2 == 0 ? TensorizeOptions{} : imagenet();
    options.order = trial % 5 == 0 ? ColourOrder::bgr : ColourOrder::rgb;
    options.fill = trial % 4 == 0 ? 0.0f : 114.0f;
    SCOPED_TRACE(testing::Message() << picture.size.width << 'x' << picture.size.height << " to "
                                    << letterbox.net.width << 'x' << letterbox.net.height);
    expectNear(tensorized(picture, letterbox, options), referenceTensor(picture, letterbox, options), 2e-6);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(Tensorize, ThinAndTinySources_EqualTheReference) {
  for (const SizePx src : {SizePx{1, 1}, SizePx{2, 1}, SizePx{1, 2}, SizePx{3, 1}, SizePx{1, 200},
                           SizePx{200, 1}, SizePx{2, 2}}) {
    for (const SizePx net : {SizePx{1, 1}, SizePx{2, 3}, SizePx{31, 33}, SizePx{64, 64}}) {
      for (const ResizeMode mode : kModes) {
        const Picture picture(src, 17);
        const Letterbox letterbox = made(src, net, mode);
        expectNear(tensorized(picture, letterbox, {}), referenceTensor(picture, letterbox, {}), 2e-6);
      }
    }
  }
}

TEST(Tensorize, ScalarAndSimd_Identical) {
  std::mt19937 random(5);
  std::uniform_int_distribution<int32_t> side(1, 140);
  for (uint32_t trial = 0; trial < 200; ++trial) {
    const Picture picture({side(random), side(random)}, trial);
    const Letterbox letterbox = made(picture.size, {side(random), side(random)}, kModes[trial % 3]);
    TensorizeOptions options = imagenet();
    options.antialias = trial % 2 == 0 ? Antialias::none : Antialias::box;
    const std::vector<float> scalar = tensorized(picture, letterbox, options, scalarImageKernels());
    ASSERT_EQ(tensorized(picture, letterbox, options, simdImageKernels()), scalar);
  }
}

TEST(Tensorize, Identity_IsExact) {
  const Picture picture({64, 48}, 1);
  const Letterbox letterbox = made(picture.size, {64, 48}, ResizeMode::letterboxCentre);
  TensorizeOptions options;
  options.inputScale = 1;
  const std::vector<float> tensor = tensorized(picture, letterbox, options);
  for (int32_t c = 0; c < 3; ++c) {
    for (int32_t y = 0; y < 48; ++y) {
      for (int32_t x = 0; x < 64; ++x)
        ASSERT_EQ(tensor[static_cast<size_t>((c * 48 + y) * 64 + x)], picture.level(x, y, c));
    }
  }
}

TEST(Tensorize, ThreeToOne_TakesTheMiddlePixels) {
  const Picture picture({96, 54}, 2);
  const Letterbox letterbox = made(picture.size, {32, 18}, ResizeMode::letterboxCentre);
  TensorizeOptions options;
  options.inputScale = 1;
  const std::vector<float> tensor = tensorized(picture, letterbox, options);
  for (int32_t y = 0; y < 18; ++y) {
    for (int32_t x = 0; x < 32; ++x)
      ASSERT_EQ(tensor[static_cast<size_t>(y * 32 + x)], picture.level(3 * x + 1, 3 * y + 1, 0));
  }
}

TEST(Tensorize, HugeShrink_EqualsTheReference) {
  const Picture picture({3001, 1999}, 4);
  const Letterbox letterbox = made(picture.size, {7, 9}, ResizeMode::letterboxCentre);
  expectNear(tensorized(picture, letterbox, {}), referenceTensor(picture, letterbox, {}), 2e-6);
}

TEST(Tensorize, WidestPicture_Works) {
  const Picture picture({kMaxSidePx, 3}, 6);
  const Letterbox letterbox = made(picture.size, {640, 64}, ResizeMode::letterboxCentre);
  for (const Antialias antialias : {Antialias::none, Antialias::box}) {
    TensorizeOptions options;
    options.antialias = antialias;
    for (const float value : tensorized(picture, letterbox, options)) ASSERT_TRUE(value >= 0 && value <= 1);
  }
}

namespace {

int rowsResampled = 0;

void countingGather(const uint8_t* row, const uint32_t* offsets, size_t count, float* planar, size_t stride) {
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
  tensorized(Picture(src, 1), made(src, net, ResizeMode::stretch), {}, counting);
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
  for (const SizePx src : {SizePx{200, 100}, SizePx{3, 5}, SizePx{97, 211}, SizePx{1, 1}, SizePx{200, 100}}) {
    const Picture picture(src, 9);
    const Letterbox letterbox = made(src, {48, 32}, ResizeMode::letterboxCentre);
    for (const Antialias antialias : {Antialias::box, Antialias::none}) {
      TensorizeOptions options;
      options.antialias = antialias;
      std::vector<float> tensor(3 * 48 * 32, NAN);
      ASSERT_TRUE(tensorize(picture.view(), letterbox, options, scratch, tensor).ok());
      ASSERT_EQ(tensor, tensorized(picture, letterbox, options));
    }
  }
}

TEST(Tensorize, LargerTensor_KeepsItsTail) {
  const Picture picture({8, 8}, 1);
  const Letterbox letterbox = made(picture.size, {4, 4}, ResizeMode::stretch);
  TensorizeScratch scratch;
  std::vector<float> tensor(3 * 16 + 5, -9);
  ASSERT_TRUE(tensorize(picture.view(), letterbox, {}, scratch, tensor).ok());
  for (size_t i = 48; i < tensor.size(); ++i) EXPECT_EQ(tensor[i], -9);
}

// ---- antialiasing
// ------------------------------------------------------------------------------------------------------

namespace {

/// Means of factorX x factorY blocks, the last ones short, rounded half up.
Picture blockMeans(const Picture& picture, int32_t factorX, int32_t factorY) {
  Picture means({(picture.size.width + factorX - 1) / factorX, (picture.size.height + factorY - 1) / factorY},
                0);
  for (int32_t y = 0; y < means.size.height; ++y) {
    for (int32_t x = 0; x < means.size.width; ++x) {
      for (int32_t c = 0; c < 4; ++c) {
        int32_t sum = 0;
        int32_t count = 0;
        for (int32_t sy = y * factorY; sy < std::min((y + 1) * factorY, picture.size.height); ++sy) {
          for (int32_t sx = x * factorX; sx < std::min((x + 1) * factorX, picture.size.width);
               ++sx, ++count) {
            sum += static_cast<int32_t>(picture.level(sx, sy, c));
          }
        }
        means.bytes[means.stride * static_cast<size_t>(y) + static_cast<size_t>(4 * x + c)] =
            static_cast<uint8_t>((2 * sum + count) / (2 * count));
      }
    }
  }
  return means;
}

}  // namespace

TEST(TensorizeAntialias, BlockMeansThenBilinear_EqualTheReference) {
  std::mt19937 random(8);
  std::uniform_int_distribution<int32_t> sideSrc(1, 150);
  std::uniform_int_distribution<int32_t> sideNet(1, 40);
  TensorizeOptions options;
  options.antialias = Antialias::box;
  for (uint32_t trial = 0; trial < 200; ++trial) {
    const Picture picture({sideSrc(random), sideSrc(random)}, trial, trial % 2 == 0 ? 3 : 0);
    const Letterbox letterbox = made(picture.size, {sideNet(random), sideNet(random)}, kModes[trial % 3]);
    const RectPx content = letterbox.contentNet;
    const int32_t factorX = std::clamp(picture.size.width / content.width, 1, 64);
    const int32_t factorY = std::clamp(picture.size.height / content.height, 1, 64);
    const Picture means = blockMeans(picture, factorX, factorY);
    const std::vector<float> tensor = tensorized(picture, letterbox, options);
    for (int32_t y = 0; y < content.height; ++y) {
      for (int32_t x = 0; x < content.width; ++x) {
        const Point src = letterbox.toSrc(Point{content.x + x + 0.5, content.y + y + 0.5});
        const double expected = sampled(means, src.x / factorX, src.y / factorY, 1) / 255;
        const size_t at =
            static_cast<size_t>((letterbox.net.height + content.y + y) * letterbox.net.width + content.x + x);
        ASSERT_NEAR(tensor[at], expected, 2e-6) << trial;
      }
    }
  }
}

TEST(TensorizeAntialias, BelowHalfShrink_ChangesNothing) {
  const Picture picture({63, 47}, 3);
  const Letterbox letterbox = made(picture.size, {32, 32}, ResizeMode::letterboxCentre);
  TensorizeOptions options;
  options.antialias = Antialias::box;
  EXPECT_EQ(tensorized(picture, letterbox, options), tensorized(picture, letterbox, {}));
}

TEST(TensorizeAntialias, FineStripes_AverageOut) {
  Picture picture({300, 300}, 1);
  for (size_t i = 0; i < picture.bytes.size(); ++i) picture.bytes[i] = (i / 4) % 2 == 0 ? 0 : 255;
  const Letterbox letterbox = made(picture.size, {50, 50}, ResizeMode::stretch);
  TensorizeOptions options;
  options.antialias = Antialias::box;
  for (const float value : tensorized(picture, letterbox, options)) ASSERT_NEAR(value, 0.5, 0.003);
}

// ---- goldens
// -----------------------------------------------------------------------------------------------------------

namespace {

struct TensorGolden {
  const char* name;
  TensorizeOptions options;
};

}  // namespace

// OpenCV resizes float32 pictures in float, with weights computed in float: within a few millionths of the
// range.
TEST(Tensorize, OpenCvLetterboxes_AreEqual) {
  const auto source = test::readRawGolden<uint8_t>("golden/image/resize_source.rgba");
  Picture picture({source.widthPx, source.heightPx}, 0);
  picture.bytes = source.elements;
  TensorizeOptions bgr = imagenet();
  bgr.order = ColourOrder::bgr;
  bgr.fill = 0;
  for (const TensorGolden& test : {TensorGolden{"tensor_down", {}}, TensorGolden{"tensor_up", {}},
                                   TensorGolden{"tensor_imagenet_bgr", bgr}}) {
    SCOPED_TRACE(test.name);
    const auto golden = test::readRawGolden<float>(std::string("golden/image/") + test.name + ".f32");
    const Letterbox letterbox =
        made(picture.size, {golden.widthPx, golden.heightPx}, ResizeMode::letterboxCentre);
    expectNear(tensorized(picture, letterbox, test.options), golden.elements, 1e-5);
  }
}

// ---- refusals
// ----------------------------------------------------------------------------------------------------------

class TensorizeRefusal : public testing::Test {
 protected:
  void expectRefused(const ImageView<const uint8_t>& view, const Letterbox& letterbox,
                     const TensorizeOptions& options, StatusCode code) {
    const Status status = tensorize(view, letterbox, options, scratch_, tensor_);
    EXPECT_EQ(status.code, code);
    for (const float value : tensor_) ASSERT_EQ(value, -9);
    TensorizeScratch fresh;
    std::vector<float> tensor(3 * 16 * 16);
    EXPECT_TRUE(tensorize(picture_.view(), letterbox_, {}, scratch_, tensor).ok()) << "the next call works";
  }

  Picture picture_{{20, 10}, 1};
  Letterbox letterbox_ = made({20, 10}, {16, 16}, ResizeMode::letterboxCentre);
  TensorizeScratch scratch_;
  std::vector<float> tensor_ = std::vector<float>(3 * 16 * 16, -9);
};

TEST_F(TensorizeRefusal, Channels_MustBe4) {
  ImageView<const uint8_t> view = picture_.view();
  view.channels = 3;
  expectRefused(view, letterbox_, {}, StatusCode::badArgument);
}

TEST_F(TensorizeRefusal, Size_MustBeTheLetterboxs) {
  expectRefused(Picture({21, 10}, 1).view(), letterbox_, {}, StatusCode::badSize);
  expectRefused(Picture({20, 9}, 1).view(), letterbox_, {}, StatusCode::badSize);
}

TEST_F(TensorizeRefusal, Content_MustLieInsideTheNet) {
  for (const RectPx content : {RectPx{0, 0, 0, 4}, RectPx{-1, 0, 4, 4}, RectPx{14, 0, 3, 4},
                               RectPx{0, 9, 4, 8}, RectPx{0, -2, 4, 4}, RectPx{INT32_MAX, 0, INT32_MAX, 4}}) {
    Letterbox bad = letterbox_;
    bad.contentNet = content;
    expectRefused(picture_.view(), bad, {}, StatusCode::badArgument);
  }
}

TEST_F(TensorizeRefusal, Numbers_MustBeFiniteAndStdNotZero) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    TensorizeOptions options;
    options.mean[1] = bad;
    expectRefused(picture_.view(), letterbox_, options, StatusCode::badArgument);
    options = {};
    options.std[2] = bad;
    expectRefused(picture_.view(), letterbox_, options, StatusCode::badArgument);
    options = {};
    options.inputScale = bad;
    expectRefused(picture_.view(), letterbox_, options, StatusCode::badArgument);
    options = {};
    options.fill = bad;
    expectRefused(picture_.view(), letterbox_, options, StatusCode::badArgument);
  }
  TensorizeOptions options;
  options.std[0] = 0;
  expectRefused(picture_.view(), letterbox_, options, StatusCode::badArgument);
}

TEST_F(TensorizeRefusal, Tensor_MustHoldItsShape) {
  std::vector<float> small(3 * 16 * 16 - 1, -9);
  const Status status = tensorize(picture_.view(), letterbox_, {}, scratch_, small);
  EXPECT_EQ(status.code, StatusCode::bufferTooSmall);
  EXPECT_EQ(status.value, 767);
  for (const float value : small) ASSERT_EQ(value, -9);
}
