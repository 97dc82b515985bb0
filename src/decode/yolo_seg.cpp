#include "decode/yolo_seg.h"

#include <algorithm>
#include <array>

#include "decode/candidates.h"
#include "simd/mask_kernels.h"

namespace masklet {

namespace {

constexpr uint32_t kBoxChannels = 4;
constexpr uint32_t kEndToEndChannels = 6;
/// Anchors whose best scores are found together: their block of every class plane and of the result stays in
/// the L1 cache.
constexpr size_t kAnchorBlock = 1024;

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

/// [4 + C + P, N], one plane per channel.
struct ChannelMajor {
  const float* data;
  size_t anchorCount;
  uint32_t classCount;

  const float* scorePlane(uint32_t classId) const { return data + (kBoxChannels + classId) * anchorCount; }

  Box boxNet(size_t anchor) const {
    const float* value = data + anchor;
    return boxFromCentre(value[0], value[anchorCount], value[2 * anchorCount], value[3 * anchorCount]);
  }

  /// The lowest class with this score.
  uint32_t classOf(size_t anchor, float score) const {
    uint32_t classId = 0;
    while (scorePlane(classId)[anchor] != score) ++classId;
    return classId;
  }
};

Status addCandidate(const ChannelMajor& rows, size_t anchor, float score, const DecodeOptions& options,
                    Candidates& candidates) {
  const Box boxNet = rows.boxNet(anchor);
  if (!std::isfinite(score) || !upright(boxNet)) return okStatus();
  const uint32_t classId = rows.classOf(anchor, score);
  if (!keepsClass(options, classId)) return okStatus();
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
      MASKLET_TRY(addCandidate(rows, begin + i, best[i], options, candidates));
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
  if (!keepsClass(options, classId)) return okStatus();
  return candidates.add(boxNet, score, classId, row);
}

}  // namespace

Status decodeYoloSeg(const TensorView& detections, const TensorView& prototypes, const DecodeOptions& options,
                     const MaskKernels& kernels, Instances& instances) {
  instances.clear();
  MASKLET_TRY(checkDecodeOptions(options));
  const uint32_t channels = detections.dims[1];
  MASKLET_TRY(checkTensors(detections, prototypes, channels, kBoxChannels + 1));
  const uint32_t coefficientCount = prototypes.dims[1];
  const ChannelMajor rows{detections.data, detections.dims[2], channels - kBoxChannels - coefficientCount};
  MASKLET_TRY(checkClassFilter(options, rows.classCount));

  Candidates candidates;
  MASKLET_TRY(collectCandidates(rows, options, kernels, candidates));
  const CoefficientLayout layout{detections.data, (kBoxChannels + rows.classCount) * rows.anchorCount, 1,
                                 rows.anchorCount, coefficientCount};
  return suppressAndGather(candidates, options, layout, instances);
}

Status decodeYoloSegEndToEnd(const TensorView& detections, const TensorView& prototypes, uint32_t classCount,
                             const DecodeOptions& options, Instances& instances) {
  instances.clear();
  MASKLET_TRY(checkDecodeOptions(options));
  const uint32_t channels = detections.dims[2];
  MASKLET_TRY(checkTensors(detections, prototypes, channels, kEndToEndChannels));
  const uint32_t coefficientCount = prototypes.dims[1];
  if (channels != kEndToEndChannels + coefficientCount) return fail(StatusCode::badShape, channels);
  if (classCount != 0) MASKLET_TRY(checkClassFilter(options, classCount));

  const float classLimit = classCount == 0 ? kMaxClassId : static_cast<float>(classCount);
  Candidates candidates;
  for (uint32_t row = 0; row < detections.dims[1]; ++row) {
    MASKLET_TRY(
        addEndToEndRow(detections.data + size_t{row} * channels, row, classLimit, options, candidates));
  }
  const CoefficientLayout layout{detections.data, kEndToEndChannels, channels, 1, coefficientCount};
  return sortAndGather(candidates, options, layout, instances);
}

}  // namespace masklet
