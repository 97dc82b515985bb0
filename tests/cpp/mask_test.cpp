#include "mask/mask.h"

#include <gtest/gtest.h>

#include <vector>

namespace masklet {
namespace {

Status validate(RectPx rect, std::vector<uint32_t> runs) {
  return validateMask({rect, runs});
}

TEST(ValidateMask, WellFormed_IsOk) {
  EXPECT_TRUE(validate({}, {}).ok());
  EXPECT_TRUE(validate({5, 6, 0, 3}, {}).ok());
  EXPECT_TRUE(validate({0, 0, 3, 2}, {6}).ok());
  EXPECT_TRUE(validate({0, 0, 3, 2}, {0, 6}).ok());
  EXPECT_TRUE(validate({-3, -2, 3, 2}, {1, 4, 1}).ok());
  EXPECT_TRUE(validate({-kMaxSidePx, -kMaxSidePx, kMaxSidePx, kMaxSidePx}, {0, 1u << 30}).ok());
}

TEST(ValidateMask, WrongSum_IsBadRunsWithTheSum) {
  for (const auto& [runs, sum] : std::vector<std::pair<std::vector<uint32_t>, double>>{
           {{}, 0}, {{5}, 5}, {{1, 6}, 7}, {{0}, 0}, {{UINT32_MAX, 7}, 4294967302.0}}) {
    const Status status = validate({0, 0, 3, 2}, runs);
    EXPECT_EQ(status.code, StatusCode::badRuns);
    EXPECT_EQ(status.value, sum);
  }
}

TEST(ValidateMask, LaterRunOfZero_IsBadRuns) {
  EXPECT_EQ(validate({0, 0, 3, 2}, {3, 0, 3}).code, StatusCode::badRuns);
  EXPECT_EQ(validate({0, 0, 3, 2}, {6, 0}).code, StatusCode::badRuns);
  EXPECT_EQ(validate({0, 0, 0, 2}, {0}).code, StatusCode::badRuns);
}

TEST(ValidateMask, BadRectangle_IsBadSizeWithTheNumber) {
  const auto expectBadSize = [](RectPx rect, double value) {
    const Status status = validate(rect, {});
    EXPECT_EQ(status.code, StatusCode::badSize);
    EXPECT_EQ(status.value, value);
  };
  expectBadSize({0, 0, -1, 2}, -1);
  expectBadSize({0, 0, 2, kMaxSidePx + 1}, kMaxSidePx + 1);
  expectBadSize({-kMaxSidePx - 1, 0, 0, 0}, -kMaxSidePx - 1);
  expectBadSize({0, kMaxSidePx, 1, 1}, kMaxSidePx + 1);
  expectBadSize({INT32_MAX, 0, 1, 1}, INT32_MAX);
  expectBadSize({0, INT32_MIN, 1, 1}, INT32_MIN);
}

}  // namespace
}  // namespace masklet
