#include "decode/yolo_seg.h"

#include <algorithm>
#include <array>

#include "decode/nms.h"
#include "simd/mask_kernels.h"

namespace masklet {

namespace {

constexpr uint32_t kBoxChannels = 4;
constexpr uint32_t kEndToEndChannels = 6;
/// Anchors whose best scores are found together: their block of every class plane and of the result stays in
/// the L1 cache.
constexpr size_t kAnchorBlock = 1024;
/// Whole numbers up to here are exact in a float.
constexpr float kMaxClassId = 16777216.0f;

bool inUnitRange(float value) {
  return value >= 0 && value <= 1;
}

Status checkOptions(const DecodeOptions& options) {
  if (!inUnitRange(options.scoreThreshold)) return fail(StatusCode::badArgument, options.scoreThreshold);
  if (!inUnitRange(options.iouThreshold)) return fail(StatusCode::badArgument, options.iouThreshold);
  if (options.maxInstances == 0) return fail(StatusCode::badArgument, options.maxInstances);
  return okStatus();
}

/// `channels` is the dimension of `detections` that holds the values of one row; `fixedChannels` of them are
/// not coefficients.
Status checkTensors(const TensorView& detections, const TensorView& prototypes, uint32_t channels,
                    uint32_t fixedChannels) {
  if (detections.rank != 3) return fail(StatusCode::badRank, detections.rank);
  if (prototypes.rank != 4) return fail(StatusCode::badRank, prototypes.rank);
  if (detections.dims[0] != 1) return fail(StatusCode::badShape, detections.dims[0]);
  if (prototypes.dims[0] != 1) return fail(StatusCode::badShape, prototypes.dims[0]);
  if (prototypes.dims[1] == 0) return fail(StatusCode::badShape, prototypes.dims[1]);
  if (channels < fixedChannels || channels - fixedChannels < prototypes.dims[1]) {
    return fail(StatusCode::badShape, channels);
  }
  return okStatus();
}

/// Rows that passed the score threshold, in the order of the network's output.
struct Candidates {
  Buffer<Box> boxesNet;
  Buffer<float> scores;
  Buffer<uint32_t> classIds;
  Buffer<uint32_t> rows;

  Status add(const Box& boxNet, float score, uint32_t classId, uint32_t row) {
    MASKLET_TRY(boxesNet.push(boxNet));
    MASKLET_TRY(scores.push(score));
    MASKLET_TRY(classIds.push(classId));
    return rows.push(row);
  }
};

/// Where mask coefficients lie in an output: number k of row r is data[offset + r * rowStride + k *
/// valueStride]. `data` may be null when there are no rows.
struct CoefficientLayout {
  const float* data;
  size_t offset;
  size_t rowStride;
  size_t valueStride;
  uint32_t count;
};

/// Copies the candidates of `order` into `instances`.
Status gather(const Candidates& candidates, std::span<const uint32_t> order, const CoefficientLayout& layout,
              Instances& instances) {
  // All memory first: a failure then leaves every column empty.
  MASKLET_TRY(instances.boxesNet.reserve(order.size()));
  MASKLET_TRY(instances.scores.reserve(order.size()));
  MASKLET_TRY(instances.classIds.reserve(order.size()));
  MASKLET_TRY(instances.coefficients.reserve(order.size() * layout.count));
  MASKLET_TRY(instances.boxesNet.resize(order.size()));
  MASKLET_TRY(instances.scores.resize(order.size()));
  MASKLET_TRY(instances.classIds.resize(order.size()));
  MASKLET_TRY(instances.coefficients.resize(order.size() * layout.count));
  instances.coefficientCount = layout.count;
  float* to = instances.coefficients.data();
  for (size_t i = 0; i < order.size(); ++i) {
    const uint32_t index = order[i];
    instances.boxesNet[i] = candidates.boxesNet[index];
    instances.scores[i] = candidates.scores[index];
    instances.classIds[i] = candidates.classIds[index];
    const float* from = layout.data + layout.offset + candidates.rows[index] * layout.rowStride;
    for (uint32_t k = 0; k < layout.count; ++k) *to++ = from[k * layout.valueStride];
  }
  return okStatus();
}

/// [4 + C + P, N], one plane per channel.
struct ChannelMajor {
  const float* data;
  size_t anchorCount;
  uint32_t classCount;

  const float* scorePlane(uint32_t classId) const { return data + (kBoxChannels + classId) * anchorCount; }

  /// Centre and size to corners, in the order of operations of Ultralytics' xywh2xyxy.
  Box boxNet(size_t anchor) const {
    const float* value = data + anchor;
    const float halfWidth = value[2 * anchorCount] / 2;
    const float halfHeight = value[3 * anchorCount] / 2;
    return {value[0] - halfWidth, value[anchorCount] - halfHeight, value[0] + halfWidth,
            value[anchorCount] + halfHeight};
  }

  /// The lowest class with this score.
  uint32_t classOf(size_t anchor, float score) const {
    uint32_t classId = 0;
    while (scorePlane(classId)[anchor] != score) ++classId;
    return classId;
  }
};

bool upright(const Box& box) {
  return box.finite() && box.x2 >= box.x1 && box.y2 >= box.y1;
}

Status addCandidate(const ChannelMajor& rows, size_t anchor, float score,
                    std::span<const uint8_t> classFilter, Candidates& candidates) {
  const Box boxNet = rows.boxNet(anchor);
  if (!std::isfinite(score) || !upright(boxNet)) return okStatus();
  const uint32_t classId = rows.classOf(anchor, score);
  if (!classFilter.empty() && classFilter[classId] == 0) return okStatus();
  return candidates.add(boxNet, score, classId, static_cast<uint32_t>(anchor));
}

/// Finds the best score of every anchor first and the class only of those above the threshold, which are few.
Status collectCandidates(const ChannelMajor& rows, const DecodeOptions& options, const MaskKernels& kernels,
                         Candidates& candidates) {
  std::array<float, kAnchorBlock> best;
  for (size_t begin = 0; begin < rows.anchorCount; begin += kAnchorBlock) {
    const size_t count = std::min(kAnchorBlock, rows.anchorCount - begin);
    kernels.maxOverPlanes(rows.scorePlane(0) + begin, rows.anchorCount, rows.classCount, count, best.data());
    for (size_t i = 0; i < count; ++i) {
      if (!(best[i] > options.scoreThreshold)) continue;
      MASKLET_TRY(addCandidate(rows, begin + i, best[i], options.classFilter, candidates));
    }
  }
  return okStatus();
}

/// One row of an end-to-end output: x1, y1, x2, y2, score, class.
Status addEndToEndRow(const float* values, uint32_t row, float classLimit, const DecodeOptions& options,
                      Candidates& candidates) {
  const Box boxNet{values[0], values[1], values[2], values[3]};
  const float score = values[4];
  const float classValue = values[5];
  if (!(score > options.scoreThreshold) || !std::isfinite(score) || !upright(boxNet)) return okStatus();
  if (!(classValue >= 0 && classValue < classLimit)) return okStatus();
  const auto classId = static_cast<uint32_t>(classValue);
  const bool filtered = !options.classFilter.empty();
  if (filtered && (classId >= options.classFilter.size() || options.classFilter[classId] == 0))
    return okStatus();
  return candidates.add(boxNet, score, classId, row);
}

}  // namespace

Status decodeYoloSeg(const TensorView& detections, const TensorView& prototypes, const DecodeOptions& options,
                     const MaskKernels& kernels, Instances& instances) {
  instances.clear();
  MASKLET_TRY(checkOptions(options));
  const uint32_t channels = detections.dims[1];
  MASKLET_TRY(checkTensors(detections, prototypes, channels, kBoxChannels + 1));
  const uint32_t coefficientCount = prototypes.dims[1];
  const ChannelMajor rows{detections.data, detections.dims[2], channels - kBoxChannels - coefficientCount};
  if (!options.classFilter.empty() && options.classFilter.size() != rows.classCount) {
    return fail(StatusCode::badArgument, options.classFilter.size());
  }

  Candidates candidates;
  MASKLET_TRY(collectCandidates(rows, options, kernels, candidates));
  Buffer<uint32_t> kept;
  MASKLET_TRY(nms(candidates.boxesNet.span(), candidates.scores.span(), candidates.classIds.span(),
                  options.iouThreshold, options.maxInstances, kept));
  const CoefficientLayout layout{detections.data, (kBoxChannels + rows.classCount) * rows.anchorCount, 1,
                                 rows.anchorCount, coefficientCount};
  return gather(candidates, kept.span(), layout, instances);
}

Status decodeYoloSegEndToEnd(const TensorView& detections, const TensorView& prototypes, uint32_t classCount,
                             const DecodeOptions& options, Instances& instances) {
  instances.clear();
  MASKLET_TRY(checkOptions(options));
  const uint32_t channels = detections.dims[2];
  MASKLET_TRY(checkTensors(detections, prototypes, channels, kEndToEndChannels));
  const uint32_t coefficientCount = prototypes.dims[1];
  if (channels != kEndToEndChannels + coefficientCount) return fail(StatusCode::badShape, channels);
  if (classCount != 0 && !options.classFilter.empty() && options.classFilter.size() != classCount) {
    return fail(StatusCode::badArgument, options.classFilter.size());
  }

  const float classLimit = classCount == 0 ? kMaxClassId : static_cast<float>(classCount);
  Candidates candidates;
  for (uint32_t row = 0; row < detections.dims[1]; ++row) {
    MASKLET_TRY(
        addEndToEndRow(detections.data + size_t{row} * channels, row, classLimit, options, candidates));
  }
  Buffer<uint32_t> order;
  MASKLET_TRY(sortByScore(candidates.scores.span(), options.maxInstances, order));
  const CoefficientLayout layout{detections.data, kEndToEndChannels, channels, 1, coefficientCount};
  return gather(candidates, order.span(), layout, instances);
}

}  // namespace masklet
