#include "decode/yolo_rows.h"

#include <algorithm>
#include <array>

#include "simd/mask_kernels.h"

namespace masklet {

namespace {

/// Number of anchors per block: the block of every class plane and of the result fits into the L1
/// cache.
constexpr size_t kAnchorBlock = 1024;

const float* scorePlane(const ChannelRows& rows, uint32_t classId) {
  return rows.data + (ChannelRows::kBoxChannels + classId) * rows.rowCount;
}

Box boxOf(const ChannelRows& rows, size_t row) {
  const float* value = rows.data + row;
  return boxFromCenter(value[0], value[rows.rowCount], value[2 * rows.rowCount],
                       value[3 * rows.rowCount]);
}

Status addChannelRow(const ChannelRows& rows, size_t row, float score, const DecodeOptions& options,
                     Candidates& candidates) {
  const Box boxNet = boxOf(rows, row);
  if (!std::isfinite(score) || !upright(boxNet)) return okStatus();
  uint32_t classId = 0;  // the lowest class with this score
  while (scorePlane(rows, classId)[row] != score) ++classId;
  if (!keepsClass(options, classId)) return okStatus();
  return candidates.add(boxNet, score, classId, static_cast<uint32_t>(row));
}

}  // namespace

Status checkRows(const TensorView& tensor) {
  if (tensor.rank != 3) return fail(StatusCode::badRank, tensor.rank);
  if (tensor.dims[0] != 1) return fail(StatusCode::badShape, tensor.dims[0]);
  return okStatus();
}

Status checkPrototypes(const TensorView& prototypes, uint32_t columns, uint32_t fixedColumns) {
  if (prototypes.rank != 4) return fail(StatusCode::badRank, prototypes.rank);
  if (prototypes.dims[0] != 1) return fail(StatusCode::badShape, prototypes.dims[0]);
  if (prototypes.dims[1] == 0) return fail(StatusCode::badShape, prototypes.dims[1]);
  if (columns < fixedColumns || columns - fixedColumns < prototypes.dims[1]) {
    return fail(StatusCode::badShape, columns);
  }
  return okStatus();
}

Status addChannelRows(const ChannelRows& rows, const DecodeOptions& options,
                      const MaskKernels& kernels, Candidates& candidates) {
  // First the best score of every anchor, then the class of the few anchors above the threshold.
  std::array<float, kAnchorBlock> best;
  for (size_t begin = 0; begin < rows.rowCount; begin += kAnchorBlock) {
    const size_t count = std::min(kAnchorBlock, rows.rowCount - begin);
    kernels.maxOverPlanes(scorePlane(rows, 0) + begin, rows.rowCount, rows.classCount, count,
                          best.data());
    for (size_t i = 0; i < count; ++i) {
      if (!(best[i] > options.scoreThreshold)) continue;
      MASKLET_TRY(addChannelRow(rows, begin + i, best[i], options, candidates));
    }
  }
  return okStatus();
}

Status addFinalRows(const FinalRows& rows, const DecodeOptions& options, Candidates& candidates) {
  for (uint32_t row = 0; row < rows.rowCount; ++row) {
    const float* values = rows.data + size_t{row} * rows.columns;
    const FinalRow read{{values[0], values[1], values[2], values[3]}, values[4], values[5]};
    MASKLET_TRY(addFinalRow(read, row, rows.classCount, options, candidates));
  }
  return okStatus();
}

}  // namespace masklet
