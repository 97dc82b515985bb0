#include "decode/candidates.h"

#include "decode/nms.h"

namespace masklet {

namespace {

bool inUnitRange(float value) {
  return value >= 0 && value <= 1;
}

}  // namespace

Status checkDecodeOptions(const DecodeOptions& options) {
  if (!inUnitRange(options.scoreThreshold))
    return fail(StatusCode::badArgument, options.scoreThreshold);
  if (!inUnitRange(options.iouThreshold))
    return fail(StatusCode::badArgument, options.iouThreshold);
  if (options.maxInstances == 0) return fail(StatusCode::badArgument, options.maxInstances);
  return okStatus();
}

Status checkClassFilter(const DecodeOptions& options, uint32_t classCount) {
  if (options.classFilter.empty() || options.classFilter.size() == classCount) return okStatus();
  return fail(StatusCode::badArgument, options.classFilter.size());
}

bool keepsClass(const DecodeOptions& options, uint32_t classId) {
  if (options.classFilter.empty()) return true;
  return classId < options.classFilter.size() && options.classFilter[classId] != 0;
}

bool upright(const Box& box) {
  return box.finite() && box.x2 >= box.x1 && box.y2 >= box.y1;
}

Status Candidates::add(const Box& boxNet, float score, uint32_t classId, uint32_t row) {
  MASKLET_TRY(boxesNet.push(boxNet));
  MASKLET_TRY(scores.push(score));
  MASKLET_TRY(classIds.push(classId));
  return rows.push(row);
}

Status addFinalRow(const FinalRow& values, uint32_t row, uint32_t classCount,
                   const DecodeOptions& options, Candidates& candidates) {
  const float classLimit = classCount == 0 ? kMaxClassId : static_cast<float>(classCount);
  if (!(values.score > options.scoreThreshold) || !std::isfinite(values.score)) return okStatus();
  if (!upright(values.boxNet)) return okStatus();
  if (!(values.classValue >= 0 && values.classValue < classLimit)) return okStatus();
  const auto classId = static_cast<uint32_t>(values.classValue);
  if (!keepsClass(options, classId)) return okStatus();
  return candidates.add(values.boxNet, values.score, classId, row);
}

Status gatherCandidates(const Candidates& candidates, std::span<const uint32_t> order,
                        const CoefficientLayout& layout, Instances& instances) {
  instances.clear();
  // Reserves all memory first, so that a failure leaves every column empty.
  MASKLET_TRY(instances.coefficients.reserve(order.size() * layout.count));
  MASKLET_TRY(instances.resize(order.size()));
  MASKLET_TRY(instances.coefficients.resize(order.size() * layout.count));
  instances.coefficientCount = layout.count;
  float* to = instances.coefficients.data();
  for (size_t i = 0; i < order.size(); ++i) {
    const uint32_t index = order[i];
    instances.boxesNet[i] = candidates.boxesNet[index];
    instances.scores[i] = candidates.scores[index];
    instances.classIds[i] = candidates.classIds[index];
    instances.rows[i] = candidates.rows[index];
    const float* from = layout.data + layout.offset + candidates.rows[index] * layout.rowStride;
    for (uint32_t k = 0; k < layout.count; ++k) *to++ = from[k * layout.valueStride];
  }
  return okStatus();
}

Status suppressAndGather(const Candidates& candidates, const DecodeOptions& options,
                         const CoefficientLayout& layout, Instances& instances) {
  Buffer<uint32_t> kept;
  MASKLET_TRY(nms(candidates.boxesNet.span(), candidates.scores.span(), candidates.classIds.span(),
                  options.iouThreshold, options.maxInstances, kept));
  return gatherCandidates(candidates, kept.span(), layout, instances);
}

Status sortAndGather(const Candidates& candidates, const DecodeOptions& options,
                     const CoefficientLayout& layout, Instances& instances) {
  Buffer<uint32_t> order;
  MASKLET_TRY(sortByScore(candidates.scores.span(), options.maxInstances, order));
  return gatherCandidates(candidates, order.span(), layout, instances);
}

}  // namespace masklet
