#include "decode/detr_panoptic.h"

#include <algorithm>

#include "decode/candidates.h"
#include "decode/query_planes.h"
#include "decode/query_rows.h"
#include "decode/query_scores.h"

namespace masklet {

namespace {

/// Minimum weighted probability of a pixel that a query would have alone (mask_threshold of
/// compute_segments).
constexpr float kMaskThreshold = 0.5f;

Status checkOutputs(const DetrPanopticOutputs& outputs, const DecodeOptions& options) {
  MASKLET_TRY(checkDecodeOptions(options));
  MASKLET_TRY(checkQueryLogits(outputs.logits, 2));
  MASKLET_TRY(checkQueryMasks(outputs.masks, outputs.logits.dims[1]));
  return checkClassFilter(options, outputs.logits.dims[2] - 1);
}

/// The competing queries in the network's order. `queries` are their indices; Candidates::rows are
/// indices into `queries`.
Status collect(const DetrPanopticOutputs& outputs, SizePx net, float scoreThreshold,
               Candidates& candidates, Buffer<uint32_t>& queries) {
  QueryRows rows;
  const bool hasBoxes = outputs.boxes.rank != 0;
  if (hasBoxes) MASKLET_TRY(makeQueryRows(outputs.boxes, outputs.logits, net, rows));
  const uint32_t logitCount = outputs.logits.dims[2];
  if (outputs.logits.dims[1] == 0) return okStatus();  // do not allocate for a mere dimension
  Buffer<float> probabilities;
  MASKLET_TRY(probabilities.resize(logitCount));
  for (uint32_t query = 0; query < outputs.logits.dims[1]; ++query) {
    const float* row = outputs.logits.data + size_t{query} * logitCount;
    if (!softmaxRow(row, logitCount, probabilities.data())) continue;
    const float* best = std::max_element(probabilities.begin(), probabilities.end());
    const auto classId = static_cast<uint32_t>(best - probabilities.begin());
    if (classId == logitCount - 1 || !(*best > scoreThreshold)) continue;
    const Box boxNet = hasBoxes ? rows.boxNet(query) : wholeInput(net);
    if (!upright(boxNet)) continue;
    MASKLET_TRY(candidates.add(boxNet, *best, classId, static_cast<uint32_t>(queries.size())));
    MASKLET_TRY(queries.push(query));
  }
  return okStatus();
}

/// Writes the enlarged mask probabilities of the chosen queries into `source`.
Status fillProbabilities(const TensorView& masks, std::span<const uint32_t> queries,
                         SizePx enlargeTo, const MaskKernels& kernels, MaskSource& source) {
  const SizePx size{static_cast<int32_t>(masks.dims[3]), static_cast<int32_t>(masks.dims[2])};
  const SizePx to = enlargeTo.width == 0 ? size : enlargeTo;
  PlaneResizer resizer;
  MASKLET_TRY(resizer.prepare(size, to));
  const size_t planeSize = static_cast<size_t>(to.width) * static_cast<size_t>(to.height);
  MASKLET_TRY(source.storage.resize(queries.size() * planeSize));
  float* plane = source.storage.data();
  for (const uint32_t query : queries) {
    resizer.resize(masks.data + size_t{query} * masks.dims[2] * masks.dims[3], kernels, plane);
    std::transform(plane, plane + planeSize, plane, sigmoidOf);
    plane += planeSize;
  }
  source.planes = {source.storage.data(),
                   {1, static_cast<uint32_t>(queries.size()), static_cast<uint32_t>(to.height),
                    static_cast<uint32_t>(to.width)},
                   4};
  return okStatus();
}

/// Marks the instances of classes that the filter drops: they compete, but do not appear in the
/// result.
Status hideClasses(const DecodeOptions& options, const Instances& instances,
                   Buffer<uint8_t>& hidden) {
  MASKLET_TRY(hidden.resize(instances.count()));
  for (size_t i = 0; i < instances.count(); ++i)
    hidden[i] = keepsClass(options, instances.classIds[i]) ? 0 : 1;
  return okStatus();
}

}  // namespace

Status decodeDetrPanoptic(const DetrPanopticOutputs& outputs, SizePx net, SizePx enlargeTo,
                          const DecodeOptions& options, const MaskKernels& kernels,
                          Instances& instances, MaskSource& source) {
  instances.clear();
  source.clear();
  MASKLET_TRY(checkOutputs(outputs, options));
  Candidates candidates;
  Buffer<uint32_t> queries;
  MASKLET_TRY(collect(outputs, net, options.scoreThreshold, candidates, queries));
  MASKLET_TRY(fillProbabilities(outputs.masks, queries.span(), enlargeTo, kernels, source));
  DecodeOptions unlimited;
  unlimited.maxInstances = UINT32_MAX;
  MASKLET_TRY(sortAndGather(candidates, unlimited, {}, instances));
  MASKLET_TRY(hideClasses(options, instances, source.hidden));
  source.exclusive.on = true;
  source.exclusive.maxInstances = options.maxInstances;
  source.form = MaskForm::planes;
  source.probability = true;
  source.threshold = kMaskThreshold;
  source.cropToBox = false;
  source.boxFromMask = outputs.boxes.rank == 0;
  return okStatus();
}

}  // namespace masklet
