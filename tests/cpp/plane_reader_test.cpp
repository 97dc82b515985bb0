#include "assemble/plane_reader.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/cpp/mask_form_golden.h"
#include "tests/cpp/slow_masks.h"

namespace masklet {
namespace {

using test::expectMasks;
using test::fullFrame;
using test::PlaneScene;
using test::SlowPlane;

constexpr double kOutside = -std::numeric_limits<double>::infinity();
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr SizePx kNet{48, 40};
const std::vector<SizePx> kSources{{48, 40}, {97, 31}, {31, 97}, {1, 1},
                                   {1, 50},  {50, 1},  {7, 5},   {110, 90}};

bool inBox(const PlaneScene& scene, size_t k, int32_t x, int32_t y) {
  const RectPx crop =
      cropRect(scene.letterbox.toSrc(scene.instances.boxesNet[k]), scene.letterbox.src);
  return !intersect({x, y, 1, 1}, crop).empty();
}

/// The value of the grid over the network input at the center of a source pixel.
double sampleNet(const Letterbox& letterbox, const SlowPlane& grid, int32_t x, int32_t y) {
  const Point net = letterbox.toNet(Point{x + 0.5, y + 0.5});
  const double u = net.x * grid.width / letterbox.net.width - 0.5;
  const double v = net.y * grid.height / letterbox.net.height - 0.5;
  const bool ofNetSize = grid.width == letterbox.net.width && grid.height == letterbox.net.height;
  if (!ofNetSize) return grid.clamped(u, v);
  const RectPx& content = letterbox.contentNet;
  return grid.clamped(u, v, content.x, content.y, content.x + content.width - 1,
                      content.y + content.height - 1);
}

void expectPlanes(PlaneScene& scene) {
  std::vector<SlowPlane> grids;
  for (uint32_t row = 0; row < scene.planeCount; ++row) {
    SlowPlane plane = scene.plane(row);
    const SizePx via = scene.source.viaSize;
    grids.push_back(via == SizePx{} ? plane : plane.resized(via.width, via.height));
  }
  for (const bool cropToBox : {true, false}) {
    scene.source.cropToBox = cropToBox;
    expectMasks(scene, [&](size_t k, int32_t x, int32_t y) {
      if (cropToBox && !inBox(scene, k, x, y)) return kOutside;
      return sampleNet(scene.letterbox, grids[scene.instances.rows[k]], x, y) -
             scene.source.threshold;
    });
  }
}

TEST(PlaneReader, RandomPlanes_MatchEveryPixelInDoublePrecision) {
  std::mt19937 random(1);
  for (const ResizeMode mode :
       {ResizeMode::letterboxCenter, ResizeMode::letterboxTopLeft, ResizeMode::stretch}) {
    for (const SizePx src : kSources) {
      for (const SizePx msk : {SizePx{12, 10}, SizePx{1, 1}, SizePx{1, 9}, SizePx{9, 1}, kNet}) {
        for (const SizePx via : {SizePx{}, kNet, SizePx{23, 31}, SizePx{3, 2}}) {
          SCOPED_TRACE(::testing::Message()
                       << src.width << "x" << src.height << " msk " << msk.width << "x"
                       << msk.height << " via " << via.width << " mode " << static_cast<int>(mode));
          PlaneScene scene(src, kNet, mode, msk, 3);
          scene.source.form = MaskForm::planes;
          scene.source.viaSize = via;
          scene.fillNormal(random, -0.7f);
          for (const uint32_t row : {2u, 0u, 1u, 2u}) scene.add(scene.randomBox(random), row);
          expectPlanes(scene);
        }
      }
    }
  }
}

TEST(PlaneReader, Probabilities_AreCutAtTheThresholdAndCoverByTheirValue) {
  std::mt19937 random(2);
  for (const float threshold : {0.5f, 0.9f, 0.0f}) {
    PlaneScene scene({70, 50}, kNet, ResizeMode::letterboxCenter, {12, 10}, 4);
    scene.source.form = MaskForm::planes;
    scene.source.threshold = threshold;
    scene.source.probability = true;
    scene.fillUniform(random);
    for (uint32_t row = 0; row < 4; ++row) scene.add(scene.randomBox(random), row);
    expectPlanes(scene);
  }
}

// A small object anywhere in a large plane: the mask is found, and its rectangle stays small.
TEST(PlaneReader, SmallObjects_GiveSmallRectangles) {
  std::mt19937 random(3);
  for (const SizePx via : {SizePx{}, kNet}) {
    PlaneScene scene({300, 250}, kNet, ResizeMode::stretch, {24, 20}, 150);
    scene.source.form = MaskForm::planes;
    scene.source.viaSize = via;
    scene.source.cropToBox = false;
    std::fill(scene.planes.begin(), scene.planes.end(), -1.0f);
    for (uint32_t row = 0; row < 149; ++row) {
      scene.planes[row * 480 + random() % 480] = 2;
      scene.add({0, 0, 0, 0}, row);
    }
    scene.add({0, 0, 48, 40}, 149);  // nothing in it
    MaskColumns masks;
    ASSERT_TRUE(scene.assemble(false, masks).ok());
    for (size_t k = 0; k < 149; ++k) {
      EXPECT_GT(masks.areasPx[k], 0u);
      EXPECT_LE(masks.rectsSrc[k].width,
                55);  // a sample is 12.5 pixels: its two neighbors, rounded up
      EXPECT_LE(masks.rectsSrc[k].height, 55);
      const SlowPlane grid = via == SizePx{}
                                 ? scene.plane(static_cast<uint32_t>(k))
                                 : scene.plane(static_cast<uint32_t>(k)).resized(48, 40);
      const std::vector<uint8_t> pixels = fullFrame(masks, k, {300, 250});
      int64_t expected = 0;
      for (int32_t y = 0; y < 250; ++y) {
        for (int32_t x = 0; x < 300; ++x)
          expected += sampleNet(scene.letterbox, grid, x, y) > 0 ? 1 : 0;
      }
      EXPECT_NEAR(static_cast<double>(masks.areasPx[k]), static_cast<double>(expected), 2);
    }
    EXPECT_EQ(masks.rectsSrc[149], RectPx{});
  }
}

TEST(PlaneReader, NaNAndInfinity_AreBackgroundAndObject) {
  for (const SizePx via : {SizePx{}, SizePx{64, 64}}) {
    PlaneScene scene({64, 64}, {64, 64}, ResizeMode::stretch, {16, 16}, 4);
    scene.source.form = MaskForm::planes;
    scene.source.cropToBox = false;
    scene.source.viaSize = via;
    std::fill(scene.planes.begin(), scene.planes.end(), 1.0f);
    scene.planes[8 * 16 + 8] = kNaN;
    std::fill_n(scene.planes.begin() + 256, 256, kNaN);
    std::fill_n(scene.planes.begin() + 512, 256, kInf);
    std::fill_n(scene.planes.begin() + 768, 256, -kInf);
    for (uint32_t row = 0; row < 4; ++row) scene.add({0, 0, 64, 64}, row);
    MaskColumns masks;
    ASSERT_TRUE(scene.assemble(true, masks).ok());
    const std::vector<uint8_t> pixels = fullFrame(masks, 0, {64, 64});
    for (int y = 0; y < 64; ++y) {
      for (int x = 0; x < 64; ++x) {
        const bool near = std::abs(x + 0.5 - 34) < 4 && std::abs(y + 0.5 - 34) < 4;
        EXPECT_EQ(pixels[static_cast<size_t>(y) * 64 + x], near ? 0 : 1) << x << "," << y;
      }
    }
    EXPECT_EQ(masks.areasPx[1], 0u);
    EXPECT_EQ(masks.areasPx[2], 4096u);
    EXPECT_EQ(masks.areasPx[3], 0u);
  }
}

/// The probabilities after YOLACT's crop(), written out.
SlowPlane yolactGrid(const PlaneScene& scene, size_t k) {
  const Box& box = scene.instances.boxesNet[k];
  const SizePx net = scene.letterbox.net;
  SlowPlane grid(scene.sizeMsk.width, scene.sizeMsk.height);
  const double x1 = std::max(static_cast<double>(box.x1) / net.width * grid.width - 1, 0.0);
  const double x2 =
      std::min(static_cast<double>(box.x2) / net.width * grid.width + 1, 1.0 * grid.width);
  const double y1 = std::max(static_cast<double>(box.y1) / net.height * grid.height - 1, 0.0);
  const double y2 =
      std::min(static_cast<double>(box.y2) / net.height * grid.height + 1, 1.0 * grid.height);
  for (int32_t row = 0; row < grid.height; ++row) {
    for (int32_t column = 0; column < grid.width; ++column) {
      if (!(column >= x1 && column < x2 && row >= y1 && row < y2)) continue;
      double sum = 0;
      for (uint32_t p = 0; p < scene.planeCount; ++p) {
        sum +=
            static_cast<double>(scene.instances.coefficients[k * scene.planeCount + p]) *
            scene.planes[p * grid.values.size() + static_cast<size_t>(row) * grid.width + column];
      }
      grid.at(column, row) = 1 / (1 + std::exp(-sum));
    }
  }
  return grid;
}

TEST(PlaneReader, CroppedPrototypes_MatchYolactPixelByPixel) {
  std::mt19937 random(4);
  std::normal_distribution<float> normal(0, 1);
  for (const SizePx src :
       {SizePx{48, 40}, SizePx{37, 11}, SizePx{11, 37}, SizePx{1, 1}, SizePx{90, 70}}) {
    for (const SizePx msk : {SizePx{9, 8}, SizePx{1, 1}, SizePx{5, 1}}) {
      PlaneScene scene(src, kNet, ResizeMode::stretch, msk, 3);
      scene.source.form = MaskForm::croppedPrototypes;
      scene.source.threshold = 0.5f;
      scene.source.probability = true;
      scene.instances.coefficientCount = 3;
      scene.fillNormal(random);
      for (int i = 0; i < 6; ++i) {
        scene.add(scene.randomBox(random), 0);
        for (int p = 0; p < 3; ++p)
          ASSERT_TRUE(scene.instances.coefficients.push(2 * normal(random)).ok());
      }
      std::vector<SlowPlane> grids;
      for (size_t k = 0; k < scene.instances.count(); ++k) grids.push_back(yolactGrid(scene, k));
      expectMasks(scene, [&](size_t k, int32_t x, int32_t y) {
        return sampleNet(scene.letterbox, grids[k], x, y) - scene.source.threshold;
      });
    }
  }
}

TEST(PlaneReader, Goldens_AreReproduced) {
  for (const char* form : {"planes", "croppedPrototypes"}) {
    EXPECT_GE(test::expectMaskFormGoldens(form), 6u) << form;
  }
}

}  // namespace
}  // namespace masklet
