#include "decode/sam.h"

#include <algorithm>
#include <cmath>

#include "mask/upsample.h"

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

/// Object pixels of every instance where a pixel's value is greater than `threshold`.
Status measureAreas(const Instances& instances, MaskSource& source, float threshold,
                    const Letterbox& letterbox, const MaskKernels& kernels, MaskColumns& masks) {
  const float kept = source.threshold;
  source.threshold = threshold;
  const Status status = assembleMasks(instances, source, letterbox, false, kernels, masks);
  source.threshold = kept;
  return status;
}

Status measureStability(const Instances& instances, MaskSource& source, float offset,
                        const Letterbox& letterbox, const MaskKernels& kernels,
                        Buffer<float>& stability) {
  MaskColumns core;
  MaskColumns whole;
  const float threshold = source.threshold;
  MASKLET_TRY(measureAreas(instances, source, threshold + offset, letterbox, kernels, core));
  MASKLET_TRY(measureAreas(instances, source, threshold - offset, letterbox, kernels, whole));
  for (size_t row = 0; row < instances.count(); ++row) {
    if (whole.areasPx[row] == 0) continue;
    const double ratio = static_cast<double>(core.areasPx[row]) / whole.areasPx[row];
    stability[instances.rows[row]] = static_cast<float>(ratio);
  }
  return okStatus();
}

/// Moves the rows that are stable enough to the front and drops the others.
Status dropUnstable(std::span<const float> stability, float threshold, Instances& instances) {
  size_t kept = 0;
  for (size_t row = 0; row < instances.count(); ++row) {
    if (!(stability[instances.rows[row]] >= threshold)) continue;
    instances.boxesNet[kept] = instances.boxesNet[row];
    instances.scores[kept] = instances.scores[row];
    instances.rows[kept] = instances.rows[row];
    ++kept;
  }
  return instances.resize(kept);
}

Status decode(const TensorView& planes, const TensorView& scores, const SamOptions& options,
              const Letterbox& letterbox, const MaskKernels& kernels, Instances& instances,
              MaskSource& source, Buffer<float>& stability) {
  MASKLET_TRY(checkTensors(planes, scores));
  MASKLET_TRY(checkOptions(options));
  MASKLET_TRY(stability.resize(planes.dims[1]));
  std::fill(stability.begin(), stability.end(), 0.0f);
  MASKLET_TRY(collect(scores, options.predictedIouThreshold, letterbox.net, instances));
  source.form = MaskForm::planes;
  source.planes = planes;
  source.threshold = options.maskThreshold;
  source.probability = options.probability;
  source.cropToBox = false;
  source.boxFromMask = true;
  source.viaSize = options.viaSize;
  MASKLET_TRY(
      measureStability(instances, source, options.stabilityOffset, letterbox, kernels, stability));
  return dropUnstable(stability.span(), options.stabilityThreshold, instances);
}

}  // namespace

Status decodeSam(const TensorView& planes, const TensorView& scores, const SamOptions& options,
                 const Letterbox& letterbox, const MaskKernels& kernels, Instances& instances,
                 MaskSource& source, Buffer<float>& stability) {
  instances.clear();
  const Status status =
      decode(planes, scores, options, letterbox, kernels, instances, source, stability);
  if (!status.ok()) {
    instances.clear();
    stability.clear();
  }
  return status;
}

}  // namespace masklet
