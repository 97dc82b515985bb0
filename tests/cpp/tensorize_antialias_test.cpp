#include "image/tensorize.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tensorize_reference.h"

using namespace masklet;
using namespace masklet::test;

namespace {

/// Means of factorX x factorY blocks, the last ones short, rounded half up.
TestImage blockMeans(const TestImage& image, int32_t factorX, int32_t factorY) {
  TestImage means(
      {(image.size.width + factorX - 1) / factorX, (image.size.height + factorY - 1) / factorY}, 0);
  for (int32_t y = 0; y < means.size.height; ++y) {
    for (int32_t x = 0; x < means.size.width; ++x) {
      for (int32_t c = 0; c < 4; ++c) {
        int32_t sum = 0;
        int32_t count = 0;
        for (int32_t sy = y * factorY; sy < std::min((y + 1) * factorY, image.size.height); ++sy) {
          for (int32_t sx = x * factorX; sx < std::min((x + 1) * factorX, image.size.width);
               ++sx, ++count) {
            sum += static_cast<int32_t>(image.level(sx, sy, c));
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
    const TestImage image({sideSrc(random), sideSrc(random)}, trial, trial % 2 == 0 ? 3 : 0);
    const Letterbox letterbox =
        madeLetterbox(image.size, {sideNet(random), sideNet(random)}, kModes[trial % 3]);
    const RectPx content = letterbox.contentNet;
    const int32_t factorX = std::clamp(image.size.width / content.width, 1, 64);
    const int32_t factorY = std::clamp(image.size.height / content.height, 1, 64);
    const TestImage means = blockMeans(image, factorX, factorY);
    const std::vector<float> tensor = tensorized(image, letterbox, options);
    for (int32_t y = 0; y < content.height; ++y) {
      for (int32_t x = 0; x < content.width; ++x) {
        const Point src = letterbox.toSrc(Point{content.x + x + 0.5, content.y + y + 0.5});
        const double expected = sampled(means, src.x / factorX, src.y / factorY, 1) / 255;
        const size_t at = static_cast<size_t>(
            (letterbox.net.height + content.y + y) * letterbox.net.width + content.x + x);
        ASSERT_NEAR(tensor[at], expected, 2e-6) << trial;
      }
    }
  }
}

TEST(TensorizeAntialias, BelowHalfShrink_ChangesNothing) {
  const TestImage image({63, 47}, 3);
  const Letterbox letterbox = madeLetterbox(image.size, {32, 32}, ResizeMode::letterboxCenter);
  TensorizeOptions options;
  options.antialias = Antialias::box;
  EXPECT_EQ(tensorized(image, letterbox, options), tensorized(image, letterbox, {}));
}

TEST(TensorizeAntialias, FineStripes_AverageOut) {
  TestImage image({300, 300}, 1);
  for (size_t i = 0; i < image.bytes.size(); ++i) image.bytes[i] = (i / 4) % 2 == 0 ? 0 : 255;
  const Letterbox letterbox = madeLetterbox(image.size, {50, 50}, ResizeMode::stretch);
  TensorizeOptions options;
  options.antialias = Antialias::box;
  for (const float value : tensorized(image, letterbox, options)) ASSERT_NEAR(value, 0.5, 0.003);
}
