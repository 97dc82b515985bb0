#include "image/resize.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "image/linear_tap.h"

namespace masklet {

namespace {

Status reserveTaps(int32_t dst, size_t taps, AxisTaps& axis) {
  MASKLET_TRY(axis.firsts.resize(static_cast<size_t>(dst)));
  MASKLET_TRY(axis.weights.resize(static_cast<size_t>(dst) * taps));
  axis.taps = taps;
  return okStatus();
}

Status makeLinearTaps(int32_t src, int32_t dst, AxisTaps& axis) {
  MASKLET_TRY(reserveTaps(dst, src > 1 ? 2 : 1, axis));
  for (int32_t i = 0; i < dst; ++i) {
    const LinearTap tap = linearTap((i + 0.5) * src / dst, src);
    const auto at = static_cast<size_t>(i);
    axis.firsts[at] = static_cast<uint32_t>(tap.first);
    axis.weights[at * axis.taps] = 1 - tap.weight;
    if (axis.taps > 1) axis.weights[at * axis.taps + 1] = tap.weight;
  }
  return okStatus();
}

// Destination pixel i covers [i * src / dst, (i + 1) * src / dst); a source pixel weighs by how
// much of it lies inside. In whole numbers of 1/dst pixels, so that the shares are exact and add up
// to 1.
Status makeAreaTaps(int32_t src, int32_t dst, AxisTaps& axis) {
  const int64_t widest =
      std::min<int64_t>(src, (int64_t{src} + dst - 1) / dst + (src % dst == 0 ? 0 : 1));
  MASKLET_TRY(reserveTaps(dst, static_cast<size_t>(widest), axis));
  for (int64_t i = 0; i < dst; ++i) {
    const int64_t begin = i * src;
    const int64_t end = begin + src;
    const int64_t first = std::min(begin / dst, src - widest);
    axis.firsts[static_cast<size_t>(i)] = static_cast<uint32_t>(first);
    for (int64_t k = 0; k < widest; ++k) {
      const int64_t pixelBegin = (first + k) * dst;
      const int64_t overlap = std::min(end, pixelBegin + dst) - std::max(begin, pixelBegin);
      const double share = static_cast<double>(std::max<int64_t>(overlap, 0)) / src;
      axis.weights[static_cast<size_t>(i * widest + k)] = static_cast<float>(share);
    }
  }
  return okStatus();
}

Status makeTaps(int32_t src, int32_t dst, ResizeFilter filter, AxisTaps& axis) {
  return filter == ResizeFilter::area && dst < src ? makeAreaTaps(src, dst, axis)
                                                   : makeLinearTaps(src, dst, axis);
}

}  // namespace

Status resize(ImageView<const uint8_t> src, ImageView<uint8_t> dst, ResizeFilter filter,
              ResizeScratch& scratch, const ImageKernels& kernels) {
  if (src.channels != dst.channels) return fail(StatusCode::badArgument, dst.channels);
  MASKLET_TRY(makeTaps(src.widthPx, dst.widthPx, filter, scratch.columns));
  MASKLET_TRY(makeTaps(src.heightPx, dst.heightPx, filter, scratch.rows));
  const auto width = static_cast<size_t>(dst.widthPx);
  const auto channels = static_cast<size_t>(dst.channels);
  const size_t rowElements = width * channels;
  MASKLET_TRY(scratch.weighedRows.resize(2 * rowElements));
  MASKLET_TRY(scratch.sums.resize(rowElements));

  // Neighboring destination rows share at most one source row (area) or two (bilinear): two are
  // kept, by parity.
  std::array<int64_t, 2> held{-1, -1};
  const AxisTaps& columns = scratch.columns;
  const AxisTaps& rows = scratch.rows;
  for (int32_t y = 0; y < dst.heightPx; ++y) {
    std::fill(scratch.sums.begin(), scratch.sums.end(), 0.0f);
    for (size_t k = 0; k < rows.taps; ++k) {
      const float weight = rows.weights[static_cast<size_t>(y) * rows.taps + k];
      if (weight == 0) continue;
      const auto line = static_cast<int32_t>(rows.firsts[static_cast<size_t>(y)] + k);
      const size_t slot = static_cast<size_t>(line) & 1;
      float* weighed = scratch.weighedRows.data() + slot * rowElements;
      if (held[slot] != line) {
        kernels.weighColumns(src.row(line), channels, columns.firsts.data(), columns.weights.data(),
                             columns.taps, width, weighed);
        held[slot] = line;
      }
      kernels.accumulateWeighted(weighed, weight, rowElements, scratch.sums.data());
    }
    kernels.roundToBytes(scratch.sums.data(), rowElements, dst.row(y));
  }
  return okStatus();
}

}  // namespace masklet
