// The grids that masks are interpolated from, row by row. Internal to src/assemble.
//
// A row holds value - threshold, so that a pixel is object if the interpolated number is above 0.
// All numbers are finite: NaN counts as background, and infinities are clamped (kLogitLimit).
#pragma once

#include <algorithm>

#include "assemble/sample_taps.h"
#include "core/view.h"
#include "simd/mask_kernels.h"

namespace masklet {

/// A grid that computes its rows on demand.
class GridRows {
 public:
  GridRows() = default;
  GridRows(const GridRows&) = delete;
  GridRows& operator=(const GridRows&) = delete;
  virtual ~GridRows() = default;

  virtual SizePx size() const = 0;
  /// Limits all later rows to the columns [begin, end). Fails with outOfMemory.
  virtual Status narrow(uint32_t begin, uint32_t end);
  /// Writes the columns [begin, end) of row `y` to to[begin] .. to[end - 1].
  virtual void fill(uint32_t y, uint32_t begin, uint32_t end, float* to) = 0;
};

/// The two rows of a grid around a pixel row, computed on demand.
class RowBlender {
 public:
  explicit RowBlender(const MaskKernels& kernels) : kernels_(kernels) {}

  /// Starts with a grid and its columns [first, last + 1]. A column beyond the grid repeats the
  /// last one. Fails with outOfMemory.
  Status begin(GridRows& grid, uint32_t first, uint32_t last);

  /// Interpolates between row `tap.left` and the next one, indexed by grid column. Valid until the
  /// next call.
  const float* between(SampleTap tap);

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  const float* row(uint32_t y);

  const MaskKernels& kernels_;
  GridRows* grid_ = nullptr;
  uint32_t width_ = 0;
  uint32_t height_ = 0;
  uint32_t begin_ = 0;
  uint32_t count_ = 0;
  uint32_t rowsHeld_[2] = {kNone, kNone};
  Buffer<float> rows_[2];
  Buffer<float> blended_;
};

/// coefficients . planes.
class PrototypeRows : public GridRows {
 public:
  PrototypeRows(const TensorView& planes, const MaskKernels& kernels)
      : planes_(planes), kernels_(kernels) {}

  void select(const float* coefficients) { coefficients_ = coefficients; }

  SizePx size() const override;
  void fill(uint32_t y, uint32_t begin, uint32_t end, float* to) override;

 private:
  TensorView planes_;
  const MaskKernels& kernels_;
  const float* coefficients_ = nullptr;
};

/// sigmoid(coefficients . planes), 0 outside a rectangle.
class CroppedPrototypeRows final : public PrototypeRows {
 public:
  CroppedPrototypeRows(const TensorView& planes, float threshold, const MaskKernels& kernels)
      : PrototypeRows(planes, kernels), threshold_(threshold) {}

  void crop(RectPx rectMsk) { crop_ = rectMsk; }
  void fill(uint32_t y, uint32_t begin, uint32_t end, float* to) override;

 private:
  float threshold_;
  RectPx crop_;
};

/// One plane, optionally with a border of zero samples.
class PlaneRows final : public GridRows {
 public:
  /// `border` is 0 or 1 samples wide.
  PlaneRows(SizePx sizeMsk, float threshold, uint32_t border = 0)
      : sizeMsk_(sizeMsk), threshold_(threshold), border_(border) {}

  void select(const float* plane) { plane_ = plane; }
  SizePx size() const override;
  void fill(uint32_t y, uint32_t begin, uint32_t end, float* to) override;

  /// The tight columns and rows around all samples above the threshold minus `margin`, without the
  /// border. Returns false if no sample is above it.
  bool objectRange(float margin, SampleRange& columns, SampleRange& rows) const;

 private:
  SizePx sizeMsk_;
  float threshold_;
  uint32_t border_;
  const float* plane_ = nullptr;
};

/// Resizes another grid by bilinear interpolation.
class ResizedRows final : public GridRows {
 public:
  ResizedRows(GridRows& from, SizePx size, const MaskKernels& kernels)
      : from_(from), size_(size), kernels_(kernels), blender_(kernels) {}

  /// Fails with outOfMemory.
  Status prepare();

  SizePx size() const override { return size_; }
  Status narrow(uint32_t begin, uint32_t end) override;
  void fill(uint32_t y, uint32_t begin, uint32_t end, float* to) override;

  /// The taps of this grid's columns and rows in the other.
  const SampleTaps& columnTaps() const { return columns_; }
  const SampleTaps& rowTaps() const { return rows_; }

 private:
  GridRows& from_;
  SizePx size_;
  const MaskKernels& kernels_;
  RowBlender blender_;
  SampleTaps columns_;
  SampleTaps rows_;
  CropTaps crop_;
  uint32_t cropBegin_ = 0;
};

}  // namespace masklet
