#include "decode/query_rows.h"

#include <algorithm>
#include <cmath>

#include "decode/query_scores.h"

namespace masklet {

Box QueryRows::boxNet(uint32_t query) const {
  const float* value = boxes + size_t{query} * 4;
  const Box part = boxFromCenter(value[0], value[1], value[2], value[3]);
  const auto width = static_cast<float>(net.width);
  const auto height = static_cast<float>(net.height);
  return {part.x1 * width, part.y1 * height, part.x2 * width, part.y2 * height};
}

Status makeQueryRows(const TensorView& boxes, const TensorView& logits, SizePx net,
                     QueryRows& rows) {
  for (const TensorView* tensor : {&boxes, &logits}) {
    if (tensor->rank != 3) return fail(StatusCode::badRank, tensor->rank);
    if (tensor->dims[0] != 1) return fail(StatusCode::badShape, tensor->dims[0]);
  }
  if (boxes.dims[2] != 4) return fail(StatusCode::badShape, boxes.dims[2]);
  if (logits.dims[1] != boxes.dims[1]) return fail(StatusCode::badShape, logits.dims[1]);
  if (logits.dims[2] == 0) return fail(StatusCode::badShape, logits.dims[2]);
  rows = {boxes.data, logits.data, boxes.dims[1], logits.dims[2], net};
  return okStatus();
}

Status addSigmoidPairs(const QueryRows& rows, const DecodeOptions& options,
                       Candidates& candidates) {
  for (uint32_t query = 0; query < rows.queryCount; ++query) {
    const float* logits = rows.logitsOf(query);
    const Box boxNet = rows.boxNet(query);
    if (!upright(boxNet)) continue;
    for (uint32_t classId = 0; classId < rows.columns; ++classId) {
      const float score = sigmoidOf(logits[classId]);
      if (!(score > options.scoreThreshold) || !keepsClass(options, classId)) continue;
      if (!std::isfinite(logits[classId])) continue;
      MASKLET_TRY(candidates.add(boxNet, score, classId, query));
    }
  }
  return okStatus();
}

Status addSoftmaxQueries(const QueryRows& rows, const DecodeOptions& options,
                         Candidates& candidates) {
  if (rows.queryCount == 0) return okStatus();  // do not allocate for a mere dimension
  Buffer<float> probabilities;
  MASKLET_TRY(probabilities.resize(rows.columns));
  for (uint32_t query = 0; query < rows.queryCount; ++query) {
    if (!softmaxRow(rows.logitsOf(query), rows.columns, probabilities.data())) continue;
    const float* best = std::max_element(probabilities.begin(), probabilities.end() - 1);
    const auto classId = static_cast<uint32_t>(best - probabilities.begin());
    const Box boxNet = rows.boxNet(query);
    if (!(*best > options.scoreThreshold) || !upright(boxNet) || !keepsClass(options, classId))
      continue;
    MASKLET_TRY(candidates.add(boxNet, *best, classId, query));
  }
  return okStatus();
}

}  // namespace masklet
