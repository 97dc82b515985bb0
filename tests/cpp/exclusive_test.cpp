#include "assemble/exclusive.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/cpp/slow_masks.h"

namespace masklet {
namespace {

using test::fullFrame;
using test::PlaneScene;
using test::SlowPlane;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

void makeExclusive(PlaneScene& scene) {
  scene.source.form = MaskForm::planes;
  scene.source.exclusive.on = true;
  scene.source.cropToBox = false;
  scene.source.probability = true;
  scene.source.threshold = 0.5f;
}

/// What compute_segments of transformers does, over whole frames in double precision.
struct SlowContest {
  std::vector<SlowPlane> values;          ///< of each instance at every source pixel
  std::vector<std::vector<uint8_t>> own;  ///< pixels of each instance; empty when it was dropped
  std::vector<uint8_t> decided;           ///< pixels that rounding does not decide

  explicit SlowContest(const PlaneScene& scene) {
    const SizePx src = scene.letterbox.src;
    const size_t pixels = static_cast<size_t>(src.width) * src.height;
    const size_t count = scene.instances.count();
    for (size_t k = 0; k < count; ++k) {
      values.push_back(sampled(scene, scene.plane(scene.instances.rows[k])));
    }
    own.assign(count, std::vector<uint8_t>(pixels, 0));
    decided.assign(pixels, 1);
    std::vector<double> full(count, 0);
    for (size_t p = 0; p < pixels; ++p) {
      size_t winner = 0;
      for (size_t k = 0; k < count; ++k) {
        const double weighted = values[k].values[p] * scene.instances.scores[k];
        const double best = values[winner].values[p] * scene.instances.scores[winner];
        full[k] += weighted >= scene.source.threshold ? 1 : 0;
        if (k != winner && std::fabs(weighted - best) < 1e-5) decided[p] = 0;
        const bool first = scene.instances.rows[k] < scene.instances.rows[winner];
        if (weighted > best || (weighted == best && first)) winner = k;
      }
      if (count != 0) own[winner][p] = 1;
    }
    uint32_t left = 0;
    for (size_t k = 0; k < count; ++k) {
      const auto kept = static_cast<double>(std::count(own[k].begin(), own[k].end(), 1));
      const bool hidden = !scene.source.hidden.empty() && scene.source.hidden[k] != 0;
      const bool valid =
          kept > 0 && full[k] > 0 &&
          static_cast<double>(static_cast<float>(kept) / static_cast<float>(full[k])) >
              scene.source.exclusive.minShare;
      if (valid && !hidden && left < scene.source.exclusive.maxInstances) {
        ++left;
      } else {
        own[k].clear();
      }
    }
  }

  static SlowPlane sampled(const PlaneScene& scene, const SlowPlane& plane) {
    const Letterbox& letterbox = scene.letterbox;
    SlowPlane made(letterbox.src.width, letterbox.src.height);
    for (int32_t y = 0; y < made.height; ++y) {
      for (int32_t x = 0; x < made.width; ++x) {
        const Point net = letterbox.toNet(Point{x + 0.5, y + 0.5});
        made.at(x, y) = plane.clamped(net.x * plane.width / letterbox.net.width - 0.5,
                                      net.y * plane.height / letterbox.net.height - 0.5);
      }
    }
    return made;
  }
};

void expectContest(const PlaneScene& scene) {
  const SlowContest slow(scene);
  const SizePx src = scene.letterbox.src;
  MaskColumns masks;
  ASSERT_TRUE(scene.assemble(true, masks).ok());
  ASSERT_EQ(masks.count(), scene.instances.count());
  for (size_t k = 0; k < masks.count(); ++k) {
    const std::vector<uint8_t> pixels = fullFrame(masks, k, src);
    ASSERT_EQ(slow.own[k].empty(), masks.areasPx[k] == 0) << "instance " << k;
    if (slow.own[k].empty()) continue;
    const RectPx rect = masks.rectsSrc[k];
    for (size_t p = 0; p < pixels.size(); ++p) {
      if (slow.decided[p] != 0) {
        ASSERT_EQ(pixels[p], slow.own[k][p]) << "instance " << k << " pixel " << p;
      }
      const auto x = static_cast<int32_t>(p) % src.width, y = static_cast<int32_t>(p) / src.width;
      if (intersect({x, y, 1, 1}, rect).empty()) continue;
      const size_t at = static_cast<size_t>(y - rect.y) * rect.width + (x - rect.x);
      const double level =
          pixels[p] != 0 ? 255 * std::clamp(slow.values[k].values[p], 0.0, 1.0) : 0;
      ASSERT_NEAR(masks.coverage[masks.coverageOffsets[k] + at], level, 0.51);
    }
  }
  MaskColumns scalar;
  ASSERT_TRUE(scene.assemble(true, scalar, scalarMaskKernels()).ok());
  test::expectSameMasks(masks, scalar);
  MaskColumns hard;
  ASSERT_TRUE(scene.assemble(false, hard).ok());
  EXPECT_TRUE(test::sameBuffers(hard.runs, masks.runs));
}

TEST(Exclusive, RandomContests_MatchWholeFramesInDoublePrecision) {
  std::mt19937 random(1);
  for (const SizePx src : {SizePx{48, 40}, SizePx{77, 13}, SizePx{13, 77}, SizePx{1, 1},
                           SizePx{1, 20}, SizePx{20, 1}, SizePx{90, 70}}) {
    for (const SizePx msk : {SizePx{6, 5}, SizePx{1, 1}, SizePx{1, 5}, SizePx{12, 10}}) {
      for (const double minShare : {0.0, 0.3, 0.8}) {
        SCOPED_TRACE(::testing::Message()
                     << src.width << "x" << src.height << " msk " << msk.width);
        PlaneScene scene(src, {48, 40}, ResizeMode::stretch, msk, 7);
        makeExclusive(scene);
        scene.source.exclusive.minShare = minShare;
        scene.fillUniform(random);
        float score = 1;
        for (const uint32_t row : {3u, 0u, 6u, 1u, 5u}) scene.add({}, row, score *= 0.97f);
        expectContest(scene);
        ASSERT_TRUE(scene.source.hidden.resize(5).ok());
        for (uint8_t& hidden : scene.source.hidden) hidden = random() % 3 == 0 ? 1 : 0;
        scene.source.exclusive.maxInstances = 2;
        expectContest(scene);
      }
    }
  }
}

TEST(Exclusive, MoreThanAHundred_MatchWholeFrames) {
  std::mt19937 random(2);
  PlaneScene scene({60, 44}, {48, 40}, ResizeMode::letterboxTopLeft, {24, 20}, 130);
  makeExclusive(scene);
  scene.source.exclusive.minShare = 0;
  scene.fillUniform(random);
  for (uint32_t row = 0; row < 130; ++row) scene.add({}, row, 1 - static_cast<float>(row) / 1000);
  expectContest(scene);
}

// Equal bids: the reference's argmax takes the first query, whatever the order by score.
TEST(Exclusive, EqualBids_GoToTheLowestRow) {
  PlaneScene scene({10, 8}, {48, 40}, ResizeMode::stretch, {3, 3}, 2);
  makeExclusive(scene);
  std::fill(scene.planes.begin(), scene.planes.end(), 0.75f);
  scene.add({}, 1);
  scene.add({}, 0);
  MaskColumns masks;
  ASSERT_TRUE(scene.assemble(false, masks).ok());
  EXPECT_EQ(masks.areasPx[0], 0u);
  EXPECT_EQ(masks.areasPx[1], 0u);  // 0.75 * 0.5 nowhere reaches 0.5
  scene.source.threshold = 0.3f;
  ASSERT_TRUE(scene.assemble(false, masks).ok());
  EXPECT_EQ(masks.areasPx[0], 0u);
  EXPECT_EQ(masks.areasPx[1], 80u);
}

// fp32 rounds 4/5 to a little more than the double 0.8, so the reference keeps it.
TEST(Exclusive, ExactlyFourFifths_IsKept) {
  PlaneScene scene({5, 1}, {5, 1}, ResizeMode::stretch, {5, 1}, 2);
  makeExclusive(scene);
  scene.planes = {0.9f, 0.9f, 0.9f, 0.9f, 0.6f, 0, 0, 0, 0, 0.95f};
  scene.view();
  scene.add({}, 0, 0.99f);
  scene.add({}, 1, 0.98f);
  MaskColumns masks;
  ASSERT_TRUE(scene.assemble(false, masks).ok());
  EXPECT_EQ(masks.areasPx[0], 4u);
  EXPECT_EQ(masks.areasPx[1], 1u);
}

TEST(Exclusive, NaN_NeverWins) {
  PlaneScene scene({6, 4}, {6, 4}, ResizeMode::stretch, {6, 4}, 2);
  makeExclusive(scene);
  std::fill_n(scene.planes.begin(), 24, kNaN);
  std::fill_n(scene.planes.begin() + 24, 24, 0.9f);
  scene.planes[30] = kNaN;  // here nobody bids
  scene.add({}, 0, 1);
  scene.add({}, 1, 0.9f);
  MaskColumns masks;
  ASSERT_TRUE(scene.assemble(true, masks).ok());
  EXPECT_EQ(masks.areasPx[0], 0u);
  EXPECT_EQ(masks.areasPx[1], 23u);
  EXPECT_EQ(fullFrame(masks, 1, {6, 4})[6], 0);
}

TEST(Exclusive, WrongSources_FailAndClearTheResult) {
  PlaneScene scene({6, 4}, {6, 4}, ResizeMode::stretch, {6, 4}, 2);
  makeExclusive(scene);
  MaskColumns masks;
  ASSERT_TRUE(scene.assemble(true, masks).ok());  // no instances
  EXPECT_EQ(masks.runOffsets.size(), 1u);
  scene.add({}, 0);
  scene.source.form = MaskForm::boxPlanes;
  EXPECT_EQ(scene.assemble(true, masks).code, StatusCode::badArgument);
  scene.source.form = MaskForm::planes;
  scene.source.viaSize = {3, 3};
  EXPECT_EQ(scene.assemble(true, masks).code, StatusCode::badArgument);
  scene.source.viaSize = {};
  ASSERT_TRUE(scene.source.hidden.resize(2).ok());
  const Status status = scene.assemble(true, masks);
  EXPECT_EQ(status.code, StatusCode::badShape);
  EXPECT_EQ(status.value, 2);
  EXPECT_EQ(masks.count(), 0u);
}

}  // namespace
}  // namespace masklet
