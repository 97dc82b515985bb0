// What the tests of tensorize share: random images, and the whole function once more, slow and
// obvious.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "image/tensorize.h"

namespace masklet::test {

/// An RGBA8 image whose rows are followed by bytes that do not belong to it.
struct TestImage {
  TestImage(SizePx sizePx, uint32_t seed, size_t padding = 0)
      : size(sizePx), stride(4 * static_cast<size_t>(sizePx.width) + padding) {
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> byte(0, 255);
    bytes.resize(stride * static_cast<size_t>(size.height - 1) +
                 4 * static_cast<size_t>(size.width));
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

inline Letterbox madeLetterbox(SizePx src, SizePx net, ResizeMode mode) {
  Letterbox letterbox;
  EXPECT_TRUE(makeLetterbox(src, net, mode, letterbox).ok());
  return letterbox;
}

/// Bilinear at continuous coordinates with the outermost pixels extending outwards.
inline double sampled(const TestImage& image, double x, double y, int32_t channel) {
  const double left = std::floor(x - 0.5);
  const double top = std::floor(y - 0.5);
  const double wx = x - 0.5 - left;
  const double wy = y - 0.5 - top;
  const auto ix = static_cast<int32_t>(left);
  const auto iy = static_cast<int32_t>(top);
  const double upper =
      image.level(ix, iy, channel) * (1 - wx) + image.level(ix + 1, iy, channel) * wx;
  const double lower =
      image.level(ix, iy + 1, channel) * (1 - wx) + image.level(ix + 1, iy + 1, channel) * wx;
  return upper * (1 - wy) + lower * wy;
}

/// The whole function in doubles, pixel by pixel, by the letterbox's own map.
inline std::vector<double> referenceTensor(const TestImage& image, const Letterbox& letterbox,
                                           const TensorizeOptions& options) {
  std::vector<double> tensor;
  for (size_t plane = 0; plane < 3; ++plane) {
    const auto channel = static_cast<int32_t>(options.order == ColorOrder::bgr ? 2 - plane : plane);
    for (int32_t y = 0; y < letterbox.net.height; ++y) {
      for (int32_t x = 0; x < letterbox.net.width; ++x) {
        double level = options.fill[plane];
        if (!intersect(letterbox.contentNet, {x, y, 1, 1}).empty()) {
          const Point point = letterbox.toSrc(Point{x + 0.5, y + 0.5});
          level = sampled(image, point.x, point.y, channel);
        }
        tensor.push_back((level * options.inputScale - options.mean[plane]) / options.std[plane]);
      }
    }
  }
  return tensor;
}

inline std::vector<float> tensorized(const TestImage& image, const Letterbox& letterbox,
                                     const TensorizeOptions& options,
                                     const ImageKernels& kernels = defaultImageKernels()) {
  TensorizeScratch scratch;
  std::vector<float> tensor(
      3 * static_cast<size_t>(letterbox.net.width) * static_cast<size_t>(letterbox.net.height),
      NAN);
  EXPECT_TRUE(tensorize(image.view(), letterbox, options, scratch, tensor, kernels).ok());
  return tensor;
}

template <class Reference>
void expectNear(const std::vector<float>& actual, const Reference& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], tolerance) << "element " << i;
  }
}

inline TensorizeOptions imagenet() {
  TensorizeOptions options;
  options.mean = {0.485f, 0.456f, 0.406f};
  options.std = {0.229f, 0.224f, 0.225f};
  return options;
}

inline constexpr ResizeMode kModes[] = {ResizeMode::letterboxCenter, ResizeMode::letterboxTopLeft,
                                        ResizeMode::stretch};

}  // namespace masklet::test
