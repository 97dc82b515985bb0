#include "assemble/row_sink.h"

#include "assemble/lay_out.h"
#include "simd/mask_kernels.h"

namespace masklet {

namespace {

/// Of a row of value - threshold.
void coverProbabilities(const float* values, size_t count, float threshold, uint8_t* coverage) {
  for (size_t x = 0; x < count; ++x) coverage[x] = probabilityByte(values[x] + threshold);
}

bool holdsRow(RectPx rect, int32_t y) {
  return y >= rect.y && y < rect.y + rect.height;
}

}  // namespace

Status RunSink::begin(size_t instance, RectPx rectSrc) {
  rectSrc_ = masks_.rectsSrc[instance];
  leftPx_ = static_cast<uint32_t>(rectSrc_.x - rectSrc.x);
  areaPx_ = &masks_.areasPx[instance];
  writer_.emplace(masks_.runs);
  return okStatus();
}

Status RunSink::add(int32_t ySrc, const float* row, const ColumnTaps& taps) {
  if (!holdsRow(rectSrc_, ySrc)) return okStatus();
  const size_t edgeCount = kernels_.findEdges(row, taps, edgesPx_.data());
  uint32_t begin = 0;
  bool inside = false;
  const auto addSpan = [&](uint32_t end) {
    if (inside) *areaPx_ += end - begin;
    return writer_->add(end - begin, inside);
  };
  for (size_t k = 0; k < edgeCount; ++k) {
    const uint32_t edge = edgesPx_[k] - leftPx_;
    MASKLET_TRY(addSpan(edge));
    begin = edge;
    inside = !inside;
  }
  return addSpan(static_cast<uint32_t>(rectSrc_.width));
}

Status CoverageSink::begin(size_t instance, RectPx rectSrc) {
  rectSrc_ = masks_.rectsSrc[instance];
  leftPx_ = static_cast<size_t>(rectSrc_.x - rectSrc.x);
  exact_ = rectSrc_ == rectSrc;
  coverage_ = masks_.coverage.data() + masks_.coverageOffsets[instance];
  return okStatus();
}

Status CoverageSink::add(int32_t ySrc, const float* row, const ColumnTaps& taps) {
  if (!holdsRow(rectSrc_, ySrc)) return okStatus();
  const auto width = static_cast<size_t>(rectSrc_.width);
  cover(row, taps, exact_ ? coverage_ : levels_.data());
  if (!exact_) std::copy_n(levels_.data() + leftPx_, width, coverage_);
  coverage_ += width;
  return okStatus();
}

void CoverageSink::cover(const float* row, const ColumnTaps& taps, uint8_t* levels) {
  if (!source_.probability) return kernels_.coverRow(row, taps, levels);
  kernels_.sampleRow(row, taps, values_.data());
  coverProbabilities(values_.data(), taps.widthPx, source_.threshold, levels);
}

Status StabilitySink::begin(size_t instance, RectPx rectSrc) {
  (void)instance;
  (void)rectSrc;
  corePx_ = wholePx_ = 0;
  return okStatus();
}

Status StabilitySink::add(int32_t ySrc, const float* row, const ColumnTaps& taps) {
  (void)ySrc;
  MASKLET_TRY(moved_.resize(size_t{taps.left[taps.widthPx - 1]} + 2));
  const uint32_t wholePx = countAbove(-offset_, row, taps);
  wholePx_ += wholePx;
  if (wholePx != 0) corePx_ += countAbove(offset_, row, taps);
  return okStatus();
}

uint32_t StabilitySink::countAbove(float offset, const float* row, const ColumnTaps& taps) {
  const size_t end = size_t{taps.left[taps.widthPx - 1]} + 2;
  for (size_t k = taps.left[0]; k < end; ++k) moved_[k] = row[k] - offset;
  const size_t edgeCount = kernels_.findEdges(moved_.data(), taps, edgesPx_.data());
  uint32_t area = 0;
  for (size_t k = 0; k < edgeCount; k += 2) {
    area +=
        (k + 1 < edgeCount ? edgesPx_[k + 1] : static_cast<uint32_t>(taps.widthPx)) - edgesPx_[k];
  }
  return area;
}

float StabilitySink::stability() const {
  if (wholePx_ == 0) return 0;
  return static_cast<float>(static_cast<double>(corePx_) / wholePx_);
}

Status RowSampler::sample(size_t instance, RectPx rectSrc, const CropSamples& samples,
                          std::span<RowSink* const> sinks) {
  MASKLET_TRY(cropTaps_.cut(*samples.columns, rectSrc.x - samples.xSrc, rectSrc.width));
  const ColumnTaps& taps = cropTaps_.taps();
  MASKLET_TRY(blender_.begin(*samples.grid, taps.left[0], taps.left[taps.widthPx - 1]));
  for (RowSink* sink : sinks) MASKLET_TRY(sink->begin(instance, rectSrc));
  for (int32_t y = rectSrc.y; y < rectSrc.y + rectSrc.height; ++y) {
    const float* row = blender_.between(samples.rows->at(y - samples.ySrc));
    for (RowSink* sink : sinks) MASKLET_TRY(sink->add(y, row, taps));
  }
  for (RowSink* sink : sinks) MASKLET_TRY(sink->finish());
  return okStatus();
}

}  // namespace masklet
