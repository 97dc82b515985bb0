#include "assemble/box_paste.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/cpp/mask_form_golden.h"
#include "tests/cpp/slow_masks.h"

namespace masklet {
namespace {

using test::expectMasks;
using test::PlaneScene;
using test::SlowPlane;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// torch's grid_sample, align_corners = False, zeros outside, at detectron2's positions.
double exactValue(const SlowPlane& plane, const Box& box, int32_t x, int32_t y) {
  const double gridX = (x + 0.5 - box.x1) / (static_cast<double>(box.x2) - box.x1) * 2 - 1;
  const double gridY = (y + 0.5 - box.y1) / (static_cast<double>(box.y2) - box.y1) * 2 - 1;
  const double u = ((gridX + 1) * plane.width - 1) / 2;
  const double v = ((gridY + 1) * plane.height - 1) / 2;
  const double x0 = std::floor(u), y0 = std::floor(v);
  double sum = 0;
  for (int corner = 0; corner < 4; ++corner) {
    const double column = x0 + corner % 2, row = y0 + corner / 2;
    if (!(column >= 0 && column < plane.width && row >= 0 && row < plane.height)) continue;
    sum += plane.at(static_cast<int32_t>(column), static_cast<int32_t>(row)) *
           (1 - std::fabs(u - column)) * (1 - std::fabs(v - row));
  }
  return sum;
}

/// The frame that a reference makes by resizing the plane to whole pixels and copying it in.
double wholeValue(const SlowPlane& plane, const Box& box, int32_t x, int32_t y) {
  const auto left = static_cast<int64_t>(box.x1), top = static_cast<int64_t>(box.y1);
  const auto width = std::max<int64_t>(static_cast<int64_t>(box.x2) - left + 1, 1);
  const auto height = std::max<int64_t>(static_cast<int64_t>(box.y2) - top + 1, 1);
  const int64_t column = x - left, row = y - top;
  if (column < 0 || column >= width || row < 0 || row >= height) return 0;
  const double scaleX = static_cast<double>(plane.width) / static_cast<double>(width);
  const double scaleY = static_cast<double>(plane.height) / static_cast<double>(height);
  return plane.clamped((static_cast<double>(column) + 0.5) * scaleX - 0.5,
                       (static_cast<double>(row) + 0.5) * scaleY - 0.5);
}

SlowPlane padded(const SlowPlane& plane) {
  SlowPlane made(plane.width + 2, plane.height + 2);
  for (int32_t y = 0; y < plane.height; ++y) {
    for (int32_t x = 0; x < plane.width; ++x) made.at(x + 1, y + 1) = plane.at(x, y);
  }
  return made;
}

Box expanded(const Box& box, int32_t side) {
  const float scale = static_cast<float>((side + 2.0) / side);
  const float halfWidth = (box.x2 - box.x1) * 0.5f * scale,
              halfHeight = (box.y2 - box.y1) * 0.5f * scale;
  const float x = (box.x2 + box.x1) * 0.5f, y = (box.y2 + box.y1) * 0.5f;
  return {x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight};
}

Box boxSrc(const PlaneScene& scene, size_t k) {
  const Box& net = scene.instances.boxesNet[k];
  const Point low = scene.letterbox.toSrc(Point{net.x1, net.y1});
  const Point high = scene.letterbox.toSrc(Point{net.x2, net.y2});
  return {static_cast<float>(low.x), static_cast<float>(low.y), static_cast<float>(high.x),
          static_cast<float>(high.y)};
}

void expectPaste(PlaneScene& scene) {
  for (const BoxPaste paste :
       {BoxPaste::exactZeroBorder, BoxPaste::wholePixelsZeroBorder, BoxPaste::wholePixels}) {
    SCOPED_TRACE(static_cast<int>(paste));
    scene.source.paste = paste;
    std::vector<SlowPlane> planes;
    std::vector<Box> boxes;
    for (size_t k = 0; k < scene.instances.count(); ++k) {
      const SlowPlane plane = scene.plane(scene.instances.rows[k]);
      const bool border = paste == BoxPaste::wholePixelsZeroBorder;
      planes.push_back(border ? padded(plane) : plane);
      boxes.push_back(border ? expanded(boxSrc(scene, k), plane.width) : boxSrc(scene, k));
    }
    expectMasks(scene, [&](size_t k, int32_t x, int32_t y) {
      const bool exact = paste == BoxPaste::exactZeroBorder;
      const double value =
          exact ? exactValue(planes[k], boxes[k], x, y) : wholeValue(planes[k], boxes[k], x, y);
      return value - scene.source.threshold;
    });
  }
}

TEST(BoxPaste, RandomBoxes_MatchEveryPixelInDoublePrecision) {
  std::mt19937 random(1);
  for (const SizePx src : {SizePx{48, 40}, SizePx{71, 23}, SizePx{23, 71}, SizePx{1, 1},
                           SizePx{1, 30}, SizePx{30, 1}, SizePx{90, 80}}) {
    for (const SizePx msk : {SizePx{7, 7}, SizePx{1, 1}, SizePx{5, 3}, SizePx{28, 28}}) {
      SCOPED_TRACE(::testing::Message() << src.width << "x" << src.height << " msk " << msk.width);
      PlaneScene scene(src, {48, 40}, ResizeMode::letterboxTopLeft, msk, 4);
      scene.source.form = MaskForm::boxPlanes;
      scene.source.threshold = 0.5f;
      scene.source.probability = true;
      scene.fillUniform(random);
      for (uint32_t k = 0; k < 8; ++k) scene.add(scene.randomBox(random), k % 4);
      expectPaste(scene);
    }
  }
}

TEST(BoxPaste, BoxesOnEveryBorder_KeepTheirShape) {
  std::mt19937 random(2);
  PlaneScene scene({40, 30}, {40, 30}, ResizeMode::stretch, {6, 6}, 1);
  scene.source.form = MaskForm::boxPlanes;
  scene.source.threshold = 0.5f;
  scene.source.probability = true;
  scene.fillUniform(random);
  for (const Box& box :
       {Box{0, 0, 10, 10}, Box{30, 20, 40, 30}, Box{0, 12.3f, 3.4f, 30}, Box{0, 0, 40, 30},
        Box{-4.5f, -3.2f, 12, 9}, Box{33.3f, 25.1f, 47, 36}, Box{-100, -100, 150, 160},
        Box{12.6f, 11.4f, 12.9f, 11.8f}, Box{-0.9f, -0.9f, 5, 5}}) {
    scene.add(box, 0);
  }
  expectPaste(scene);
}

TEST(BoxPaste, BoxesWithoutPixels_GiveEmptyMasks) {
  for (const BoxPaste paste :
       {BoxPaste::exactZeroBorder, BoxPaste::wholePixelsZeroBorder, BoxPaste::wholePixels}) {
    PlaneScene scene({40, 30}, {40, 30}, ResizeMode::stretch, {6, 6}, 1);
    scene.source.form = MaskForm::boxPlanes;
    scene.source.paste = paste;
    scene.source.threshold = 0.5f;
    std::fill(scene.planes.begin(), scene.planes.end(), 1.0f);
    for (const Box& box :
         {Box{kNaN, 0, 10, 10}, Box{0, 0, kInf, 10}, Box{-50, 0, -20, 10}, Box{60, 5, 90, 20},
          Box{1e30f, 1e30f, 2e30f, 2e30f}, Box{0, -3e38f, 5, 3e38f}}) {
      scene.add(box, 0);
    }
    MaskColumns masks;
    ASSERT_TRUE(scene.assemble(true, masks).ok());
    for (size_t k = 0; k < 5; ++k) EXPECT_EQ(masks.areasPx[k], 0u) << k;
  }
}

TEST(BoxPaste, RowsBeyondThePlanes_AreBadIndex) {
  for (const MaskForm form : {MaskForm::boxPlanes, MaskForm::planes}) {
    PlaneScene scene({40, 30}, {40, 30}, ResizeMode::stretch, {6, 6}, 3);
    scene.source.form = form;
    scene.add({0, 0, 20, 20}, 2);
    MaskColumns masks;
    ASSERT_TRUE(scene.assemble(false, masks).ok());
    const auto fails = [&](StatusCode code, double value) {
      const Status status = scene.assemble(true, masks);
      EXPECT_EQ(status.code, code);
      EXPECT_EQ(status.value, value);
      EXPECT_EQ(masks.count(), 0u);
    };
    scene.instances.rows[0] = 3;
    fails(StatusCode::badIndex, 3);
    scene.instances.rows[0] = UINT32_MAX;
    fails(StatusCode::badIndex, UINT32_MAX);
    scene.instances.rows.clear();
    fails(StatusCode::badIndex, 0);
    ASSERT_TRUE(scene.instances.rows.push(0).ok());
    scene.source.planes.rank = 3;
    fails(StatusCode::badRank, 3);
    scene.view();
    scene.source.planes.dims[3] = 0;
    fails(StatusCode::badShape, 0);
    scene.view();
    scene.source.threshold = kNaN;
    EXPECT_EQ(scene.assemble(false, masks).code, StatusCode::badArgument);
    scene.source.threshold = 0;
    scene.source.form = static_cast<MaskForm>(17);
    fails(StatusCode::badArgument, 17);
    scene.source.form = form;
    EXPECT_TRUE(scene.assemble(false, masks).ok());
  }
}

TEST(BoxPaste, BoxesWithoutPlanes_AreFull) {
  std::mt19937 random(3);
  PlaneScene scene({70, 50}, {48, 40}, ResizeMode::letterboxCenter, {1, 1}, 1);
  scene.source.form = MaskForm::boxes;
  scene.source.planes = {};
  for (int k = 0; k < 150; ++k) scene.add(scene.randomBox(random), 0);
  scene.add({kNaN, 0, 1, 1}, 0);
  MaskColumns masks;
  ASSERT_TRUE(scene.assemble(true, masks).ok());
  for (size_t k = 0; k < masks.count(); ++k) {
    const Box& box = scene.instances.boxesNet[k];
    const RectPx crop = box.finite() ? cropRect(scene.letterbox.toSrc(box), {70, 50}) : RectPx{};
    EXPECT_EQ(masks.rectsSrc[k], crop);
    EXPECT_EQ(masks.areasPx[k], static_cast<uint32_t>(crop.area()));
    (void)test::fullFrame(masks, k, {70, 50});
  }
  EXPECT_EQ(std::count(masks.coverage.begin(), masks.coverage.end(), 255),
            static_cast<std::ptrdiff_t>(masks.coverage.size()));
}

TEST(BoxPaste, Goldens_AreReproduced) {
  EXPECT_GE(test::expectMaskFormGoldens("boxPlanes"), 30u);
}

}  // namespace
}  // namespace masklet
