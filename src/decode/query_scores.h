// Common parts of all heads with mask queries: probabilities of class logits, and checks of the
// tensors.
#pragma once

#include "core/view.h"

namespace masklet {

/// 1 / (1 + exp(-x)); NaN stays NaN.
float sigmoidOf(float logit);

/// Checks class logits [1, Q, C]; C must be at least `minClasses`. Fails with badRank or badShape.
Status checkQueryLogits(const TensorView& logits, uint32_t minClasses);

/// Checks mask planes [1, `queryCount`, h, w], h and w in 1..kMaxSidePx. Fails with badRank or
/// badShape.
Status checkQueryMasks(const TensorView& masks, uint32_t queryCount);

/// Writes the probabilities of one row of `classCount` logits. Returns false, with unspecified
/// output, if the row contains NaN or +infinity, or only -infinity.
bool softmaxRow(const float* logits, uint32_t classCount, float* probabilities);

/// The box of all queries if the network lacks boxes: the whole input.
inline Box wholeInput(SizePx net) {
  return {0, 0, static_cast<float>(net.width), static_cast<float>(net.height)};
}

}  // namespace masklet
