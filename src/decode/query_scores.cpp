#include "decode/query_scores.h"

#include <cmath>
#include <limits>

namespace masklet {

namespace {

bool validSide(uint32_t side) {
  return side >= 1 && side <= static_cast<uint32_t>(kMaxSidePx);
}

}  // namespace

float sigmoidOf(float logit) {
  return 1 / (1 + std::exp(-logit));
}

Status checkQueryLogits(const TensorView& logits, uint32_t minClasses) {
  if (logits.rank != 3) return fail(StatusCode::badRank, logits.rank);
  if (logits.dims[0] != 1) return fail(StatusCode::badShape, logits.dims[0]);
  if (logits.dims[2] < minClasses) return fail(StatusCode::badShape, logits.dims[2]);
  return okStatus();
}

Status checkQueryMasks(const TensorView& masks, uint32_t queryCount) {
  if (masks.rank != 4) return fail(StatusCode::badRank, masks.rank);
  if (masks.dims[0] != 1) return fail(StatusCode::badShape, masks.dims[0]);
  if (masks.dims[1] != queryCount) return fail(StatusCode::badShape, masks.dims[1]);
  if (!validSide(masks.dims[2])) return fail(StatusCode::badShape, masks.dims[2]);
  if (!validSide(masks.dims[3])) return fail(StatusCode::badShape, masks.dims[3]);
  return okStatus();
}

bool softmaxRow(const float* logits, uint32_t classCount, float* probabilities) {
  float greatest = -std::numeric_limits<float>::infinity();
  for (uint32_t c = 0; c < classCount; ++c) {
    if (std::isnan(logits[c])) return false;
    if (logits[c] > greatest) greatest = logits[c];
  }
  if (!std::isfinite(greatest)) return false;
  double sum = 0;
  for (uint32_t c = 0; c < classCount; ++c) {
    probabilities[c] = std::exp(logits[c] - greatest);
    sum += static_cast<double>(probabilities[c]);
  }
  for (uint32_t c = 0; c < classCount; ++c) {
    probabilities[c] = static_cast<float>(static_cast<double>(probabilities[c]) / sum);
  }
  return true;
}

}  // namespace masklet
