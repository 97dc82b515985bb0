#include "decode/query_planes.h"

#include "tests/cpp/slow_masks.h"
#include "tests/cpp/slow_rows.h"

namespace masklet {
namespace {

using test::kInf;
using test::kNaN;
using test::SlowPlane;

TEST(PlaneResizer, RandomSizes_MatchTheFormula) {
  std::mt19937 random(2);
  std::normal_distribution<float> normal(0, 3);
  const SizePx sizes[] = {{1, 1}, {1, 7}, {5, 1}, {4, 3}, {17, 9}, {64, 33}};
  for (const SizePx from : sizes) {
    for (const SizePx to : sizes) {
      SlowPlane slow(from.width, from.height);
      for (double& value : slow.values) value = static_cast<double>(normal(random));
      const std::vector<float> plane(slow.values.begin(), slow.values.end());
      const SlowPlane expected = slow.resized(to.width, to.height);
      PlaneResizer resizer;
      ASSERT_TRUE(resizer.prepare(from, to).ok());
      for (const MaskKernels* kernels : {&simdMaskKernels(), &scalarMaskKernels()}) {
        std::vector<float> resized(expected.values.size(), kNaN);
        resizer.resize(plane.data(), *kernels, resized.data());
        for (size_t i = 0; i < resized.size(); ++i)
          EXPECT_NEAR(resized[i], expected.values[i], 1e-5);
      }
    }
  }
}

TEST(PlaneResizer, BadSides_FailWithTheSide) {
  PlaneResizer resizer;
  test::expectStatus(resizer.prepare({4, 4}, {0, 4}), StatusCode::badSize, 0);
  test::expectStatus(resizer.prepare({4, 4}, {4, 32769}), StatusCode::badSize, 32769);
  EXPECT_TRUE(resizer.prepare({4, 4}, {4, 5}).ok());
}

TEST(MeanProbabilityInside, CountsPositiveLogitsOnly) {
  const float logits[] = {2, -3, 0, kNaN, kInf, -kInf};
  const double sigmoidOfTwo = 1 / (1 + std::exp(-2.0));
  EXPECT_NEAR(meanProbabilityInside(logits, 6), (sigmoidOfTwo + 1) / 2, 1e-5);
  EXPECT_EQ(meanProbabilityInside(logits + 1, 3), 0);
  EXPECT_EQ(meanProbabilityInside(logits, 0), 0);
}

}  // namespace
}  // namespace masklet
