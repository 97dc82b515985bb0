#include "simd/mask_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "simd/sigmoid.h"

namespace masklet {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

/// Random values with `specialPercent` of NaN, infinities, zeros of both signs, denormals and
/// values near the end of the range.
std::vector<float> randomFloats(std::mt19937& random, size_t count, int specialPercent) {
  const float specials[] = {kNaN, kInf, -kInf, 0.0f, -0.0f, 1e-41f, -1e-41f, 3e38f, -3e38f};
  std::normal_distribution<float> normal(0, 2);
  std::uniform_int_distribution<int> percent(0, 99);
  std::uniform_int_distribution<size_t> pick(0, std::size(specials) - 1);
  std::vector<float> values(count);
  for (float& value : values)
    value = percent(random) < specialPercent ? specials[pick(random)] : normal(random);
  return values;
}

/// Equal bit for bit, all NaN being one.
::testing::AssertionResult sameBits(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size())
    return ::testing::AssertionFailure() << a.size() << " and " << b.size() << " values";
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    if (std::memcmp(&a[i], &b[i], sizeof(float)) != 0) {
      return ::testing::AssertionFailure() << "at " << i << ": " << a[i] << " and " << b[i];
    }
  }
  return ::testing::AssertionSuccess();
}

/// Taps and what they are made of.
struct TapColumns {
  std::vector<uint32_t> left;
  std::vector<float> weight;
  std::vector<uint32_t> cellStartPx;
  std::vector<uint32_t> cellLeft;
  std::vector<float> firstWeight;
  std::vector<float> lastWeight;
  ColumnTaps taps;

  void addPixel(uint32_t at, float pixelWeight) {
    if (left.empty() || left.back() != at) {
      cellStartPx.push_back(static_cast<uint32_t>(left.size()));
      cellLeft.push_back(at);
      firstWeight.push_back(pixelWeight);
      lastWeight.push_back(pixelWeight);
    }
    lastWeight.back() = pixelWeight;
    left.push_back(at);
    weight.push_back(pixelWeight);
  }

  void finish() {
    cellStartPx.push_back(static_cast<uint32_t>(left.size()));
    bool contiguous = true;
    for (size_t k = 0; k < cellLeft.size(); ++k)
      contiguous = contiguous && cellLeft[k] == cellLeft[0] + k;
    taps = {left.size(),        left.data(),        weight.data(),
            cellLeft.size(),    cellStartPx.data(), cellLeft.data(),
            firstWeight.data(), lastWeight.data(),  contiguous};
  }
};

/// `widthPx` pixels beginning at `start` samples, `step` samples apart.
TapColumns makeTaps(size_t widthPx, double start, double step) {
  TapColumns columns;
  for (size_t x = 0; x < widthPx; ++x) {
    const double sample = start + step * static_cast<double>(x);
    columns.addPixel(static_cast<uint32_t>(sample),
                     static_cast<float>(sample - std::floor(sample)));
  }
  columns.finish();
  return columns;
}

size_t samplesNeeded(const TapColumns& columns) {
  return columns.left.empty() ? 0 : columns.left.back() + size_t{2};
}

std::vector<uint32_t> edgesOf(const MaskKernels& kernels, const std::vector<float>& row,
                              const TapColumns& columns) {
  std::vector<uint32_t> edges(
      columns.left.size());  // exactly the promised room: one more would be seen by the sanitizer
  edges.resize(kernels.findEdges(row.data(), columns.taps, edges.data()));
  return edges;
}

std::vector<uint32_t> expectedEdges(const std::vector<float>& row, const TapColumns& columns) {
  std::vector<uint32_t> edges;
  bool inside = false;
  for (size_t x = 0; x < columns.left.size(); ++x) {
    const float a = row[columns.left[x]];
    const float b = row[columns.left[x] + 1];
    const float logit = a + (b - a) * columns.weight[x];
    if ((logit > 0) != inside) {
      edges.push_back(static_cast<uint32_t>(x));
      inside = !inside;
    }
  }
  return edges;
}

TEST(MaskKernels, MaxOverPlanes_AnyTail_IsGreatestIgnoringNaN) {
  std::mt19937 random(1);
  for (const size_t planeCount : {1, 2, 3, 4, 5, 7, 8, 9, 80, 91}) {
    for (size_t count = 0; count <= 21; ++count) {
      const size_t stride = count + 3;
      const std::vector<float> planes = randomFloats(random, planeCount * stride + 1, 20);
      const float* from = planes.data() + 1;  // off any 16-byte alignment
      std::vector<float> expected(count);
      for (size_t i = 0; i < count; ++i) {
        expected[i] = -kInf;
        for (size_t k = 0; k < planeCount; ++k)
          expected[i] = std::fmax(expected[i], from[k * stride + i]);
      }
      std::vector<float> scalar(count), simd(count);
      scalarMaskKernels().maxOverPlanes(from, stride, planeCount, count, scalar.data());
      simdMaskKernels().maxOverPlanes(from, stride, planeCount, count, simd.data());
      EXPECT_TRUE(sameBits(scalar, simd)) << planeCount << " planes of " << count;
      for (size_t i = 0; i < count; ++i)
        EXPECT_EQ(simd[i], expected[i]) << planeCount << " planes of " << count;
    }
  }
}

TEST(MaskKernels, MaxOverPlanes_AllNaN_IsMinusInfinity) {
  const std::vector<float> planes(5 * 6, kNaN);
  for (const MaskKernels* kernels : {&scalarMaskKernels(), &simdMaskKernels()}) {
    std::vector<float> best(6, 0.0f);
    kernels->maxOverPlanes(planes.data(), 6, 5, 6, best.data());
    for (const float value : best) EXPECT_EQ(value, -kInf);
  }
}

TEST(MaskKernels, DotPlanes_AnyTail_MatchesDoublePrecisionAndScalar) {
  std::mt19937 random(2);
  for (const size_t planeCount : {0, 1, 2, 3, 31, 32, 33}) {
    for (size_t count = 0; count <= 37; ++count) {
      const size_t stride = count + 5;
      const std::vector<float> planes = randomFloats(random, planeCount * stride + 1, 0);
      const std::vector<float> coefficients = randomFloats(random, planeCount, 0);
      const float* from = planes.data() + (planeCount == 0 ? 0 : 1);
      std::vector<float> scalar(count), simd(count);
      scalarMaskKernels().dotPlanes(from, stride, coefficients.data(), planeCount, count,
                                    scalar.data());
      simdMaskKernels().dotPlanes(from, stride, coefficients.data(), planeCount, count,
                                  simd.data());
      EXPECT_TRUE(sameBits(scalar, simd)) << planeCount << " planes of " << count;
      for (size_t i = 0; i < count; ++i) {
        double sum = 0;
        double magnitude = 0;
        for (size_t k = 0; k < planeCount; ++k) {
          sum += static_cast<double>(coefficients[k]) * from[k * stride + i];
          magnitude += std::fabs(static_cast<double>(coefficients[k]) * from[k * stride + i]);
        }
        EXPECT_NEAR(simd[i], sum, 4e-6 * magnitude) << planeCount << " planes of " << count;
      }
    }
  }
}

TEST(MaskKernels, DotPlanes_SpecialValues_AreClampedAndEqual) {
  std::mt19937 random(3);
  for (size_t count = 1; count <= 37; ++count) {
    const std::vector<float> planes = randomFloats(random, 3 * count, 40);
    const std::vector<float> coefficients = randomFloats(random, 3, 30);
    std::vector<float> scalar(count), simd(count);
    scalarMaskKernels().dotPlanes(planes.data(), count, coefficients.data(), 3, count,
                                  scalar.data());
    simdMaskKernels().dotPlanes(planes.data(), count, coefficients.data(), 3, count, simd.data());
    EXPECT_TRUE(sameBits(scalar, simd));
    for (const float logit : simd) EXPECT_LE(std::fabs(logit), kLogitLimit);
  }
  const std::vector<float> plane{kNaN, kInf, -kInf, 3e38f, -3e38f};
  const float coefficient = 100;
  for (const MaskKernels* kernels : {&scalarMaskKernels(), &simdMaskKernels()}) {
    std::vector<float> logits(5);
    kernels->dotPlanes(plane.data(), 5, &coefficient, 1, 5, logits.data());
    EXPECT_EQ(logits, (std::vector<float>{-kLogitLimit, kLogitLimit, -kLogitLimit, kLogitLimit,
                                          -kLogitLimit}));
  }
}

TEST(MaskKernels, LerpRows_AnyTailAndSpecialValues_MatchesScalar) {
  std::mt19937 random(4);
  for (size_t count = 0; count <= 21; ++count) {
    for (const float weight : {0.0f, 0.25f, 0.999999f, 1.0f}) {
      const std::vector<float> top = randomFloats(random, count, 20);
      const std::vector<float> bottom = randomFloats(random, count, 20);
      std::vector<float> scalar(count), simd(count), expected(count);
      scalarMaskKernels().lerpRows(top.data(), bottom.data(), weight, count, scalar.data());
      simdMaskKernels().lerpRows(top.data(), bottom.data(), weight, count, simd.data());
      for (size_t i = 0; i < count; ++i) expected[i] = top[i] + (bottom[i] - top[i]) * weight;
      EXPECT_TRUE(sameBits(scalar, expected));
      EXPECT_TRUE(sameBits(simd, expected));
    }
  }
}

/// Growing, equal and shrinking: many pixels in a cell, one, and cells that are skipped.
constexpr double kSteps[] = {1.0 / 97, 1.0 / 12, 0.13, 0.25, 0.49, 0.5,
                             0.99,     1.0,      1.01, 1.7,  2.0,  5.3};

TEST(MaskKernels, FindEdges_RandomRows_AreThoseOfEveryPixel) {
  std::mt19937 random(5);
  for (const double step : kSteps) {
    for (const size_t widthPx : {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 64, 257}) {
      for (const double start : {0.0, 0.3, 2.96}) {
        const TapColumns columns = makeTaps(widthPx, start, step);
        const std::vector<float> row = randomFloats(random, samplesNeeded(columns), 0);
        const std::vector<uint32_t> expected = expectedEdges(row, columns);
        EXPECT_EQ(edgesOf(scalarMaskKernels(), row, columns), expected)
            << widthPx << " pixels, step " << step;
        EXPECT_EQ(edgesOf(simdMaskKernels(), row, columns), expected)
            << widthPx << " pixels, step " << step;
      }
    }
  }
}

TEST(MaskKernels, FindEdges_SpecialValues_AreThoseOfEveryPixel) {
  std::mt19937 random(6);
  for (int repeat = 0; repeat < 400; ++repeat) {
    const TapColumns columns =
        makeTaps(61, 0.0, kSteps[static_cast<size_t>(repeat) % std::size(kSteps)]);
    const std::vector<float> row = randomFloats(random, samplesNeeded(columns), 60);
    const std::vector<uint32_t> expected = expectedEdges(row, columns);
    EXPECT_EQ(edgesOf(scalarMaskKernels(), row, columns), expected);
    EXPECT_EQ(edgesOf(simdMaskKernels(), row, columns), expected);
  }
}

// The cell method rests on rounding being monotone; crossings that fall on a pixel, and values a
// few units in the last place from zero, are where it would break first.
TEST(MaskKernels, FindEdges_CrossingsOnPixelsAndTinyValues_AreThoseOfEveryPixel) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> whole(-8, 8);
  std::uniform_int_distribution<int> exponent(-149, 2);
  for (int repeat = 0; repeat < 2000; ++repeat) {
    const TapColumns columns = makeTaps(97, 0.0, repeat % 2 == 0 ? 1.0 / 16 : 1.0 / 11);
    std::vector<float> row(samplesNeeded(columns));
    for (float& value : row) {
      value = repeat % 3 == 0 ? std::ldexp(static_cast<float>(whole(random)), exponent(random))
                              : whole(random) / 8.0f;
      if (repeat % 5 == 0) value = std::nextafter(value, 0.0f);
    }
    const std::vector<uint32_t> expected = expectedEdges(row, columns);
    ASSERT_EQ(edgesOf(scalarMaskKernels(), row, columns), expected);
    ASSERT_EQ(edgesOf(simdMaskKernels(), row, columns), expected);
  }
}

TEST(MaskKernels, FindEdges_AlternatingPixels_FillsTheWholeRoom) {
  const size_t widthPx = 16;
  const TapColumns columns = makeTaps(widthPx, 0.0, 1.0);
  std::vector<float> row(widthPx + 1);
  for (size_t i = 0; i < row.size(); ++i) row[i] = i % 2 == 0 ? 1.0f : -1.0f;
  EXPECT_EQ(edgesOf(scalarMaskKernels(), row, columns).size(), widthPx);
  EXPECT_EQ(edgesOf(simdMaskKernels(), row, columns).size(), widthPx);
}

TEST(MaskKernels, SampleRow_AnyTailAndSpecialValues_MatchesScalarAndTheFormula) {
  std::mt19937 random(9);
  for (const double step : kSteps) {
    for (size_t widthPx = 0; widthPx <= 21; ++widthPx) {
      const TapColumns columns = makeTaps(widthPx, 0.4, step);
      const std::vector<float> row = randomFloats(random, samplesNeeded(columns), 25);
      std::vector<float> scalar(widthPx), simd(widthPx);
      scalarMaskKernels().sampleRow(row.data(), columns.taps, scalar.data());
      simdMaskKernels().sampleRow(row.data(), columns.taps, simd.data());
      for (size_t x = 0; x < widthPx; ++x) {
        const float left = row[columns.taps.left[x]];
        const float expected =
            left + (row[columns.taps.left[x] + 1] - left) * columns.taps.weight[x];
        if (std::isnan(expected)) {
          EXPECT_TRUE(std::isnan(scalar[x]) && std::isnan(simd[x])) << x;
        } else {
          EXPECT_EQ(scalar[x], expected) << x;
          EXPECT_EQ(simd[x], expected) << x;
        }
      }
    }
  }
}

TEST(MaskKernels, CoverRow_AnyTailAndSpecialValues_MatchesScalar) {
  std::mt19937 random(8);
  for (const double step : kSteps) {
    for (size_t widthPx = 0; widthPx <= 21; ++widthPx) {
      const TapColumns columns = makeTaps(widthPx, 0.4, step);
      const std::vector<float> row = randomFloats(random, samplesNeeded(columns), 25);
      std::vector<uint8_t> scalar(widthPx), simd(widthPx);
      scalarMaskKernels().coverRow(row.data(), columns.taps, scalar.data());
      simdMaskKernels().coverRow(row.data(), columns.taps, simd.data());
      EXPECT_EQ(scalar, simd) << widthPx << " pixels, step " << step;
    }
  }
}

TEST(MaskKernels, CoverRow_WholeRange_IsRoundedSigmoid) {
  const size_t widthPx = 200001;  // logits -20 .. 20 in steps of 0.0002
  TapColumns columns;
  std::vector<float> row;
  for (size_t x = 0; x < widthPx; ++x) {
    columns.addPixel(static_cast<uint32_t>(x), 0);
    row.push_back(static_cast<float>((static_cast<double>(x) - 100000) * 0.0002));
  }
  row.push_back(0);
  columns.finish();
  for (const MaskKernels* kernels : {&scalarMaskKernels(), &simdMaskKernels()}) {
    std::vector<uint8_t> coverage(widthPx);
    kernels->coverRow(row.data(), columns.taps, coverage.data());
    size_t different = 0;
    for (size_t x = 0; x < widthPx; ++x) {
      const double exact = 255 / (1 + std::exp(-static_cast<double>(row[x])));
      if (coverage[x] == std::floor(exact + 0.5)) continue;
      ++different;
      EXPECT_NEAR(exact - std::floor(exact), 0.5, 1e-4) << "logit " << row[x];
      EXPECT_NEAR(coverage[x], exact, 0.5001) << "logit " << row[x];
    }
    EXPECT_LE(different, 20u);
  }
}

TEST(MaskKernels, SigmoidByte_SpecialValues_AreTheEndsOfTheScale) {
  EXPECT_EQ(sigmoidByte(kNaN), 0);
  EXPECT_EQ(sigmoidByte(-kInf), 0);
  EXPECT_EQ(sigmoidByte(kInf), 255);
  EXPECT_EQ(sigmoidByte(kLogitLimit), 255);
  EXPECT_EQ(sigmoidByte(-kLogitLimit), 0);
  EXPECT_EQ(sigmoidByte(0.0f), 128);
  EXPECT_EQ(sigmoidByte(-0.0f), 128);
}

TEST(MaskKernels, Default_FollowsTheBuild) {
#ifdef MASKLET_SCALAR
  EXPECT_EQ(&defaultMaskKernels(), &scalarMaskKernels());
#else
  EXPECT_EQ(&defaultMaskKernels(), &simdMaskKernels());
#endif
  EXPECT_NE(&scalarMaskKernels(), &simdMaskKernels());
}

}  // namespace
}  // namespace masklet
