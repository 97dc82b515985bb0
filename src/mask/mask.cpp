#include "mask/mask.h"

namespace masklet {

Status validateMask(const MaskView& mask) {
  const RectPx& rect = mask.rectSrc;
  for (const int32_t side : {rect.width, rect.height}) {
    if (side < 0 || side > kMaxSidePx) return fail(StatusCode::badSize, side);
  }
  for (const int64_t corner : {int64_t{rect.x}, int64_t{rect.y}, int64_t{rect.x} + rect.width,
                               int64_t{rect.y} + rect.height}) {
    if (corner < -kMaxSidePx || corner > kMaxSidePx) return fail(StatusCode::badSize, corner);
  }
  uint64_t sum = 0;
  bool zeroRun = false;
  for (size_t index = 0; index < mask.runs.size(); ++index) {
    sum += mask.runs[index];
    zeroRun |= index > 0 && mask.runs[index] == 0;
  }
  const bool emptyWithRuns = rect.empty() && !mask.runs.empty();
  if (zeroRun || emptyWithRuns || sum != static_cast<uint64_t>(rect.area())) {
    return fail(StatusCode::badRuns, sum);
  }
  return okStatus();
}

}  // namespace masklet
