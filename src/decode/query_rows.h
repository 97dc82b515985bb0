// The rows of DETR heads: one box and one row of class logits for each query.
#pragma once

#include "core/view.h"
#include "decode/candidates.h"

namespace masklet {

/// boxes [Q, 4] = cx, cy, w, h as fractions of the network input; logits [Q, columns].
struct QueryRows {
  const float* boxes = nullptr;
  const float* logits = nullptr;
  uint32_t queryCount = 0;
  uint32_t columns = 0;
  SizePx net;

  const float* logitsOf(uint32_t query) const { return logits + size_t{query} * columns; }
  Box boxNet(uint32_t query) const;
};

/// Makes the rows of boxes [1, Q, 4] and logits [1, Q, columns]. Fails with badRank, or with
/// badShape if they do not match or `columns` is 0.
Status makeQueryRows(const TensorView& boxes, const TensorView& logits, SizePx net,
                     QueryRows& rows);

/// Adds every pair of query and class with sigmoid(logit) above the threshold: a query may yield
/// several objects (post-processing of Deformable DETR, RT-DETR and RF-DETR; the best k are chosen
/// by sortAndGather). A candidate's row is its query. Pairs with a dropped class, a NaN logit or a
/// box that is inverted or not finite are dropped.
Status addSigmoidPairs(const QueryRows& rows, const DecodeOptions& options, Candidates& candidates);

/// Adds the best class of every query by softmax over all columns, if it is above the threshold
/// (post_process of DETR). The last column is "no object" and never an answer. On a tie, the lowest
/// class wins. Queries with a logit that is NaN or +infinity are dropped.
Status addSoftmaxQueries(const QueryRows& rows, const DecodeOptions& options,
                         Candidates& candidates);

}  // namespace masklet
