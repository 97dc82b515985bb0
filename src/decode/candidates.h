// The common steps of all decoders: check the options, collect candidates, gather the remaining
// ones.
#pragma once

#include <span>

#include "core/instances.h"

namespace masklet {

/// Integers up to this are exact in a float. It limits class ids that a network returns as floats.
inline constexpr float kMaxClassId = 16777216.0f;

/// Fails with badArgument: thresholds outside 0..1, maxInstances 0.
Status checkDecodeOptions(const DecodeOptions& options);

/// Fails with badArgument if a class filter exists and its length is not `classCount`.
Status checkClassFilter(const DecodeOptions& options, uint32_t classCount);

/// Whether the filter keeps the class. Ids beyond the filter are dropped; an empty filter keeps
/// all.
bool keepsClass(const DecodeOptions& options, uint32_t classId);

/// Whether the box is finite and not inverted.
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
  Buffer<uint32_t> rows;  ///< source of Instances::rows

  size_t count() const { return scores.size(); }
  Status add(const Box& boxNet, float score, uint32_t classId, uint32_t row);
};

/// One object from a graph with built-in suppression.
struct FinalRow {
  Box boxNet;
  float score = 0;
  float classValue = 0;  ///< class ids arrive as floats, whatever their type in the graph
};

/// Adds the row if its score is above the threshold, all its values are finite, its box is not
/// inverted, and its class is in 0..classCount - 1 (in 0..2^24 if classCount is 0) and passes the
/// filter.
Status addFinalRow(const FinalRow& values, uint32_t row, uint32_t classCount,
                   const DecodeOptions& options, Candidates& candidates);

/// The layout of mask coefficients in an output: number k of row r is data[offset + r * rowStride +
/// k * valueStride]. `data` may be null if the output is empty.
struct CoefficientLayout {
  const float* data = nullptr;
  size_t offset = 0;
  size_t rowStride = 0;
  size_t valueStride = 0;
  uint32_t count = 0;
};

/// Copies the candidates of `order` into `instances`, with any coefficients. After a failure
/// (outOfMemory) `instances` is empty.
Status gatherCandidates(const Candidates& candidates, std::span<const uint32_t> order,
                        const CoefficientLayout& layout, Instances& instances);

/// Class-aware NMS by the options, then gatherCandidates.
Status suppressAndGather(const Candidates& candidates, const DecodeOptions& options,
                         const CoefficientLayout& layout, Instances& instances);

/// The best maxInstances by score (ties: network's order), then gatherCandidates.
Status sortAndGather(const Candidates& candidates, const DecodeOptions& options,
                     const CoefficientLayout& layout, Instances& instances);

}  // namespace masklet
