// Where source pixels fall between prototype samples: computed once per picture and cut out per crop.
#pragma once

#include "core/buffer.h"
#include "core/letterbox.h"
#include "simd/mask_kernels.h"

namespace masklet {

/// Between samples `left` and `left + 1` of an axis, with `weight` (0..1) on the second. Outside the
/// outermost sample centres the edge sample is taken alone: `left` is 0 or the last sample and `weight` 0, so
/// `left + 1` may be one past the end and then counts for nothing.
struct SampleTap {
  uint32_t left = 0;
  float weight = 0;
};

/// The taps of every source pixel along one axis, as columns.
struct SampleTaps {
  Buffer<uint32_t> left;
  Buffer<float> weight;

  SampleTap at(int32_t pixel) const {
    const auto index = static_cast<size_t>(pixel);
    return {left[index], weight[index]};
  }
};

/// Fills the taps of all source columns and rows for prototype planes of `sizeMsk` that cover the whole
/// network input: the centre of source pixel r is at toNet(r + 0.5) * sizeMsk / net - 0.5 in samples
/// (align_corners = False), computed in double precision. `sizeMsk` has sides of at least 1. Fails with
/// outOfMemory.
Status makeSampleTaps(const Letterbox& letterbox, SizePx sizeMsk, SampleTaps& columns, SampleTaps& rows);

/// The column taps of one crop and its cells (see ColumnTaps).
class CropTaps {
 public:
  /// Cuts the columns [xSrc, xSrc + widthPx) out of `columns`, which must outlive the taps. `widthPx` is at
  /// least 1. Fails with outOfMemory.
  Status cut(const SampleTaps& columns, int32_t xSrc, int32_t widthPx);

  /// Valid until the next cut.
  const ColumnTaps& taps() const { return taps_; }

 private:
  ColumnTaps taps_;
  Buffer<uint32_t> cellStartPx_;
  Buffer<uint32_t> cellLeft_;
  Buffer<float> firstWeight_;
  Buffer<float> lastWeight_;
};

}  // namespace masklet
