// The positions that bilinear interpolation reads along one axis.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace masklet {

/// The value between pixels `first` and `first + 1`: p[first] + (p[first + 1] - p[first]) * weight.
struct LinearTap {
  int32_t first = 0;
  float weight = 0;
};

/// The tap at continuous coordinate `position` (pixel r has its center at r + 0.5) of an axis with
/// `side` pixels; the outermost pixels extend outwards. If `side` is at least 2, `first + 1` is
/// inside (at the far edge the weight is 1). If `side` is 1, the tap is {0, 0}.
inline LinearTap linearTap(double position, int32_t side) {
  if (side < 2) return {0, 0};
  const double index = std::clamp(position - 0.5, 0.0, static_cast<double>(side - 1));
  const int32_t first = std::min(static_cast<int32_t>(index), side - 2);
  return {first, static_cast<float>(index - first)};
}

}  // namespace masklet
