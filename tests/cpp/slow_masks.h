// Masks the slow way: whole frames in double precision, and assembled masks spread out to compare
// with them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <vector>

#include "assemble/assemble_masks.h"
#include "core/letterbox.h"
#include "mask/mask.h"
#include "simd/mask_kernels.h"

namespace masklet::test {

/// A plane of doubles.
struct SlowPlane {
  int32_t width = 0;
  int32_t height = 0;
  std::vector<double> values;

  SlowPlane(int32_t w, int32_t h) : width(w), height(h), values(static_cast<size_t>(w) * h, 0.0) {}
  double& at(int32_t x, int32_t y) { return values[static_cast<size_t>(y) * width + x]; }
  double at(int32_t x, int32_t y) const { return values[static_cast<size_t>(y) * width + x]; }

  /// Bilinear; positions outside [left, right] x [top, bottom] are moved to its edge.
  double clamped(double x, double y, double left, double top, double right, double bottom) const {
    x = std::clamp(x, left, right);
    y = std::clamp(y, top, bottom);
    const auto x0 = static_cast<int32_t>(std::floor(x)), y0 = static_cast<int32_t>(std::floor(y));
    const int32_t x1 = std::min(x0 + 1, width - 1), y1 = std::min(y0 + 1, height - 1);
    const double u = x - x0, v = y - y0;
    return (at(x0, y0) * (1 - u) + at(x1, y0) * u) * (1 - v) +
           (at(x0, y1) * (1 - u) + at(x1, y1) * u) * v;
  }
  double clamped(double x, double y) const { return clamped(x, y, 0, 0, width - 1, height - 1); }

  /// align_corners = False.
  SlowPlane resized(int32_t newWidth, int32_t newHeight) const {
    SlowPlane made(newWidth, newHeight);
    for (int32_t y = 0; y < newHeight; ++y) {
      for (int32_t x = 0; x < newWidth; ++x) {
        made.at(x, y) =
            clamped((x + 0.5) * width / newWidth - 0.5, (y + 0.5) * height / newHeight - 0.5);
      }
    }
    return made;
  }
};

/// One image with planes and instances of no particular form.
struct PlaneScene {
  Letterbox letterbox;
  SizePx sizeMsk;
  uint32_t planeCount;
  std::vector<float> planes;
  Instances instances;
  MaskSource source;

  PlaneScene(SizePx src, SizePx net, ResizeMode mode, SizePx msk, uint32_t count)
      : sizeMsk(msk),
        planeCount(count),
        planes(static_cast<size_t>(msk.width) * msk.height * count, 0.0f) {
    EXPECT_TRUE(makeLetterbox(src, net, mode, letterbox).ok());
    view();
  }
  PlaneScene(const PlaneScene&) = delete;
  PlaneScene& operator=(const PlaneScene&) = delete;

  void view() {
    source.planes = {planes.data(),
                     {1, planeCount, static_cast<uint32_t>(sizeMsk.height),
                      static_cast<uint32_t>(sizeMsk.width)},
                     4};
  }

  void add(const Box& boxNet, uint32_t row, float score = 0.5f) {
    ASSERT_TRUE(instances.boxesNet.push(boxNet).ok());
    ASSERT_TRUE(instances.scores.push(score).ok());
    ASSERT_TRUE(instances.classIds.push(row).ok());
    ASSERT_TRUE(instances.rows.push(row).ok());
  }

  void fillNormal(std::mt19937& random, float mean = 0) {
    std::normal_distribution<float> normal(mean, 1);
    for (float& value : planes) value = normal(random);
  }
  void fillUniform(std::mt19937& random) {
    std::uniform_real_distribution<float> uniform(0, 1);
    for (float& value : planes) value = uniform(random);
  }

  /// Whole, partly outside, tiny and huge ones.
  Box randomBox(std::mt19937& random) const {
    std::uniform_real_distribution<float> unit(0, 1);
    const auto netWidth = static_cast<float>(letterbox.net.width);
    const auto netHeight = static_cast<float>(letterbox.net.height);
    const float x = (unit(random) * 1.3f - 0.2f) * netWidth;
    const float y = (unit(random) * 1.3f - 0.2f) * netHeight;
    const float scale = random() % 4 == 0 ? 0.05f : 1.2f;
    return {x, y, x + unit(random) * netWidth * scale, y + unit(random) * netHeight * scale};
  }

  SlowPlane plane(uint32_t row) const {
    SlowPlane made(sizeMsk.width, sizeMsk.height);
    std::copy_n(planes.begin() + static_cast<std::ptrdiff_t>(row * made.values.size()),
                made.values.size(), made.values.begin());
    return made;
  }

  Status assemble(bool soft, MaskColumns& masks,
                  const MaskKernels& kernels = simdMaskKernels()) const {
    return assembleMasks(instances, source, letterbox, soft, kernels, masks);
  }
};

/// A mask spread over the image, after checking that its runs are well formed and its area is
/// right.
inline std::vector<uint8_t> fullFrame(const MaskColumns& masks, size_t instance, SizePx src) {
  std::vector<uint8_t> pixels(static_cast<size_t>(src.width) * src.height, 0);
  const RectPx& rect = masks.rectsSrc[instance];
  const auto runs = masks.runs.span().subspan(
      masks.runOffsets[instance], masks.runOffsets[instance + 1] - masks.runOffsets[instance]);
  EXPECT_TRUE(validateMask({rect, runs}).ok());
  if (rect.empty()) return pixels;
  EXPECT_EQ(intersect(rect, {0, 0, src.width, src.height}), rect);
  uint32_t at = 0;
  for (size_t run = 0; run < runs.size(); ++run) {
    for (uint32_t i = 0; i < runs[run]; ++i, ++at) {
      const int32_t x = rect.x + static_cast<int32_t>(at) % rect.width;
      const int32_t y = rect.y + static_cast<int32_t>(at) / rect.width;
      pixels[static_cast<size_t>(y) * src.width + x] = run % 2;
    }
  }
  EXPECT_EQ(std::count(pixels.begin(), pixels.end(), 1),
            static_cast<int64_t>(masks.areasPx[instance]));
  return pixels;
}

template <class T>
bool sameBuffers(const Buffer<T>& a, const Buffer<T>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

inline void expectSameMasks(const MaskColumns& a, const MaskColumns& b) {
  EXPECT_TRUE(sameBuffers(a.rectsSrc, b.rectsSrc));
  EXPECT_TRUE(sameBuffers(a.runs, b.runs));
  EXPECT_TRUE(sameBuffers(a.runOffsets, b.runOffsets));
  EXPECT_TRUE(sameBuffers(a.areasPx, b.areasPx));
  EXPECT_TRUE(sameBuffers(a.coverage, b.coverage));
  EXPECT_TRUE(sameBuffers(a.coverageOffsets, b.coverageOffsets));
}

/// The value of instance `k` at source pixel (x, y), less the threshold; -infinity where it cannot
/// be object.
using SlowValue = std::function<double(size_t k, int32_t x, int32_t y)>;

/// Every pixel of the image against `value`; those too near to 0 for fp32 to decide are few and not
/// compared. Coverage against the sigmoid of the value, or against value + threshold. Hard and
/// soft, scalar and SIMD must be the same.
inline void expectMasks(const PlaneScene& scene, const SlowValue& value) {
  const SizePx src = scene.letterbox.src;
  MaskColumns masks;
  ASSERT_TRUE(scene.assemble(true, masks).ok());
  ASSERT_EQ(masks.count(), scene.instances.count());
  size_t undecided = 0;
  size_t compared = 0;
  for (size_t k = 0; k < masks.count(); ++k) {
    const std::vector<uint8_t> pixels = fullFrame(masks, k, src);
    const RectPx rect = masks.rectsSrc[k];
    for (int32_t y = 0; y < src.height; ++y) {
      for (int32_t x = 0; x < src.width; ++x, ++compared) {
        const double expected = value(k, x, y);
        const bool inRect = !intersect({x, y, 1, 1}, rect).empty();
        if (inRect && std::isfinite(expected)) {
          const double level = scene.source.probability ? expected + scene.source.threshold
                                                        : 1 / (1 + std::exp(-expected));
          const size_t at = static_cast<size_t>(y - rect.y) * rect.width + (x - rect.x);
          EXPECT_NEAR(masks.coverage[masks.coverageOffsets[k] + at],
                      255 * std::clamp(level, 0.0, 1.0), 0.51);
        }
        if (std::fabs(expected) < 1e-4) {
          ++undecided;
        } else {
          ASSERT_EQ(pixels[static_cast<size_t>(y) * src.width + x] != 0, expected > 0)
              << "instance " << k << " pixel " << x << "," << y << " value " << expected;
        }
      }
    }
  }
  // A plane of one row or column has the same value along whole columns or rows of the image.
  EXPECT_LE(undecided, static_cast<size_t>(src.width + src.height) + compared / 500);
  MaskColumns scalar;
  ASSERT_TRUE(scene.assemble(true, scalar, scalarMaskKernels()).ok());
  expectSameMasks(masks, scalar);
  MaskColumns hard;
  ASSERT_TRUE(scene.assemble(false, hard).ok());
  EXPECT_TRUE(sameBuffers(hard.runs, masks.runs));
}

}  // namespace masklet::test
