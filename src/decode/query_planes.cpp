#include "decode/query_planes.h"

#include <algorithm>

#include "decode/query_scores.h"
#include "simd/mask_kernels.h"

namespace masklet {

Status PlaneResizer::prepare(SizePx from, SizePx to) {
  for (const int32_t side : {from.width, from.height, to.width, to.height}) {
    if (side < 1 || side > kMaxSidePx) return fail(StatusCode::badSize, side);
  }
  from_ = from;
  to_ = to;
  if (from == to) return okStatus();
  MASKLET_TRY(makeResizeTaps(from.width, to.width, columns_));
  MASKLET_TRY(makeResizeTaps(from.height, to.height, rows_));
  MASKLET_TRY(columnTaps_.cut(columns_, 0, to.width));
  return blended_.resize(static_cast<size_t>(from.width) + 1);
}

void PlaneResizer::resize(const float* plane, const MaskKernels& kernels, float* resized) {
  const auto fromWidth = static_cast<size_t>(from_.width);
  const auto toWidth = static_cast<size_t>(to_.width);
  if (from_ == to_) {
    std::copy_n(plane, fromWidth * static_cast<size_t>(from_.height), resized);
    return;
  }
  for (int32_t y = 0; y < to_.height; ++y) {
    const SampleTap tap = rows_.at(y);
    const float* top = plane + tap.left * fromWidth;
    const float* bottom =
        tap.left + 1 < static_cast<uint32_t>(from_.height) ? top + fromWidth : top;
    kernels.lerpRows(top, bottom, tap.weight, fromWidth, blended_.data());
    blended_[fromWidth] =
        blended_[fromWidth - 1];  // the last column's tap reads one further, with weight 0
    kernels.sampleRow(blended_.data(), columnTaps_.taps(),
                      resized + static_cast<size_t>(y) * toWidth);
  }
}

float meanProbabilityInside(const float* logits, size_t count) {
  double sum = 0;
  size_t inside = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!(logits[i] > 0)) continue;
    sum += static_cast<double>(sigmoidOf(logits[i]));
    ++inside;
  }
  return static_cast<float>(sum / (static_cast<double>(inside) + 1e-6));
}

}  // namespace masklet
