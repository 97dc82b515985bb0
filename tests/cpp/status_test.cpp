#include "core/status.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

using namespace masklet;

TEST(Status, Default_IsOk) {
  EXPECT_TRUE(Status{}.ok());
  EXPECT_TRUE(okStatus().ok());
  EXPECT_EQ(static_cast<uint32_t>(StatusCode::ok), 0u);
}

TEST(Status, Fail_CarriesCodeAndValue) {
  const Status status = fail(StatusCode::badSize, int32_t{-7});
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.code, StatusCode::badSize);
  EXPECT_EQ(status.value, -7);
}

TEST(Status, List_NumbersAndTextsAreDistinctAndDense) {
  std::set<uint32_t> numbers;
  std::set<std::string> texts;
  uint32_t count = 0;
#define MASKLET_STATUS(name, number, text) \
  ++count;                                 \
  numbers.insert(number);                  \
  texts.insert(statusText(StatusCode::name));
#include "core/status.def"
#undef MASKLET_STATUS
  EXPECT_EQ(numbers.size(), count);
  EXPECT_EQ(texts.size(), count);
  EXPECT_EQ(*numbers.begin(), 0u);
  EXPECT_EQ(*numbers.rbegin(), count - 1);
}

TEST(Status, Texts_ExplainTheValue) {
#define MASKLET_STATUS(name, number, text)                                                     \
  if (number != 0) {                                                                           \
    EXPECT_NE(std::string(statusText(StatusCode::name)).find("; value: "), std::string::npos); \
  }
#include "core/status.def"
#undef MASKLET_STATUS
}

TEST(Status, UnknownCode_HasAText) {
  EXPECT_STREQ(statusText(static_cast<StatusCode>(9999)), "unknown status");
}

namespace {

Status passThrough(Status inner, bool& reached) {
  MASKLET_TRY(inner);
  reached = true;
  return okStatus();
}

}  // namespace

TEST(Status, Try_ReturnsAtTheFirstFailure) {
  bool reached = false;
  EXPECT_EQ(passThrough(fail(StatusCode::badRank, 9), reached).code, StatusCode::badRank);
  EXPECT_FALSE(reached);
  EXPECT_TRUE(passThrough(okStatus(), reached).ok());
  EXPECT_TRUE(reached);
}
