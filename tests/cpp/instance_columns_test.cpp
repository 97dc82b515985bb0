#include "wasm/instance_columns.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "simd/mask_kernels.h"

namespace masklet {
namespace {

constexpr uint32_t kSideMsk = 16;
constexpr int32_t kSideNet = 64;

// Two prototype planes: 1 everywhere, and a ramp from -7.5 on the left to 7.5 on the right.
struct Scene {
  std::vector<float> prototypes;
  Letterbox letterbox;
  Instances instances;

  explicit Scene(SizePx src) {
    EXPECT_TRUE(
        makeLetterbox(src, {kSideNet, kSideNet}, ResizeMode::letterboxCenter, letterbox).ok());
    prototypes.assign(kSideMsk * kSideMsk, 1.0f);
    for (uint32_t i = 0; i < kSideMsk * kSideMsk; ++i) {
      prototypes.push_back(static_cast<float>(i % kSideMsk) - 7.5f);
    }
    instances.coefficientCount = 2;
  }

  void add(const Box& boxNet, float constant, float slope) {
    const float rank = static_cast<float>(instances.count());
    ASSERT_TRUE(instances.boxesNet.push(boxNet).ok());
    ASSERT_TRUE(instances.scores.push(1 - rank / 1000).ok());
    ASSERT_TRUE(instances.classIds.push(static_cast<uint32_t>(instances.count())).ok());
    ASSERT_TRUE(instances.coefficients.push(constant).ok());
    ASSERT_TRUE(instances.coefficients.push(slope).ok());
  }

  TensorView view() const { return {prototypes.data(), {1, 2, kSideMsk, kSideMsk}, 4}; }

  Status make(bool soft, InstanceColumns& columns) const {
    return makeInstanceColumns(instances, prototypeSource(view()), letterbox, soft,
                               defaultMaskKernels(), columns);
  }
};

template <class T>
std::vector<T> slice(const Buffer<T>& values, const Buffer<uint32_t>& offsets, size_t row) {
  return {values.data() + offsets[row], values.data() + offsets[row + 1]};
}

// The slow definition: every row of assembleMasks that has a pixel, in order.
void expectRowsWithPixels(const Scene& scene, bool soft) {
  MaskColumns all;
  ASSERT_TRUE(assembleMasks(scene.instances, prototypeSource(scene.view()), scene.letterbox, soft,
                            defaultMaskKernels(), all)
                  .ok());
  InstanceColumns columns;
  ASSERT_TRUE(scene.make(soft, columns).ok());
  size_t row = 0;
  for (size_t from = 0; from < scene.instances.count(); ++from) {
    if (all.areasPx[from] == 0) continue;
    ASSERT_LT(row, columns.count());
    const Box box = scene.letterbox.toSrc(scene.instances.boxesNet[from]);
    EXPECT_EQ(columns.boxesSrc[row].x1, box.x1);
    EXPECT_EQ(columns.boxesSrc[row].y2, box.y2);
    EXPECT_EQ(columns.scores[row], scene.instances.scores[from]);
    EXPECT_EQ(columns.classIds[row], scene.instances.classIds[from]);
    EXPECT_EQ(columns.masks.rectsSrc[row], all.rectsSrc[from]);
    EXPECT_EQ(columns.masks.areasPx[row], all.areasPx[from]);
    EXPECT_EQ(slice(columns.masks.runs, columns.masks.runOffsets, row),
              slice(all.runs, all.runOffsets, from));
    EXPECT_EQ(slice(columns.masks.coverage, columns.masks.coverageOffsets, row),
              slice(all.coverage, all.coverageOffsets, from));
    ++row;
  }
  EXPECT_EQ(columns.count(), row);
  EXPECT_EQ(columns.masks.runOffsets.size(), row + 1);
  EXPECT_EQ(columns.masks.coverageOffsets.size(), row + 1);
  EXPECT_EQ(columns.masks.runs.size(), columns.masks.runOffsets[row]);
  EXPECT_EQ(columns.masks.coverage.size(), columns.masks.coverageOffsets[row]);
}

TEST(InstanceColumns, NegativeLogitsEmptyAndOutsideBoxes_AreLeftOut) {
  Scene scene({128, 128});
  scene.add({1, 1, 20, 20}, 1, 0);          // full
  scene.add({5, 5, 30, 30}, -1, 0);         // no positive logit
  scene.add({8, 8, 8, 30}, 1, 0);           // no width
  scene.add({40, 4, 60, 50}, 0, 1);         // the right half
  scene.add({200, 200, 300, 300}, 1, 0);    // outside
  scene.add({10.1f, 10, 10.2f, 30}, 1, 0);  // between two pixel indices
  scene.add({2, 30, 62, 62}, 0, -1);        // the left half
  InstanceColumns columns;
  ASSERT_TRUE(scene.make(false, columns).ok());
  ASSERT_EQ(columns.count(), 3u);
  EXPECT_EQ(columns.classIds[0], 1u);
  EXPECT_EQ(columns.classIds[1], 4u);
  EXPECT_EQ(columns.classIds[2], 7u);
  EXPECT_EQ(columns.masks.rectsSrc[0], (RectPx{2, 2, 38, 38}));
  EXPECT_EQ(columns.masks.areasPx[0], 38u * 38u);
  expectRowsWithPixels(scene, false);
  expectRowsWithPixels(scene, true);
}

TEST(InstanceColumns, AllEmpty_GiveNoRowAndOneOffset) {
  Scene scene({128, 96});
  for (int i = 0; i < 3; ++i) scene.add({5, 5, 30, 30}, -1, 0);
  InstanceColumns columns;
  ASSERT_TRUE(scene.make(true, columns).ok());
  EXPECT_EQ(columns.count(), 0u);
  ASSERT_EQ(columns.masks.runOffsets.size(), 1u);
  EXPECT_EQ(columns.masks.runOffsets[0], 0u);
  EXPECT_TRUE(columns.masks.runs.empty());
  EXPECT_TRUE(columns.masks.coverage.empty());
}

TEST(InstanceColumns, NoInstances_GiveNoRow) {
  InstanceColumns columns;
  ASSERT_TRUE(Scene({33, 77}).make(false, columns).ok());
  EXPECT_EQ(columns.count(), 0u);
  EXPECT_EQ(columns.masks.runOffsets.size(), 1u);
}

TEST(InstanceColumns, RandomInstances_AreTheRowsWithPixels) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> corner(-10, kSideNet + 10.0f);
  std::uniform_real_distribution<float> coefficient(-1, 1);
  for (int round = 0; round < 40; ++round) {
    const int32_t width = 1 + static_cast<int32_t>(random() % 200);
    Scene scene({width, 1 + static_cast<int32_t>(random() % 200)});
    const size_t count = random() % 30;
    for (size_t i = 0; i < count; ++i) {
      const float x = corner(random);
      const float y = corner(random);
      const float size = static_cast<float>(random() % 30);
      scene.add({x, y, x + size, y + size}, coefficient(random) * 4, coefficient(random));
    }
    expectRowsWithPixels(scene, round % 2 == 0);
  }
}

// A network without boxes: they are those of the masks, also when rows without pixels are left out.
TEST(InstanceColumns, BoxFromMask_IsTheTightBoxOfTheObject) {
  std::vector<float> planes(size_t{3} * 8 * 8, -1.0f);
  planes[64 + 2 * 8 + 3] = 9;  // plane 1: around one sample
  for (size_t i = 128; i < 192; ++i) planes[i] = 1;
  Letterbox letterbox;
  ASSERT_TRUE(makeLetterbox({32, 32}, {64, 64}, ResizeMode::stretch, letterbox).ok());
  Instances instances;
  for (const uint32_t row : {0u, 2u, 1u}) {
    ASSERT_TRUE(instances.boxesNet.push({1, 2, 3, 4}).ok());
    ASSERT_TRUE(instances.scores.push(0.5f).ok());
    ASSERT_TRUE(instances.classIds.push(row).ok());
    ASSERT_TRUE(instances.rows.push(row).ok());
  }
  MaskSource source;
  source.form = MaskForm::planes;
  source.planes = {planes.data(), {1, 3, 8, 8}, 4};
  source.cropToBox = false;
  source.boxFromMask = true;
  InstanceColumns columns;
  ASSERT_TRUE(
      makeInstanceColumns(instances, source, letterbox, true, defaultMaskKernels(), columns).ok());
  ASSERT_EQ(columns.count(), 2u);
  const auto corners = [&](size_t row) {
    const Box& box = columns.boxesSrc[row];
    return std::vector<float>{box.x1, box.y1, box.x2, box.y2};
  };
  EXPECT_EQ(corners(0), (std::vector<float>{0, 0, 32, 32}));
  // Samples are 4 pixels apart, the one at (14, 10): 9 falls to -1 within 4 pixels, so pixel
  // centers up to 3.6 away are object: 3.5 on each side.
  EXPECT_EQ(corners(1), (std::vector<float>{10, 6, 18, 14}));
  EXPECT_EQ(columns.rows[0], 2u);
  EXPECT_EQ(columns.rows[1], 1u);
}

TEST(InstanceColumns, PrototypesOfAnotherDepth_AreBadShapeAndClearTheResult) {
  Scene scene({128, 128});
  scene.add({1, 1, 20, 20}, 1, 0);
  InstanceColumns columns;
  ASSERT_TRUE(scene.make(false, columns).ok());
  TensorView prototypes = scene.view();
  prototypes.dims[1] = 1;
  const Status status = makeInstanceColumns(scene.instances, prototypeSource(prototypes),
                                            scene.letterbox, false, defaultMaskKernels(), columns);
  EXPECT_EQ(status.code, StatusCode::badShape);
  EXPECT_EQ(columns.count(), 0u);
}

}  // namespace
}  // namespace masklet
