// What the tests of the stages share: columns by name, as web/core reads them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "wasm/stage.h"

namespace masklet::test {

constexpr uint32_t kOk = 0;

constexpr uint32_t number(StatusCode code) {
  return static_cast<uint32_t>(code);
}

/// The numbers of a column, where they lie.
template <class Number, class AnyStage, class Name>
std::span<Number> column(AnyStage& stage, Name name) {
  const Column& found = reinterpret_cast<const Column*>(stage.columns())[static_cast<size_t>(name)];
  EXPECT_EQ(found.type, numberType<Number>());
  return {reinterpret_cast<Number*>(found.address), found.count};
}

template <class Number, class AnyStage, class Name>
std::vector<Number> copyOut(AnyStage& stage, Name name) {
  const std::span<Number> numbers = column<Number>(stage, name);
  return {numbers.begin(), numbers.end()};
}

template <class Number, class AnyStage, class Name>
void copyIn(AnyStage& stage, Name name, const std::vector<Number>& values) {
  const std::span<Number> numbers = column<Number>(stage, name);
  ASSERT_EQ(numbers.size(), values.size());
  std::copy(values.begin(), values.end(), numbers.begin());
}

inline std::vector<uint8_t> noise(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

/// The whole of an image in an input.
inline Geometry geometryOf(SizePx src, SizePx net, ResizeMode mode, SizePx content = {}) {
  Geometry geometry;
  geometry.srcWidth = src.width;
  geometry.srcHeight = src.height;
  geometry.netWidth = net.width;
  geometry.netHeight = net.height;
  geometry.resizeMode = static_cast<uint32_t>(mode);
  geometry.contentWidth = content.width;
  geometry.contentHeight = content.height;
  return geometry;
}

}  // namespace masklet::test
