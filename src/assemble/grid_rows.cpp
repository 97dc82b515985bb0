#include "assemble/grid_rows.h"

#include <cmath>

namespace masklet {

namespace {

float clampValue(float value) {
  const float capped = value > kLogitLimit ? kLogitLimit : value;
  return capped > -kLogitLimit ? capped : -kLogitLimit;  // false for NaN
}

float sigmoid(float logit) {
  return 1.0f / (1.0f + std::exp(-logit));
}

}  // namespace

Status GridRows::narrow(uint32_t begin, uint32_t end) {
  (void)begin;
  (void)end;
  return okStatus();
}

Status RowBlender::begin(GridRows& grid, uint32_t first, uint32_t last) {
  const SizePx size = grid.size();
  grid_ = &grid;
  width_ = static_cast<uint32_t>(size.width);
  height_ = static_cast<uint32_t>(size.height);
  begin_ = first;
  count_ = last - first + 2;
  rowsHeld_[0] = rowsHeld_[1] = kNone;
  for (Buffer<float>& row : rows_) MASKLET_TRY(row.resize(size_t{width_} + 1));
  MASKLET_TRY(blended_.resize(size_t{width_} + 1));
  return grid.narrow(begin_, std::min(begin_ + count_, width_));
}

const float* RowBlender::between(SampleTap tap) {
  const float* top = row(tap.left);
  const float* bottom = row(std::min(tap.left + 1, height_ - 1));
  kernels_.lerpRows(top + begin_, bottom + begin_, tap.weight, count_, blended_.data() + begin_);
  return blended_.data();
}

/// Adjacent rows differ in parity, so they never overwrite each other.
const float* RowBlender::row(uint32_t y) {
  const uint32_t slot = y % 2;
  float* values = rows_[slot].data();
  if (rowsHeld_[slot] == y) return values;
  rowsHeld_[slot] = y;
  const uint32_t end = std::min(begin_ + count_, width_);
  grid_->fill(y, begin_, end, values);
  if (end < begin_ + count_) values[width_] = values[width_ - 1];
  return values;
}

SizePx PrototypeRows::size() const {
  return {static_cast<int32_t>(planes_.dims[3]), static_cast<int32_t>(planes_.dims[2])};
}

void PrototypeRows::fill(uint32_t y, uint32_t begin, uint32_t end, float* to) {
  const size_t width = planes_.dims[3];
  kernels_.dotPlanes(planes_.data + y * width + begin, planes_.dims[2] * width, coefficients_,
                     planes_.dims[1], end - begin, to + begin);
}

void CroppedPrototypeRows::fill(uint32_t y, uint32_t begin, uint32_t end, float* to) {
  std::fill(to + begin, to + end, -threshold_);
  const RectPx wanted{static_cast<int32_t>(begin), static_cast<int32_t>(y),
                      static_cast<int32_t>(end - begin), 1};
  const RectPx inside = intersect(wanted, crop_);
  if (inside.empty()) return;
  const auto first = static_cast<uint32_t>(inside.x);
  const auto last = static_cast<uint32_t>(inside.x + inside.width);
  PrototypeRows::fill(y, first, last, to);
  for (uint32_t x = first; x < last; ++x) to[x] = sigmoid(to[x]) - threshold_;
}

SizePx PlaneRows::size() const {
  const auto both = static_cast<int32_t>(2 * border_);
  return {sizeMsk_.width + both, sizeMsk_.height + both};
}

void PlaneRows::fill(uint32_t y, uint32_t begin, uint32_t end, float* to) {
  const auto width = static_cast<uint32_t>(sizeMsk_.width);
  const auto height = static_cast<uint32_t>(sizeMsk_.height);
  // The requested columns inside the plane. A row of the border has none.
  const bool onBorder = y < border_ || y >= height + border_;
  const uint32_t first = onBorder ? end : std::clamp(border_, begin, end);
  const uint32_t last = onBorder ? end : std::clamp(width + border_, begin, end);
  std::fill(to + begin, to + first, -threshold_);
  std::fill(to + last, to + end, -threshold_);
  if (first == last) return;
  const float* from = plane_ + size_t{y - border_} * width + (first - border_);
  for (uint32_t x = first; x < last; ++x) to[x] = clampValue(*from++ - threshold_);
}

bool PlaneRows::objectRange(float margin, SampleRange& columns, SampleRange& rows) const {
  const auto width = static_cast<uint32_t>(sizeMsk_.width);
  columns = {width, 0};
  rows = {UINT32_MAX, 0};
  for (uint32_t y = 0; y < static_cast<uint32_t>(sizeMsk_.height); ++y) {
    const float* row = plane_ + size_t{y} * width;
    const auto isObject = [&](float value) { return value - threshold_ > -margin; };
    const auto first = static_cast<uint32_t>(std::find_if(row, row + width, isObject) - row);
    if (first == width) continue;
    rows = {std::min(rows.first, y), y};
    columns.first = std::min(columns.first, first);
    uint32_t last = width - 1;
    while (last > columns.last && !isObject(row[last])) --last;
    columns.last = std::max(columns.last, last);
  }
  return columns.first < width;
}

Status ResizedRows::prepare() {
  MASKLET_TRY(makeResizeTaps(from_.size().width, size_.width, columns_));
  return makeResizeTaps(from_.size().height, size_.height, rows_);
}

Status ResizedRows::narrow(uint32_t begin, uint32_t end) {
  cropBegin_ = begin;
  MASKLET_TRY(crop_.cut(columns_, static_cast<int32_t>(begin), static_cast<int32_t>(end - begin)));
  const ColumnTaps& taps = crop_.taps();
  return blender_.begin(from_, taps.left[0], taps.left[taps.widthPx - 1]);
}

void ResizedRows::fill(uint32_t y, uint32_t begin, uint32_t end, float* to) {
  (void)begin;  // always the columns of the last narrow()
  (void)end;
  const float* row = blender_.between(rows_.at(static_cast<int32_t>(y)));
  kernels_.sampleRow(row, crop_.taps(), to + cropBegin_);
}

}  // namespace masklet
