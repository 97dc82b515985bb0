// The three row layouts of YOLO heads: how to read a row, and which rows pass.
#pragma once

#include <cmath>
#include <limits>

#include "core/view.h"
#include "decode/candidates.h"

namespace masklet {

struct MaskKernels;

/// Fails with badRank or badShape if `tensor` is not [1, rows, columns].
Status checkRows(const TensorView& tensor);

/// Fails with badRank or badShape if `prototypes` is not [1, P, h, w] with P at least 1, or if
/// `columns` is less than `fixedColumns` + P.
Status checkPrototypes(const TensorView& prototypes, uint32_t columns, uint32_t fixedColumns);

/// [4 + C + others, N], one plane per channel: cx, cy, w, h in network pixels, C class scores.
struct ChannelRows {
  static constexpr uint32_t kBoxChannels = 4;

  const float* data = nullptr;
  size_t rowCount = 0;
  uint32_t classCount = 0;
};

/// Adds the rows whose best class score is above the threshold. A row's class is that of its
/// maximum score (ties: the lowest class); a NaN class score never wins. The class filter comes
/// later: a row of a dropped class does not take its second class. Rows whose score or box is NaN
/// or infinite, or whose width or height is negative, are dropped.
Status addChannelRows(const ChannelRows& rows, const DecodeOptions& options,
                      const MaskKernels& kernels, Candidates& candidates);

/// [N, columns]: four box values, objectness, C class scores, others.
struct ObjectnessRows {
  static constexpr uint32_t kFixedColumns = 5;

  const float* data = nullptr;
  uint32_t rowCount = 0;
  uint32_t columns = 0;
  uint32_t classCount = 0;

  const float* row(uint32_t index) const { return data + size_t{index} * columns; }
};

/// Adds the rows whose objectness * best class score is above the threshold; `boxOf(values, row)`
/// makes the box of the first four values. It assumes class scores of at most 1: it skips rows
/// whose objectness alone is not above the threshold, as YOLOv5's non_max_suppression does. All
/// else is as in addChannelRows.
template <class BoxOf>
Status addObjectnessRows(const ObjectnessRows& rows, const DecodeOptions& options, BoxOf boxOf,
                         Candidates& candidates) {
  for (uint32_t row = 0; row < rows.rowCount; ++row) {
    const float* values = rows.row(row);
    const float objectness = values[4];
    if (!(objectness > options.scoreThreshold)) continue;
    const float* classes = values + ObjectnessRows::kFixedColumns;
    float best = -std::numeric_limits<float>::infinity();
    uint32_t classId = 0;
    for (uint32_t c = 0; c < rows.classCount; ++c) {
      if (!(classes[c] > best)) continue;
      best = classes[c];
      classId = c;
    }
    const float score = objectness * best;
    if (!(score > options.scoreThreshold) || !std::isfinite(score) || !keepsClass(options, classId))
      continue;
    const Box boxNet = boxOf(values, row);
    if (upright(boxNet)) MASKLET_TRY(candidates.add(boxNet, score, classId, row));
  }
  return okStatus();
}

/// The box of a row with center and size in network pixels.
inline Box boxOfPixels(const float* values, uint32_t /*row*/) {
  return boxFromCenter(values[0], values[1], values[2], values[3]);
}

/// [M, columns]: x1, y1, x2, y2 in network pixels, score, class, others, after suppression.
/// `classCount`, unless 0, bounds the class ids.
struct FinalRows {
  static constexpr uint32_t kFixedColumns = 6;

  const float* data = nullptr;
  uint32_t rowCount = 0;
  uint32_t columns = 0;
  uint32_t classCount = 0;
};

/// Adds the rows that pass addFinalRow. The score drops padding rows of zeros.
Status addFinalRows(const FinalRows& rows, const DecodeOptions& options, Candidates& candidates);

}  // namespace masklet
