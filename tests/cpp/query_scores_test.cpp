#include "decode/query_scores.h"

#include <cmath>

#include "tests/cpp/slow_rows.h"

namespace masklet {
namespace {

using test::kInf;
using test::kNaN;

TEST(SigmoidOf, ExtremeLogits_AreProbabilities) {
  EXPECT_EQ(sigmoidOf(0), 0.5f);
  EXPECT_EQ(sigmoidOf(kInf), 1);
  EXPECT_EQ(sigmoidOf(-kInf), 0);
  EXPECT_EQ(sigmoidOf(-3e38f), 0);
  EXPECT_TRUE(std::isnan(sigmoidOf(kNaN)));
}

TEST(SoftmaxRow, LargeLogits_SumToOne) {
  const float logits[] = {300, 301, -300, -kInf};
  float probabilities[4];
  ASSERT_TRUE(softmaxRow(logits, 4, probabilities));
  EXPECT_NEAR(probabilities[1], 1 / (1 + std::exp(-1.0)), 1e-6);
  EXPECT_NEAR(probabilities[0] + probabilities[1], 1, 1e-6);
  EXPECT_EQ(probabilities[2], 0);
  EXPECT_EQ(probabilities[3], 0);
}

TEST(SoftmaxRow, RowsWithoutAnAnswer_AreRefused) {
  float probabilities[2];
  for (const float bad : {kNaN, kInf}) {
    const float logits[] = {1, bad};
    EXPECT_FALSE(softmaxRow(logits, 2, probabilities));
  }
  const float none[] = {-kInf, -kInf};
  EXPECT_FALSE(softmaxRow(none, 2, probabilities));
}

}  // namespace
}  // namespace masklet
