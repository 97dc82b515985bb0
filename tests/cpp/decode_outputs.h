// Tensors for decoder tests, and what such tests expect of a status.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <vector>

#include "core/instances.h"
#include "core/view.h"

namespace masklet::test {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();
inline constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();

/// A tensor that owns its values.
struct OwnedTensor {
  std::vector<float> values;
  TensorView view;

  OwnedTensor() = default;
  OwnedTensor(std::initializer_list<uint32_t> dims) {
    size_t count = 1;
    for (const uint32_t dim : dims) {
      view.dims[view.rank++] = dim;
      count *= dim;
    }
    values.resize(count);
    view.data = values.data();
  }
  // The view looks into the values.
  OwnedTensor(const OwnedTensor& other) : values(other.values), view(other.view) {
    view.data = values.data();
  }
  OwnedTensor& operator=(const OwnedTensor& other) {
    values = other.values;
    view = other.view;
    view.data = values.data();
    return *this;
  }

  float& operator[](size_t i) { return values[i]; }
  void setRow(size_t row, std::initializer_list<float> row4) {
    size_t at = row * row4.size();
    for (const float value : row4) values[at++] = value;
  }
};

inline void expectFailure(const Status& status, StatusCode code, double value) {
  EXPECT_EQ(status.code, code);
  EXPECT_EQ(status.value, value);
}

inline void expectBox(const Box& actual, const Box& expected, float tolerance) {
  EXPECT_NEAR(actual.x1, expected.x1, tolerance);
  EXPECT_NEAR(actual.y1, expected.y1, tolerance);
  EXPECT_NEAR(actual.x2, expected.x2, tolerance);
  EXPECT_NEAR(actual.y2, expected.y2, tolerance);
}

/// The sequence of rows that instances came from.
inline std::vector<uint32_t> rowsOf(const Instances& instances) {
  return {instances.rows.begin(), instances.rows.end()};
}

}  // namespace masklet::test
