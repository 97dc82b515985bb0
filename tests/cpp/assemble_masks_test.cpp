#include "assemble/assemble_masks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "simd/mask_kernels.h"
#include "tests/cpp/yolo_golden.h"

namespace masklet {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// One image's objects and prototypes.
struct Scene {
  Letterbox letterbox;
  SizePx sizeMsk;
  uint32_t protoCount;
  std::vector<float> prototypes;
  Instances instances;

  Scene(SizePx src, SizePx net, ResizeMode mode, SizePx msk, uint32_t protos)
      : sizeMsk(msk),
        protoCount(protos),
        prototypes(static_cast<size_t>(msk.width) * msk.height * protos, 0.0f) {
    EXPECT_TRUE(makeLetterbox(src, net, mode, letterbox).ok());
    instances.coefficientCount = protos;
  }

  TensorView prototypesView() const {
    return {prototypes.data(),
            {1, protoCount, static_cast<uint32_t>(sizeMsk.height),
             static_cast<uint32_t>(sizeMsk.width)},
            4};
  }

  void add(const Box& boxNet, const std::vector<float>& coefficients) {
    ASSERT_TRUE(instances.boxesNet.push(boxNet).ok());
    ASSERT_TRUE(instances.scores.push(0.5f).ok());
    ASSERT_TRUE(instances.classIds.push(0).ok());
    for (const float value : coefficients) ASSERT_TRUE(instances.coefficients.push(value).ok());
  }

  /// Over everything.
  void addWhole(const std::vector<float>& coefficients) {
    add({0, 0, static_cast<float>(letterbox.net.width), static_cast<float>(letterbox.net.height)},
        coefficients);
  }

  Status assemble(bool soft, MaskColumns& masks,
                  const MaskKernels& kernels = simdMaskKernels()) const {
    return assembleMasks(instances, prototypeSource(prototypesView()), letterbox, soft, kernels,
                         masks);
  }
};

/// The logit of one source pixel by the written-out formula, in double precision.
double exactLogit(const Scene& scene, size_t instance, int32_t xSrc, int32_t ySrc) {
  const auto width = scene.sizeMsk.width;
  const auto height = scene.sizeMsk.height;
  const auto sample = [&](int32_t x, int32_t y) {
    double sum = 0;
    for (uint32_t k = 0; k < scene.protoCount; ++k) {
      const size_t at = (static_cast<size_t>(k) * height + y) * width + x;
      sum += static_cast<double>(scene.instances.coefficients[instance * scene.protoCount + k]) *
             scene.prototypes[at];
    }
    return sum;
  };
  const Point net = scene.letterbox.toNet(Point{xSrc + 0.5, ySrc + 0.5});
  const double x = std::clamp(net.x * width / scene.letterbox.net.width - 0.5, 0.0, width - 1.0);
  const double y = std::clamp(net.y * height / scene.letterbox.net.height - 0.5, 0.0, height - 1.0);
  const auto x0 = static_cast<int32_t>(x), y0 = static_cast<int32_t>(y);
  const int32_t x1 = std::min(x0 + 1, width - 1), y1 = std::min(y0 + 1, height - 1);
  const double top = sample(x0, y0) * (1 - (x - x0)) + sample(x1, y0) * (x - x0);
  const double bottom = sample(x0, y1) * (1 - (x - x0)) + sample(x1, y1) * (x - x0);
  return top * (1 - (y - y0)) + bottom * (y - y0);
}

/// The mask as one byte per crop pixel, after checking that its runs are well formed.
std::vector<uint8_t> pixelsOf(const MaskColumns& masks, size_t instance) {
  std::vector<uint8_t> pixels;
  const uint32_t begin = masks.runOffsets[instance];
  const uint32_t end = masks.runOffsets[instance + 1];
  for (uint32_t run = begin; run < end; ++run) {
    EXPECT_TRUE(run == begin || masks.runs[run] != 0);
    pixels.insert(pixels.end(), masks.runs[run], static_cast<uint8_t>((run - begin) % 2));
  }
  EXPECT_EQ(static_cast<int64_t>(pixels.size()), masks.rectsSrc[instance].area());
  EXPECT_EQ(std::count(pixels.begin(), pixels.end(), 1),
            static_cast<int64_t>(masks.areasPx[instance]));
  return pixels;
}

template <class T>
std::vector<T> toVector(const Buffer<T>& buffer) {
  return {buffer.begin(), buffer.end()};
}

void expectSame(const MaskColumns& a, const MaskColumns& b) {
  EXPECT_EQ(toVector(a.rectsSrc), toVector(b.rectsSrc));
  EXPECT_EQ(toVector(a.runs), toVector(b.runs));
  EXPECT_EQ(toVector(a.runOffsets), toVector(b.runOffsets));
  EXPECT_EQ(toVector(a.areasPx), toVector(b.areasPx));
  EXPECT_EQ(toVector(a.coverage), toVector(b.coverage));
  EXPECT_EQ(toVector(a.coverageOffsets), toVector(b.coverageOffsets));
}

/// Every pixel against exactLogit; those too near to 0 for fp32 to decide are few and not compared.
void expectExactMasks(const Scene& scene) {
  MaskColumns masks;
  ASSERT_TRUE(scene.assemble(true, masks).ok());
  ASSERT_EQ(masks.count(), scene.instances.count());
  size_t undecided = 0;
  size_t compared = 0;
  for (size_t i = 0; i < masks.count(); ++i) {
    const RectPx rect = masks.rectsSrc[i];
    EXPECT_EQ(rect,
              cropRect(scene.letterbox.toSrc(scene.instances.boxesNet[i]), scene.letterbox.src));
    const std::vector<uint8_t> pixels = pixelsOf(masks, i);
    for (size_t p = 0; p < pixels.size(); ++p) {
      const auto width = static_cast<size_t>(rect.width);
      const double logit = exactLogit(scene, i, rect.x + static_cast<int32_t>(p % width),
                                      rect.y + static_cast<int32_t>(p / width));
      EXPECT_NEAR(masks.coverage[masks.coverageOffsets[i] + p], 255 / (1 + std::exp(-logit)), 0.51);
      ++compared;
      if (std::fabs(logit) < 1e-4) {
        ++undecided;
      } else {
        ASSERT_EQ(pixels[p] != 0, logit > 0)
            << "instance " << i << " pixel " << p << " logit " << logit;
      }
    }
  }
  EXPECT_LE(undecided, 2 + compared / 1000);
  MaskColumns scalar;
  ASSERT_TRUE(scene.assemble(true, scalar, scalarMaskKernels()).ok());
  expectSame(masks, scalar);
}

Scene randomScene(std::mt19937& random, SizePx src, SizePx net, ResizeMode mode, SizePx msk) {
  Scene scene(src, net, mode, msk, 5);
  std::normal_distribution<float> normal(0, 1);
  for (float& value : scene.prototypes) value = normal(random);
  std::uniform_real_distribution<float> corner(-0.2f, 1.0f);
  std::uniform_real_distribution<float> side(0.0f, 0.7f);
  const auto netWidth = static_cast<float>(net.width);
  const auto netHeight = static_cast<float>(net.height);
  for (int i = 0; i < 6; ++i) {
    const float x = corner(random) * netWidth;
    const float y = corner(random) * netHeight;
    scene.add({x, y, x + side(random) * netWidth, y + side(random) * netHeight},
              {normal(random), normal(random), normal(random), normal(random), normal(random)});
  }
  scene.addWhole({1, 0.5f, -0.5f, 0.25f, 1});
  return scene;
}

TEST(Upsample, RandomScenes_MatchEveryPixelInDoublePrecision) {
  std::mt19937 random(1);
  for (const ResizeMode mode :
       {ResizeMode::letterboxCenter, ResizeMode::letterboxTopLeft, ResizeMode::stretch}) {
    for (const SizePx src : {SizePx{64, 64}, SizePx{97, 31}, SizePx{31, 97}, SizePx{1, 1},
                             SizePx{1, 50}, SizePx{50, 1}, SizePx{5, 4}, SizePx{200, 150}}) {
      for (const SizePx msk :
           {SizePx{16, 12}, SizePx{1, 1}, SizePx{1, 9}, SizePx{9, 1}, SizePx{64, 48}}) {
        SCOPED_TRACE(::testing::Message() << src.width << "x" << src.height << " msk " << msk.width
                                          << "x" << msk.height);
        expectExactMasks(randomScene(random, src, {64, 48}, mode, msk));
      }
    }
  }
}

TEST(Upsample, CropsOnEveryColumnAndWidth_MatchTheWholeImage) {
  std::mt19937 random(2);
  const SizePx src{71, 9};
  Scene scene(src, {64, 64}, ResizeMode::stretch, {16, 16}, 1);
  std::normal_distribution<float> normal(0, 1);
  for (float& value : scene.prototypes) value = normal(random);
  scene.addWhole({1});
  const float perPixel = 64.0f / 71;
  for (int x = 0; x < src.width; ++x) {
    for (int width = 1; x + width <= src.width; ++width) {
      // Edges half a pixel before the wanted ones: ceil() makes them whole.
      scene.add({(static_cast<float>(x) - 0.5f) * perPixel, 0,
                 (static_cast<float>(x + width) - 0.5f) * perPixel, 64},
                {1});
    }
  }
  MaskColumns masks;
  ASSERT_TRUE(scene.assemble(false, masks).ok());
  const std::vector<uint8_t> whole = pixelsOf(masks, 0);
  ASSERT_EQ(whole.size(), 71u * 9);
  size_t instance = 1;
  for (int x = 0; x < src.width; ++x) {
    for (int width = 1; x + width <= src.width; ++width, ++instance) {
      ASSERT_EQ(masks.rectsSrc[instance], (RectPx{x, 0, width, 9}));
      const std::vector<uint8_t> pixels = pixelsOf(masks, instance);
      for (size_t p = 0; p < pixels.size(); ++p) {
        const size_t row = p / static_cast<size_t>(width);
        ASSERT_EQ(pixels[p],
                  whole[row * 71 + static_cast<size_t>(x) + p % static_cast<size_t>(width)]);
      }
    }
  }
}

TEST(Upsample, BoxesWithoutPixels_GiveEmptyMasks) {
  Scene scene({100, 80}, {64, 64}, ResizeMode::letterboxCenter, {16, 16}, 1);
  std::fill(scene.prototypes.begin(), scene.prototypes.end(), 1.0f);
  scene.add({-30, 10, -5, 20}, {1});       // left of the image
  scene.add({70, 10, 90, 20}, {1});        // right of it
  scene.add({10, 0, 30, 5}, {1});          // in the padding above
  scene.add({10, 60, 30, 64}, {1});        // in the padding below
  scene.add({20.1f, 20, 20.1f, 30}, {1});  // no width
  scene.add({30, 30, 20, 40}, {1});        // inverted
  scene.add({kNaN, 10, 20, 30}, {1});
  scene.add({-kInf, -kInf, kInf, kInf}, {1});
  scene.add({10, 10, 20, kNaN}, {1});
  scene.add({20, 20, 30, 30}, {1});  // a good one at the end
  for (const bool soft : {false, true}) {
    MaskColumns masks;
    ASSERT_TRUE(scene.assemble(soft, masks).ok());
    ASSERT_EQ(masks.count(), 10u);
    ASSERT_EQ(masks.runOffsets.size(), 11u);
    ASSERT_EQ(masks.coverageOffsets.size(), 11u);
    for (size_t i = 0; i < 9; ++i) {
      EXPECT_EQ(masks.rectsSrc[i], RectPx{}) << i;
      EXPECT_EQ(masks.areasPx[i], 0u);
      EXPECT_EQ(masks.runOffsets[i + 1], 0u);
    }
    EXPECT_EQ(masks.areasPx[9], static_cast<uint32_t>(masks.rectsSrc[9].area()));
    EXPECT_GT(masks.areasPx[9], 0u);
    EXPECT_EQ(toVector(masks.runs), (std::vector<uint32_t>{0, masks.areasPx[9]}));
    EXPECT_EQ(masks.coverage.size(), soft ? masks.areasPx[9] : 0u);
  }
}

TEST(Upsample, NoInstances_GivesOffsetsOnly) {
  const Scene scene({10, 10}, {64, 64}, ResizeMode::stretch, {16, 16}, 2);
  MaskColumns masks;
  ASSERT_TRUE(scene.assemble(true, masks).ok());
  EXPECT_EQ(masks.count(), 0u);
  EXPECT_EQ(toVector(masks.runOffsets), (std::vector<uint32_t>{0}));
  EXPECT_EQ(toVector(masks.coverageOffsets), (std::vector<uint32_t>{0}));
}

TEST(Upsample, EmptyAndFullMasks_AreOneRun) {
  Scene scene({50, 40}, {64, 64}, ResizeMode::stretch, {16, 16}, 1);
  std::fill(scene.prototypes.begin(), scene.prototypes.end(), 1.0f);
  scene.addWhole({-1});
  scene.addWhole({0});  // a logit of 0 is background
  scene.addWhole({1});
  MaskColumns masks;
  ASSERT_TRUE(scene.assemble(true, masks).ok());
  EXPECT_EQ(toVector(masks.runs), (std::vector<uint32_t>{2000, 2000, 0, 2000}));
  EXPECT_EQ(toVector(masks.areasPx), (std::vector<uint32_t>{0, 0, 2000}));
  EXPECT_EQ(masks.coverage[0], 69);  // round(255 / (1 + e))
  EXPECT_EQ(masks.coverage[2000], 128);
  EXPECT_EQ(masks.coverage[4000], 186);
}

TEST(Upsample, HugeAndInfiniteLogits_KeepTheirSign) {
  for (const float size : {1e20f, 3e38f, kInf}) {
    Scene scene({50, 40}, {64, 64}, ResizeMode::stretch, {16, 16}, 1);
    std::fill(scene.prototypes.begin(), scene.prototypes.end(), 100.0f);
    for (size_t i = 0; i < 128; ++i) scene.prototypes[i] = -100;  // the upper half
    scene.addWhole({size});
    scene.addWhole({-size});
    for (const MaskKernels* kernels : {&scalarMaskKernels(), &simdMaskKernels()}) {
      MaskColumns masks;
      ASSERT_TRUE(scene.assemble(true, masks, *kernels).ok());
      EXPECT_EQ(toVector(masks.runs), (std::vector<uint32_t>{1000, 1000, 0, 1000, 1000}));
      EXPECT_EQ(masks.coverage[0], 0);
      EXPECT_EQ(masks.coverage[1999], 255);
    }
  }
}

TEST(Upsample, NaNPrototype_IsBackgroundWhereItCounts) {
  Scene scene({64, 64}, {64, 64}, ResizeMode::stretch, {16, 16}, 1);
  std::fill(scene.prototypes.begin(), scene.prototypes.end(), 1.0f);
  scene.prototypes[8 * 16 + 8] = kNaN;  // the sample centered on source pixel 34
  scene.addWhole({1});
  scene.addWhole({kNaN});
  MaskColumns masks;
  ASSERT_TRUE(scene.assemble(false, masks).ok());
  const std::vector<uint8_t> pixels = pixelsOf(masks, 0);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) {
      const bool near =
          std::abs(x + 0.5 - 34) < 4 && std::abs(y + 0.5 - 34) < 4;  // one sample is four pixels
      EXPECT_EQ(pixels[static_cast<size_t>(y) * 64 + static_cast<size_t>(x)], near ? 0 : 1)
          << x << "," << y;
    }
  }
  EXPECT_EQ(masks.areasPx[1], 0u);
}

// The sample after the last column has weight 0 but must be a number all the same: what lies there
// in fresh memory may be NaN.
TEST(Upsample, LastColumn_IgnoresMemoryBeyondThePlane) {
  Scene scene({500, 4}, {64, 64}, ResizeMode::stretch, {200, 16}, 1);
  std::fill(scene.prototypes.begin(), scene.prototypes.end(), 1.0f);
  scene.addWhole({1});
  std::vector<std::vector<float>> litter(8, std::vector<float>(201, kNaN));
  litter.clear();
  MaskColumns masks;
  ASSERT_TRUE(scene.assemble(false, masks).ok());
  EXPECT_EQ(toVector(masks.runs), (std::vector<uint32_t>{0, 2000}));
}

TEST(Upsample, SoftAndHard_HaveTheSameRuns) {
  std::mt19937 random(3);
  const Scene scene =
      randomScene(random, {123, 77}, {64, 64}, ResizeMode::letterboxCenter, {16, 16});
  MaskColumns soft;
  MaskColumns hard;
  ASSERT_TRUE(scene.assemble(true, soft).ok());
  ASSERT_TRUE(scene.assemble(false, hard).ok());
  EXPECT_EQ(toVector(soft.runs), toVector(hard.runs));
  EXPECT_TRUE(hard.coverage.empty());
  for (const uint32_t offset : hard.coverageOffsets) EXPECT_EQ(offset, 0u);
  for (size_t i = 0; i < soft.count(); ++i) {
    const std::vector<uint8_t> pixels = pixelsOf(soft, i);
    for (size_t p = 0; p < pixels.size(); ++p) {
      const uint8_t coverage = soft.coverage[soft.coverageOffsets[i] + p];
      if (pixels[p] != 0) {
        EXPECT_GE(coverage, 128);
      } else {
        EXPECT_LE(coverage, 128);  // logits just below 0 round to 127.5 and up
      }
    }
  }
}

TEST(Upsample, ColumnsUsedAgain_HoldTheLastImageOnly) {
  std::mt19937 random(4);
  const Scene large =
      randomScene(random, {200, 150}, {64, 64}, ResizeMode::letterboxCenter, {16, 16});
  const Scene small =
      randomScene(random, {20, 15}, {64, 64}, ResizeMode::letterboxCenter, {16, 16});
  MaskColumns fresh;
  MaskColumns used;
  ASSERT_TRUE(small.assemble(true, fresh).ok());
  ASSERT_TRUE(large.assemble(true, used).ok());
  ASSERT_TRUE(small.assemble(true, used).ok());
  expectSame(fresh, used);
}

TEST(Upsample, WrongInputs_FailAndTheNextCallWorks) {
  std::mt19937 random(5);
  const Scene scene =
      randomScene(random, {20, 15}, {64, 64}, ResizeMode::letterboxCenter, {16, 16});
  MaskColumns masks;
  const auto fails = [&](const TensorView& prototypes, const Letterbox& letterbox, StatusCode code,
                         double value) {
    ASSERT_TRUE(scene.assemble(true, masks).ok());
    const Status status = assembleMasks(scene.instances, prototypeSource(prototypes), letterbox,
                                        true, simdMaskKernels(), masks);
    EXPECT_EQ(status.code, code);
    EXPECT_EQ(status.value, value);
    EXPECT_EQ(masks.count(), 0u);
    EXPECT_TRUE(masks.runs.empty());
  };
  const TensorView good = scene.prototypesView();
  for (const uint32_t rank : {0u, 3u}) {
    TensorView prototypes = good;
    prototypes.rank = rank;
    fails(prototypes, scene.letterbox, StatusCode::badRank, rank);
  }
  const std::array<std::array<uint32_t, 2>, 7> wrongDims{
      {{0, 2}, {0, 0}, {1, 4}, {1, 6}, {2, 0}, {3, 0}, {3, static_cast<uint32_t>(kMaxSidePx) + 1}}};
  for (const auto& [axis, dim] : wrongDims) {
    TensorView prototypes = good;
    prototypes.dims[axis] = dim;
    fails(prototypes, scene.letterbox, StatusCode::badShape, dim);
  }
  Letterbox letterbox = scene.letterbox;
  letterbox.src.width = 0;
  fails(good, letterbox, StatusCode::badSize, 0);
  fails(good, Letterbox{}, StatusCode::badSize, 0);
  ASSERT_TRUE(scene.assemble(true, masks).ok());
  EXPECT_EQ(masks.count(), scene.instances.count());
}

TEST(Upsample, SoftCropsBeyond32Bits_Fail) {
  Scene scene({kMaxSidePx, kMaxSidePx}, {64, 64}, ResizeMode::stretch, {2, 2}, 1);
  for (int i = 0; i < 5; ++i) scene.addWhole({1});
  MaskColumns masks;
  const Status status = scene.assemble(true, masks);
  EXPECT_EQ(status.code, StatusCode::tooManyPixels);
  EXPECT_EQ(status.value, 4.0 * kMaxSidePx * kMaxSidePx);
  EXPECT_EQ(masks.count(), 0u);
}

TEST(Upsample, Goldens_AreReproduced) {
  for (const std::string& name : test::yoloGoldenNames()) {
    SCOPED_TRACE(name);
    test::YoloGolden golden;
    ASSERT_NO_FATAL_FAILURE(test::readYoloGolden(name, golden));
    for (const MaskKernels* kernels : {&scalarMaskKernels(), &simdMaskKernels()}) {
      Instances instances;
      ASSERT_TRUE(golden.decode(*kernels, instances).ok());
      MaskColumns masks;
      ASSERT_TRUE(assembleMasks(instances, prototypeSource(golden.prototypesView), golden.letterbox,
                                true, *kernels, masks)
                      .ok());
      ASSERT_EQ(masks.count(), golden.instances.size());
      for (size_t i = 0; i < masks.count(); ++i) {
        const test::GoldenInstance& expected = golden.instances[i];
        EXPECT_EQ(masks.rectsSrc[i], expected.rectSrc);
        const std::vector<uint32_t> runs(masks.runs.begin() + masks.runOffsets[i],
                                         masks.runs.begin() + masks.runOffsets[i + 1]);
        EXPECT_EQ(runs, expected.runs);
        for (size_t p = 0; p < expected.coverage.size(); ++p) {
          EXPECT_NEAR(masks.coverage[masks.coverageOffsets[i] + p], expected.coverage[p], 1);
        }
      }
    }
  }
}

}  // namespace
}  // namespace masklet
