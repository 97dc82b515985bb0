// What every decoder does: check the options, collect the rows that pass, gather those that stay.
#pragma once

#include <span>

#include "core/instances.h"

namespace masklet {

/// Whole numbers up to here are exact in a float: the limit of class ids that a network gives as
/// floats.
inline constexpr float kMaxClassId = 16777216.0f;

/// Fails with badArgument: thresholds outside 0..1, maxInstances 0.
Status checkDecodeOptions(const DecodeOptions& options);

/// Fails with badArgument when there is a class filter of another length than `classCount`.
Status checkClassFilter(const DecodeOptions& options, uint32_t classCount);

/// Whether the filter keeps the class; ids beyond the filter are dropped, no filter keeps all.
bool keepsClass(const DecodeOptions& options, uint32_t classId);

/// Finite, and not inverted.
bool upright(const Box& box);

/// Center and size to corners, in the order of operations of Ultralytics' xywh2xyxy.
inline Box boxFromCenter(float centerX, float centerY, float width, float height) {
  const float halfWidth = width / 2;
  const float halfHeight = height / 2;
  return {centerX - halfWidth, centerY - halfHeight, centerX + halfWidth, centerY + halfHeight};
}

/// Rows that passed the score threshold, in the order of the network's output.
struct Candidates {
  Buffer<Box> boxesNet;
  Buffer<float> scores;
  Buffer<uint32_t> classIds;
  Buffer<uint32_t> rows;  ///< becomes Instances::rows

  size_t count() const { return scores.size(); }
  Status add(const Box& boxNet, float score, uint32_t classId, uint32_t row);
};

/// What a graph with suppression inside says of one object.
struct FinalRow {
  Box boxNet;
  float score = 0;
  float classValue = 0;  ///< class ids arrive as floats, whatever type the graph gives them
};

/// Adds the row when its score is above the threshold and nothing of it is NaN, infinite or
/// inverted, and its class is in 0..classCount - 1 (in 0..2^24 when classCount is 0) and passes the
/// filter.
Status addFinalRow(const FinalRow& values, uint32_t row, uint32_t classCount,
                   const DecodeOptions& options, Candidates& candidates);

/// Where mask coefficients lie in an output: number k of row r is data[offset + r * rowStride + k *
/// valueStride]. `data` may be null when there are no rows.
struct CoefficientLayout {
  const float* data = nullptr;
  size_t offset = 0;
  size_t rowStride = 0;
  size_t valueStride = 0;
  uint32_t count = 0;
};

/// Copies the candidates of `order` into `instances`, with their coefficients when the layout has
/// any. After a failure (outOfMemory) `instances` is empty.
Status gatherCandidates(const Candidates& candidates, std::span<const uint32_t> order,
                        const CoefficientLayout& layout, Instances& instances);

/// Class-aware NMS by the options, then gatherCandidates.
Status suppressAndGather(const Candidates& candidates, const DecodeOptions& options,
                         const CoefficientLayout& layout, Instances& instances);

/// The best maxInstances by score (ties: network's order), then gatherCandidates.
Status sortAndGather(const Candidates& candidates, const DecodeOptions& options,
                     const CoefficientLayout& layout, Instances& instances);

}  // namespace masklet
