// Positions of source pixels between the samples of a plane, computed once per image and cut per
// crop.
#pragma once

#include "core/buffer.h"
#include "core/letterbox.h"
#include "simd/mask_kernels.h"

namespace masklet {

/// Between samples `left` and `left + 1` of an axis, with `weight` (0..1) on the second. Outside
/// the outermost sample centers, `left` is the first or the last sample and `weight` is 0. `left +
/// 1` may then be one past the end; it has no effect.
struct SampleTap {
  uint32_t left = 0;
  float weight = 0;
};

/// Samples [first, last] of an axis.
struct SampleRange {
  uint32_t first = 0;
  uint32_t last = 0;
};

/// Pixels [begin, end) of an axis.
struct PixelRange {
  int32_t begin = 0;
  int32_t end = 0;
};

/// The tap of a position in samples. A position outside `range` takes the edge sample.
SampleTap sampleTapAt(double sample, SampleRange range);

/// The taps of every source pixel along one axis, as columns.
struct SampleTaps {
  Buffer<uint32_t> left;
  Buffer<float> weight;

  SampleTap at(int32_t pixel) const {
    const auto index = static_cast<size_t>(pixel);
    return {left[index], weight[index]};
  }

  /// The pixels whose taps can touch a sample of the range; it does not influence other pixels. The
  /// taps must not decrease.
  PixelRange reachedBy(SampleRange range) const;
};

/// Which samples of a plane that covers the whole network input may be read.
enum class SampleLimit {
  plane,    ///< all samples
  content,  ///< only samples of the image, not of the padding; for planes of the input's size
};

/// Fills the taps of all source columns and rows for planes of `sizeMsk` that cover the whole
/// network input: the center of source pixel r is at toNet(r + 0.5) * sizeMsk / net - 0.5 in
/// samples (align_corners = False), computed in double precision. The sides of `sizeMsk` must be at
/// least 1. Fails with outOfMemory.
Status makeSampleTaps(const Letterbox& letterbox, SizePx sizeMsk, SampleTaps& columns,
                      SampleTaps& rows, SampleLimit limit = SampleLimit::plane);

/// The taps that resize an axis of `samples` to `pixels`, align_corners = False. Fails with
/// outOfMemory.
Status makeResizeTaps(int32_t samples, int32_t pixels, SampleTaps& taps);

/// The column taps of one crop and its cells (see ColumnTaps).
class CropTaps {
 public:
  /// Cuts the columns [xSrc, xSrc + widthPx) out of `columns`, which must outlive the taps.
  /// `widthPx` must be at least 1. Fails with outOfMemory.
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
