#include "decode/yolact_priors.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/cpp/decode_outputs.h"

namespace masklet {
namespace {

using test::expectFailure;

void expectPrior(const Buffer<float>& priors, size_t row, double x, double y, double width,
                 double height) {
  EXPECT_FLOAT_EQ(priors[row * 4], static_cast<float>(x)) << row;
  EXPECT_FLOAT_EQ(priors[row * 4 + 1], static_cast<float>(y)) << row;
  EXPECT_FLOAT_EQ(priors[row * 4 + 2], static_cast<float>(width)) << row;
  EXPECT_FLOAT_EQ(priors[row * 4 + 3], static_cast<float>(height)) << row;
}

TEST(YolactPriors, Base550_AreThoseOfTheReleasedModel) {
  Buffer<float> priors;
  ASSERT_TRUE(makeYolactPriors({550, 550}, 19248, priors).ok());
  ASSERT_EQ(priors.size(), 19248u * 4);
  expectPrior(priors, 0, 0.5 / 69, 0.5 / 69, 24.0 / 550, 24.0 / 550);
  expectPrior(priors, 1, 0.5 / 69, 0.5 / 69, 24 * std::sqrt(0.5) / 550, 24 * std::sqrt(0.5) / 550);
  expectPrior(priors, 2, 0.5 / 69, 0.5 / 69, 24 * std::sqrt(2.0) / 550, 24 * std::sqrt(2.0) / 550);
  expectPrior(priors, 3, 1.5 / 69, 0.5 / 69, 24.0 / 550, 24.0 / 550);
  expectPrior(priors, 3 * 69, 0.5 / 69, 1.5 / 69, 24.0 / 550, 24.0 / 550);
  const size_t second = 3 * 69 * 69;
  expectPrior(priors, second, 0.5 / 35, 0.5 / 35, 48.0 / 550, 48.0 / 550);
  expectPrior(priors, second + 3 * 35 * 35, 0.5 / 18, 0.5 / 18, 96.0 / 550, 96.0 / 550);
  expectPrior(priors, 19247, 4.5 / 5, 4.5 / 5, 384 * std::sqrt(2.0) / 550,
              384 * std::sqrt(2.0) / 550);
}

TEST(YolactPriors, Plus550_HasThreeScalesAndOblongBoxes) {
  Buffer<float> priors;
  ASSERT_TRUE(makeYolactPriors({550, 550}, 57744, priors).ok());
  ASSERT_EQ(priors.size(), 57744u * 4);
  expectPrior(priors, 0, 0.5 / 69, 0.5 / 69, 24.0 / 550, 24.0 / 550);
  expectPrior(priors, 1, 0.5 / 69, 0.5 / 69, 24 * std::sqrt(0.5) / 550, 24 / std::sqrt(0.5) / 550);
  expectPrior(priors, 3, 0.5 / 69, 0.5 / 69, 24 * std::exp2(1.0 / 3) / 550,
              24 * std::exp2(1.0 / 3) / 550);
  expectPrior(priors, 57743, 4.5 / 5, 4.5 / 5, 384 * std::exp2(2.0 / 3) * std::sqrt(2.0) / 550,
              384 * std::exp2(2.0 / 3) / std::sqrt(2.0) / 550);
}

TEST(YolactPriors, OtherInputSize_CutsScalesToWholePixels) {
  Buffer<float> priors;
  // 400: 50, 25, 13, 7, 4 cells a side.
  const size_t count = 3 * (50 * 50 + 25 * 25 + 13 * 13 + 7 * 7 + 4 * 4);
  ASSERT_TRUE(makeYolactPriors({400, 400}, count, priors).ok());
  expectPrior(priors, 0, 0.5 / 50, 0.5 / 50, 17.0 / 400, 17.0 / 400);  // 24 / 550 * 400 = 17.45
  expectPrior(priors, count - 3, 3.5 / 4, 3.5 / 4, 279.0 / 400, 279.0 / 400);
}

TEST(YolactPriors, UnknownCount_Fails) {
  Buffer<float> priors;
  expectFailure(makeYolactPriors({550, 550}, 19247, priors), StatusCode::badShape, 19247);
  expectFailure(makeYolactPriors({544, 550}, 19248, priors), StatusCode::badShape, 19248);
  expectFailure(makeYolactPriors({550, 550}, 0, priors), StatusCode::badShape, 0);
}

}  // namespace
}  // namespace masklet
