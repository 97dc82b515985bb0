#include "decode/yolox.h"

#include <algorithm>
#include <cmath>

#include "decode/yolo_rows.h"

namespace masklet {

namespace {

constexpr uint32_t kStrides[] = {8, 16, 32, 64};
constexpr uint32_t kUsualLevels = 3;

/// The levels of one network input, finest first.
class Grid {
 public:
  explicit Grid(SizePx net) {
    for (uint32_t level = 0; level < std::size(kStrides); ++level) {
      const auto stride = static_cast<int32_t>(kStrides[level]);
      widths_[level] = static_cast<uint32_t>(net.width / stride);
      cells_[level] = widths_[level] * static_cast<uint32_t>(net.height / stride);
    }
  }

  /// Whether the first three levels, or all four, have this number of cells.
  bool fits(uint32_t rowCount) const {
    const uint32_t usual = cells_[0] + cells_[1] + cells_[2];
    return rowCount == usual || rowCount == usual + cells_[kUsualLevels];
  }

  /// YOLOX's demo_postprocess: center = (offset + cell) * stride, size = exp(value) * stride.
  Box boxNet(const float* values, uint32_t row) const {
    uint32_t level = 0;
    while (row >= cells_[level]) row -= cells_[level++];
    const auto stride = static_cast<float>(kStrides[level]);
    const float cellX = static_cast<float>(row % widths_[level]);
    const float cellY = static_cast<float>(row / widths_[level]);
    return boxFromCenter((values[0] + cellX) * stride, (values[1] + cellY) * stride,
                         std::exp(values[2]) * stride, std::exp(values[3]) * stride);
  }

 private:
  uint32_t widths_[std::size(kStrides)];
  uint32_t cells_[std::size(kStrides)];
};

/// See YoloxBoxes::automatic. NaN is ignored.
YoloxBoxes boxesOf(const ObjectnessRows& rows) {
  const float largestLogarithm =
      std::log(static_cast<float>(kMaxSidePx) / static_cast<float>(kStrides[0]));
  float greatest = 0;
  for (uint32_t row = 0; row < rows.rowCount; ++row) {
    const float* values = rows.row(row);
    if (values[2] < 0 || values[3] < 0) return YoloxBoxes::cells;
    greatest = std::max({greatest, values[2], values[3]});
  }
  return greatest > largestLogarithm ? YoloxBoxes::pixels : YoloxBoxes::cells;
}

}  // namespace

Status decodeYolox(const TensorView& detections, YoloxBoxes boxes, SizePx net,
                   const DecodeOptions& options, Instances& instances, MaskSource& source) {
  instances.clear();
  MASKLET_TRY(checkDecodeOptions(options));
  MASKLET_TRY(checkRows(detections));
  if (boxes > YoloxBoxes::pixels)
    return fail(StatusCode::badArgument, static_cast<uint32_t>(boxes));
  const uint32_t columns = detections.dims[2];
  if (columns <= ObjectnessRows::kFixedColumns) return fail(StatusCode::badShape, columns);
  const uint32_t classCount = columns - ObjectnessRows::kFixedColumns;
  MASKLET_TRY(checkClassFilter(options, classCount));
  const ObjectnessRows rows{detections.data, detections.dims[1], columns, classCount};
  if (boxes == YoloxBoxes::automatic) boxes = boxesOf(rows);

  Candidates candidates;
  if (boxes == YoloxBoxes::pixels) {
    MASKLET_TRY(addObjectnessRows(rows, options, boxOfPixels, candidates));
  } else {
    const Grid grid(net);
    if (rows.rowCount != 0 && !grid.fits(rows.rowCount))
      return fail(StatusCode::badShape, rows.rowCount);
    const auto boxOf = [&](const float* values, uint32_t row) { return grid.boxNet(values, row); };
    MASKLET_TRY(addObjectnessRows(rows, options, boxOf, candidates));
  }
  source.form = MaskForm::boxes;
  return suppressAndGather(candidates, options, {}, instances);
}

}  // namespace masklet
