// Consumers of a mask's rows during sampling: here the values still exist, before they become runs.
// Internal to src/assemble.
#pragma once

#include <optional>

#include "assemble/assemble_masks.h"
#include "assemble/grid_rows.h"
#include "assemble/mask_reader.h"

namespace masklet {

/// Takes the rows of one crop after another, each from top to bottom.
class RowSink {
 public:
  RowSink() = default;
  RowSink(const RowSink&) = delete;
  RowSink& operator=(const RowSink&) = delete;
  virtual ~RowSink() = default;

  /// Starts a crop. Its rows cover `rectSrc`.
  virtual Status begin(size_t instance, RectPx rectSrc) = 0;
  /// Row `ySrc`: the value of pixel x is that of `row` by the taps (see ColumnTaps), minus the
  /// threshold, so that the pixel is object if it is above 0. Valid during the call.
  virtual Status add(int32_t ySrc, const float* row, const ColumnTaps& taps) = 0;
  /// Ends the crop, after its last row.
  virtual Status finish() = 0;
};

/// Appends the runs of each mask within its rectangle, and counts its pixels. The rows may exceed
/// the rectangle, if all pixels outside are background.
class RunSink final : public RowSink {
 public:
  RunSink(const MaskKernels& kernels, MaskColumns& masks) : kernels_(kernels), masks_(masks) {}

  /// Reserves room for rows of up to this width. Fails with outOfMemory.
  Status reserve(int32_t widthPx) { return edgesPx_.resize(static_cast<size_t>(widthPx)); }

  Status begin(size_t instance, RectPx rectSrc) override;
  Status add(int32_t ySrc, const float* row, const ColumnTaps& taps) override;
  Status finish() override { return writer_->finish(); }

 private:
  const MaskKernels& kernels_;
  MaskColumns& masks_;
  RectPx rectSrc_;
  uint32_t leftPx_ = 0;  ///< of the rectangle within the rows
  uint32_t* areaPx_ = nullptr;
  std::optional<RunWriter> writer_;
  Buffer<uint32_t> edgesPx_;
};

/// Fills the coverage of each mask, at its reserved offset. The rows cover the mask's rectangle or
/// more.
class CoverageSink final : public RowSink {
 public:
  CoverageSink(const MaskSource& source, const MaskKernels& kernels, MaskColumns& masks)
      : source_(source), kernels_(kernels), masks_(masks) {}

  Status reserve(int32_t widthPx) {
    MASKLET_TRY(levels_.resize(static_cast<size_t>(widthPx)));
    return values_.resize(source_.probability ? static_cast<size_t>(widthPx) : 0);
  }

  Status begin(size_t instance, RectPx rectSrc) override;
  Status add(int32_t ySrc, const float* row, const ColumnTaps& taps) override;
  Status finish() override { return okStatus(); }

 private:
  void cover(const float* row, const ColumnTaps& taps, uint8_t* levels);

  const MaskSource& source_;
  const MaskKernels& kernels_;
  MaskColumns& masks_;
  RectPx rectSrc_;
  size_t leftPx_ = 0;
  bool exact_ = false;  ///< the rows lie over the rectangle
  uint8_t* coverage_ = nullptr;
  Buffer<uint8_t> levels_;
  Buffer<float> values_;
};

/// Counts the pixels above the threshold raised and lowered by an offset (StableMasks).
class StabilitySink final : public RowSink {
 public:
  StabilitySink(float offset, const MaskKernels& kernels) : offset_(offset), kernels_(kernels) {}

  Status reserve(int32_t widthPx) { return edgesPx_.resize(static_cast<size_t>(widthPx)); }

  Status begin(size_t instance, RectPx rectSrc) override;
  Status add(int32_t ySrc, const float* row, const ColumnTaps& taps) override;
  Status finish() override { return okStatus(); }

  /// Stability of the last crop; 0 if no pixel is above the lowered threshold.
  float stability() const;

 private:
  uint32_t countAbove(float offset, const float* row, const ColumnTaps& taps);

  float offset_;
  const MaskKernels& kernels_;
  uint32_t corePx_ = 0;
  uint32_t wholePx_ = 0;
  Buffer<float> moved_;
  Buffer<uint32_t> edgesPx_;
};

/// Samples crops row by row and passes the rows to sinks.
class RowSampler {
 public:
  explicit RowSampler(const MaskKernels& kernels) : blender_(kernels) {}

  /// Samples the pixels of `rectSrc`, which must not be empty. Fails as the sinks do, or with
  /// outOfMemory.
  Status sample(size_t instance, RectPx rectSrc, const CropSamples& samples,
                std::span<RowSink* const> sinks);

 private:
  RowBlender blender_;
  CropTaps cropTaps_;
};

}  // namespace masklet
