// The SIMD kernels against the scalar definition over every tail length, unaligned rows and special
// values, and the definition against arithmetic written out here.
#include "simd/image_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

using namespace masklet;

namespace {

constexpr size_t kMostCount = 67;
constexpr float kUntouched = -12345.0f;

class ImageKernelsTie : public testing::Test {
 protected:
  std::vector<uint8_t> randomBytes(size_t count) {
    std::uniform_int_distribution<int> byte(0, 255);
    std::vector<uint8_t> bytes(count);
    for (uint8_t& value : bytes) value = static_cast<uint8_t>(byte(random_));
    return bytes;
  }
  std::vector<float> randomFloats(size_t count, float low, float high) {
    std::uniform_real_distribution<float> number(low, high);
    std::vector<float> numbers(count);
    for (float& value : numbers) value = number(random_);
    return numbers;
  }
  /// Floats with NaN, infinities, denormals, huge values and ties of rounding among them.
  std::vector<float> specialFloats(size_t count) {
    using Limits = std::numeric_limits<float>;
    const float special[] = {Limits::quiet_NaN(),
                             Limits::infinity(),
                             -Limits::infinity(),
                             Limits::max(),
                             -Limits::max(),
                             Limits::denorm_min(),
                             -0.0f,
                             0.5f,
                             254.5f,
                             255.49f,
                             255.5f,
                             -0.5f,
                             0.49999997f,
                             1e10f,
                             -1e10f,
                             127.5f};
    std::vector<float> numbers = randomFloats(count, -300, 600);
    std::uniform_int_distribution<size_t> pick(0, std::size(special) - 1);
    for (size_t i = 0; i < count; i += 2) numbers[i] = special[pick(random_)];
    return numbers;
  }
  std::vector<uint32_t> randomOffsets(size_t count, uint32_t pixels, uint32_t span) {
    std::uniform_int_distribution<uint32_t> pixel(0, pixels - span);
    std::vector<uint32_t> offsets(count);
    for (uint32_t& offset : offsets) offset = 4 * pixel(random_);
    return offsets;
  }

  std::mt19937 random_{11};
  const ImageKernels& scalar_ = scalarImageKernels();
  const ImageKernels& simd_ = simdImageKernels();
};

/// Equal bits, or both NaN.
void expectSame(const std::vector<float>& a, const std::vector<float>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    uint32_t bitsA = 0;
    uint32_t bitsB = 0;
    std::memcpy(&bitsA, &a[i], 4);
    std::memcpy(&bitsB, &b[i], 4);
    ASSERT_EQ(bitsA, bitsB) << "element " << i << ": " << a[i] << " and " << b[i];
  }
}

}  // namespace

TEST_F(ImageKernelsTie, LerpColumns_AllTails_Identical) {
  constexpr uint32_t pixels = 53;
  for (size_t count = 0; count <= kMostCount; ++count) {
    const std::vector<uint8_t> row = randomBytes(4 * pixels + 1);  // + 1: an odd start is unaligned
    const std::vector<uint32_t> offsets = randomOffsets(count, pixels, 2);
    std::vector<float> weights = randomFloats(count, 0, 1);
    for (size_t i = 0; i < count; i += 5) weights[i] = i % 2 == 0 ? 0.0f : 1.0f;
    const size_t stride = count + 3;
    std::vector<float> expected(3 * stride, kUntouched);
    std::vector<float> actual = expected;
    scalar_.lerpColumns(row.data() + 1, offsets.data(), weights.data(), count, expected.data(),
                        stride);
    simd_.lerpColumns(row.data() + 1, offsets.data(), weights.data(), count, actual.data(), stride);
    expectSame(expected, actual);
    for (size_t i = 0; i < count; ++i) {
      for (size_t c = 0; c < 3; ++c) {
        const double p0 = row[1 + offsets[i] + c];
        const double p1 = row[1 + offsets[i] + 4 + c];
        ASSERT_NEAR(expected[c * stride + i], p0 + (p1 - p0) * weights[i], 1e-4);
      }
    }
  }
}

TEST_F(ImageKernelsTie, GatherColumns_AllTails_Identical) {
  constexpr uint32_t pixels = 40;
  for (size_t count = 0; count <= kMostCount; ++count) {
    const std::vector<uint8_t> row = randomBytes(4 * pixels + 1);
    const std::vector<uint32_t> offsets = randomOffsets(count, pixels, 1);
    const size_t stride = count + 1;
    std::vector<float> expected(3 * stride, kUntouched);
    std::vector<float> actual = expected;
    scalar_.gatherColumns(row.data() + 1, offsets.data(), count, expected.data(), stride);
    simd_.gatherColumns(row.data() + 1, offsets.data(), count, actual.data(), stride);
    expectSame(expected, actual);
    for (size_t i = 0; i < count; ++i) ASSERT_EQ(expected[2 * stride + i], row[1 + offsets[i] + 2]);
  }
}

TEST_F(ImageKernelsTie, LerpAndScaleRows_AllTailsAndSpecials_Identical) {
  for (size_t count = 0; count <= kMostCount; ++count) {
    for (const bool special : {false, true}) {
      const std::vector<float> top =
          special ? specialFloats(count + 1) : randomFloats(count + 1, 0, 255);
      const std::vector<float> bottom =
          special ? specialFloats(count + 1) : randomFloats(count + 1, 0, 255);
      std::vector<float> expected(count + 2, kUntouched);
      std::vector<float> actual = expected;
      scalar_.lerpRows(top.data() + 1, bottom.data() + 1, 0.3f, 1.7f, -0.2f, count,
                       expected.data() + 1);
      simd_.lerpRows(top.data() + 1, bottom.data() + 1, 0.3f, 1.7f, -0.2f, count,
                     actual.data() + 1);
      expectSame(expected, actual);
      EXPECT_EQ(actual.back(), kUntouched);
      scalar_.scaleRow(top.data() + 1, 1.7f, -0.2f, count, expected.data() + 1);
      simd_.scaleRow(top.data() + 1, 1.7f, -0.2f, count, actual.data() + 1);
      expectSame(expected, actual);
      EXPECT_EQ(actual.back(), kUntouched);
    }
  }
}

TEST_F(ImageKernelsTie, RowsInPlace_AreAllowed) {
  const std::vector<float> top = randomFloats(29, 0, 255);
  const std::vector<float> bottom = randomFloats(29, 0, 255);
  std::vector<float> expected(29);
  scalar_.lerpRows(top.data(), bottom.data(), 0.25f, 2, 1, 29, expected.data());
  for (const ImageKernels* kernels : {&scalar_, &simd_}) {
    std::vector<float> inPlace = bottom;
    kernels->lerpRows(top.data(), inPlace.data(), 0.25f, 2, 1, 29, inPlace.data());
    expectSame(expected, inPlace);
  }
}

TEST(ImageKernels, Default_IsTheOneTheBuildAsksFor) {
#if defined(MASKLET_SCALAR) && MASKLET_SCALAR
  EXPECT_EQ(&defaultImageKernels(), &scalarImageKernels());
#else
  EXPECT_EQ(&defaultImageKernels(), &simdImageKernels());
#endif
  EXPECT_NE(scalarImageKernels().lerpColumns, simdImageKernels().lerpColumns);
}
