// round(255 * sigmoid(x)) by one polynomial, written once for a float and once for a vector of the
// same operations.
#pragma once

#include <bit>
#include <cstdint>

#include "simd/vec.h"

namespace masklet {

/// sigmoid(+-6.5) * 255 is 0.38 away from the end of the scale: beyond it the byte is 0 or 255.
inline constexpr float kSigmoidRange = 6.5f;
inline constexpr float kLog2E = 1.44269504f;
/// Adding 1.5 * 2^23 rounds a float to an integer, which is then in the low bits.
inline constexpr float kRoundMagic = 12582912.0f;
/// 2^f on [-0.5, 0.5], relative error 1.5e-7: least squares at Chebyshev nodes with relative
/// weight, constant term first.
inline constexpr float kExp2[6] = {1.0000001192092896f,   0.6931469440460205f,
                                   0.24022121727466583f,  0.05550742521882057f,
                                   0.009675459936261177f, 0.0013266970636323094f};

/// NaN counts as minus infinity and gives 0.
inline uint8_t sigmoidByte(float logit) {
  float clamped = logit > -kSigmoidRange ? logit : -kSigmoidRange;
  clamped = clamped < kSigmoidRange ? clamped : kSigmoidRange;
  const float power = clamped * -kLog2E;
  const float rounded = power + kRoundMagic;
  const float f = power - (rounded - kRoundMagic);
  const float mantissa =
      ((((kExp2[5] * f + kExp2[4]) * f + kExp2[3]) * f + kExp2[2]) * f + kExp2[1]) * f + kExp2[0];
  const float exp = std::bit_cast<float>(std::bit_cast<uint32_t>(mantissa) +
                                         (std::bit_cast<uint32_t>(rounded) << 23));
  // Truncation rounds to nearest here, because the value is never negative. A vector cannot round
  // otherwise in one step.
  return static_cast<uint8_t>(255.0f / (1.0f + exp) +
                              0.5f);  // NOLINT(bugprone-incorrect-roundings)
}

/// Equals sigmoidByte, lane by lane.
inline i32x4 sigmoidBytes(f32x4 logit) {
  f32x4 clamped = select(logit > splat(-kSigmoidRange), logit, splat(-kSigmoidRange));
  clamped = select(clamped < splat(kSigmoidRange), clamped, splat(kSigmoidRange));
  const f32x4 power = clamped * -kLog2E;
  const f32x4 rounded = power + kRoundMagic;
  const f32x4 f = power - (rounded - kRoundMagic);
  const f32x4 mantissa =
      ((((kExp2[5] * f + kExp2[4]) * f + kExp2[3]) * f + kExp2[2]) * f + kExp2[1]) * f + kExp2[0];
  const f32x4 exp = (f32x4)((u32x4)mantissa + ((u32x4)rounded << 23));
  return __builtin_convertvector(255.0f / (1.0f + exp) + 0.5f, i32x4);
}

}  // namespace masklet
