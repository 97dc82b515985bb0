#include "decode/sam.h"

#include <algorithm>
#include <cmath>
namespace masklet {

namespace {

Status checkTensors(const TensorView& planes, const TensorView& scores) {
  if (planes.rank != 4) return fail(StatusCode::badRank, planes.rank);
  if (scores.rank != 2) return fail(StatusCode::badRank, scores.rank);
  if (planes.dims[0] != 1) return fail(StatusCode::badShape, planes.dims[0]);
  if (scores.dims[0] != 1) return fail(StatusCode::badShape, scores.dims[0]);
  if (scores.dims[1] != planes.dims[1]) return fail(StatusCode::badShape, scores.dims[1]);
  return okStatus();
}

Status checkOptions(const SamOptions& options) {
  if (std::isnan(options.predictedIouThreshold)) {
    return fail(StatusCode::badArgument, options.predictedIouThreshold);
  }
  if (!(options.stabilityThreshold >= 0 && options.stabilityThreshold <= 1)) {
    return fail(StatusCode::badArgument, options.stabilityThreshold);
  }
  if (!std::isfinite(options.maskThreshold))
    return fail(StatusCode::badArgument, options.maskThreshold);
  if (!(options.stabilityOffset >= 0 && std::isfinite(options.stabilityOffset))) {
    return fail(StatusCode::badArgument, options.stabilityOffset);
  }
  return okStatus();
}

Status collect(const TensorView& scores, float threshold, SizePx net, Instances& instances) {
  const std::span<const float> values(scores.data, scores.dims[1]);
  const auto passes = [&](float score) { return score > threshold && std::isfinite(score); };
  MASKLET_TRY(
      instances.resize(static_cast<size_t>(std::count_if(values.begin(), values.end(), passes))));
  size_t row = 0;
  for (uint32_t plane = 0; plane < values.size(); ++plane) {
    if (!passes(values[plane])) continue;
    instances.boxesNet[row] = {0, 0, static_cast<float>(net.width), static_cast<float>(net.height)};
    instances.scores[row] = values[plane];
    instances.classIds[row] = 0;
    instances.rows[row] = plane;
    ++row;
  }
  return okStatus();
}

Status decode(const TensorView& planes, const TensorView& scores, const SamOptions& options,
              SizePx net, Instances& instances, MaskSource& source) {
  MASKLET_TRY(checkTensors(planes, scores));
  MASKLET_TRY(checkOptions(options));
  MASKLET_TRY(collect(scores, options.predictedIouThreshold, net, instances));
  source.form = MaskForm::planes;
  source.planes = planes;
  source.threshold = options.maskThreshold;
  source.probability = options.probability;
  source.cropToBox = false;
  source.boxFromMask = true;
  source.viaSize = options.viaSize;
  source.stable = {true, options.stabilityOffset, options.stabilityThreshold};
  return okStatus();
}

}  // namespace

Status decodeSam(const TensorView& planes, const TensorView& scores, const SamOptions& options,
                 SizePx net, Instances& instances, MaskSource& source) {
  instances.clear();
  const Status status = decode(planes, scores, options, net, instances, source);
  if (!status.ok()) instances.clear();
  return status;
}

}  // namespace masklet
