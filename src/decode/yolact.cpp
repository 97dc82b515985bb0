#include "decode/yolact.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "decode/candidates.h"
#include "decode/nms.h"
#include "decode/yolact_priors.h"

namespace masklet {

namespace {

constexpr float kCenterVariance = 0.1f;
constexpr float kSizeVariance = 0.2f;

/// Removes a leading 1, so that the tensor has `rank` dimensions.
Status dropBatch(TensorView& tensor, uint32_t rank) {
  if (tensor.rank == rank) return okStatus();
  if (tensor.rank != rank + 1) return fail(StatusCode::badRank, tensor.rank);
  if (tensor.dims[0] != 1) return fail(StatusCode::badShape, tensor.dims[0]);
  std::copy(tensor.dims.begin() + 1, tensor.dims.end(), tensor.dims.begin());
  tensor.rank = rank;
  return okStatus();
}

std::span<const float> valuesOf(const TensorView& tensor) {
  return {tensor.data, tensor.elements()};
}

bool mayBeScores(const TensorView& tensor) {
  return std::ranges::none_of(valuesOf(tensor), [](float value) { return value < 0 || value > 1; });
}

bool mayBePriors(const TensorView& tensor) {
  const auto inside = [](float center) { return center >= 0 && center <= 1; };
  for (uint32_t row = 0; row < tensor.dims[0]; ++row) {
    const float* prior = tensor.data + size_t{row} * 4;
    if (!inside(prior[0]) || !inside(prior[1]) || !(prior[2] > 0) || !(prior[3] > 0)) return false;
  }
  return true;
}

/// Corners are never inverted, but among thousands of offsets some always look inverted.
bool mayBeCorners(const TensorView& boxes) {
  for (uint32_t row = 0; row < boxes.dims[0]; ++row) {
    const float* box = boxes.data + size_t{row} * 4;
    if (box[2] < box[0] || box[3] < box[1]) return false;
  }
  return true;
}

/// All tensors by role, without a batch dimension, with matching dimensions.
Status tidy(YolactOutputs& outputs) {
  auto& [boxes, scores, coefficients, prototypes, priors] = outputs;
  for (TensorView* tensor : {&boxes, &scores, &coefficients}) MASKLET_TRY(dropBatch(*tensor, 2));
  MASKLET_TRY(dropBatch(prototypes, 3));
  if (priors.rank != 0) MASKLET_TRY(dropBatch(priors, 2));
  const uint32_t rowCount = boxes.dims[0];
  if (boxes.dims[1] != 4) return fail(StatusCode::badShape, boxes.dims[1]);
  if (scores.dims[0] != rowCount) return fail(StatusCode::badShape, scores.dims[0]);
  if (scores.dims[1] < 2) return fail(StatusCode::badShape, scores.dims[1]);
  if (coefficients.dims[0] != rowCount) return fail(StatusCode::badShape, coefficients.dims[0]);
  if (coefficients.dims[1] == 0) return fail(StatusCode::badShape, coefficients.dims[1]);
  if (scores.dims[1] == coefficients.dims[1] && !mayBeScores(scores) && mayBeScores(coefficients)) {
    std::swap(scores, coefficients);
  }
  if (priors.rank == 0) return okStatus();
  if (priors.dims[0] != rowCount) return fail(StatusCode::badShape, priors.dims[0]);
  if (priors.dims[1] != 4) return fail(StatusCode::badShape, priors.dims[1]);
  if (!mayBePriors(priors) && mayBePriors(boxes)) std::swap(priors, boxes);
  return okStatus();
}

/// Points `masks` at the prototypes as planes [1, P, h, w], rearranged if the channels come last.
Status takePrototypes(const TensorView& prototypes, uint32_t planeCount, MaskSource& masks) {
  const auto& dims = prototypes.dims;
  if (dims[2] != planeCount) {
    if (dims[0] != planeCount) return fail(StatusCode::badShape, dims[2]);
    masks.planes = {prototypes.data, {1, planeCount, dims[1], dims[2]}, 4};
    return okStatus();
  }
  const size_t pixelCount = size_t{dims[0]} * dims[1];
  MASKLET_TRY(masks.storage.resize(pixelCount * planeCount));
  // Without pixels the planes have no address to be offset.
  for (uint32_t plane = 0; plane < planeCount && pixelCount > 0; ++plane) {
    float* to = masks.storage.data() + plane * pixelCount;
    const float* from = prototypes.data + plane;
    for (size_t pixel = 0; pixel < pixelCount; ++pixel) to[pixel] = from[pixel * planeCount];
  }
  masks.planes = {masks.storage.data(), {1, planeCount, dims[0], dims[1]}, 4};
  return okStatus();
}

/// Boxes by row, in network pixels.
class Boxes {
 public:
  /// If `priors` is null, the boxes are corners, not offsets.
  Boxes(const float* boxes, const float* priors, SizePx net)
      : boxes_(boxes),
        priors_(priors),
        width_(static_cast<float>(net.width)),
        height_(static_cast<float>(net.height)) {}

  Box at(uint32_t row) const {
    const float* value = boxes_ + size_t{row} * 4;
    if (priors_ == nullptr) return toNet({value[0], value[1], value[2], value[3]});
    const float* prior = priors_ + size_t{row} * 4;
    const float width = prior[2] * std::exp(value[2] * kSizeVariance);
    const float height = prior[3] * std::exp(value[3] * kSizeVariance);
    const float left = prior[0] + value[0] * kCenterVariance * prior[2] - width / 2;
    const float top = prior[1] + value[1] * kCenterVariance * prior[3] - height / 2;
    return toNet({left, top, left + width, top + height});
  }

 private:
  Box toNet(const Box& box) const {
    return {box.x1 * width_, box.y1 * height_, box.x2 * width_, box.y2 * height_};
  }

  const float* boxes_;
  const float* priors_;
  float width_;
  float height_;
};

Status collect(const TensorView& scores, const Boxes& boxes, const DecodeOptions& options,
               Candidates& candidates) {
  const uint32_t columns = scores.dims[1];
  for (uint32_t row = 0; row < scores.dims[0]; ++row) {
    const float* score = scores.data + size_t{row} * columns;
    for (uint32_t column = 1; column < columns; ++column) {
      if (!(score[column] > options.scoreThreshold)) continue;
      const auto classId = static_cast<float>(column - 1);
      MASKLET_TRY(addFinalRow({boxes.at(row), score[column], classId}, row, columns - 1, options,
                              candidates));
    }
  }
  return okStatus();
}

}  // namespace

Status decodeYolact(const YolactOutputs& given, SizePx net, const DecodeOptions& options,
                    Instances& instances, MaskSource& masks) {
  instances.clear();
  MASKLET_TRY(checkDecodeOptions(options));
  YolactOutputs outputs = given;
  MASKLET_TRY(tidy(outputs));
  MASKLET_TRY(checkClassFilter(options, outputs.scores.dims[1] - 1));
  const uint32_t planeCount = outputs.coefficients.dims[1];
  MASKLET_TRY(takePrototypes(outputs.prototypes, planeCount, masks));
  masks.form = MaskForm::croppedPrototypes;
  masks.probability = true;
  masks.threshold = 0.5f;

  const float* priors = outputs.priors.rank == 0 ? nullptr : outputs.priors.data;
  Buffer<float> computed;
  if (outputs.priors.rank == 0 && !mayBeCorners(outputs.boxes)) {
    MASKLET_TRY(makeYolactPriors(net, outputs.boxes.dims[0], computed));
    priors = computed.data();
  }
  Candidates candidates;
  MASKLET_TRY(collect(outputs.scores, Boxes(outputs.boxes.data, priors, net), options, candidates));
  Buffer<uint32_t> kept;
  MASKLET_TRY(fastNms(candidates.boxesNet.span(), candidates.scores.span(),
                      candidates.classIds.span(), options.iouThreshold, kYolactTopK,
                      options.maxInstances, kept));
  const CoefficientLayout layout{outputs.coefficients.data, 0, planeCount, 1, planeCount};
  return gatherCandidates(candidates, kept.span(), layout, instances);
}

}  // namespace masklet
