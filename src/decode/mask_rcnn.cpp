#include "decode/mask_rcnn.h"

#include <cmath>
#include <utility>

#include "decode/candidates.h"

namespace masklet {

namespace {

Status checkOutputs(const MaskRcnnOutputs& outputs) {
  const auto& [boxes, labels, scores, masks] = outputs;
  if (boxes.rank != 2) return fail(StatusCode::badRank, boxes.rank);
  if (labels.rank != 1) return fail(StatusCode::badRank, labels.rank);
  if (scores.rank != 1) return fail(StatusCode::badRank, scores.rank);
  if (masks.rank != 4) return fail(StatusCode::badRank, masks.rank);
  if (boxes.dims[1] != 4) return fail(StatusCode::badShape, boxes.dims[1]);
  const uint32_t count = boxes.dims[0];
  if (labels.dims[0] != count) return fail(StatusCode::badShape, labels.dims[0]);
  if (scores.dims[0] != count) return fail(StatusCode::badShape, scores.dims[0]);
  if (masks.dims[0] != count) return fail(StatusCode::badShape, masks.dims[0]);
  if (masks.dims[1] != 1) return fail(StatusCode::badShape, masks.dims[1]);
  return okStatus();
}

/// Whole images must have the network's own size.
Status checkPasted(const TensorView& masks, SizePx net) {
  if (masks.dims[2] != static_cast<uint32_t>(net.height))
    return fail(StatusCode::badShape, masks.dims[2]);
  if (masks.dims[3] != static_cast<uint32_t>(net.width))
    return fail(StatusCode::badShape, masks.dims[3]);
  return okStatus();
}

bool mayBeLabels(const TensorView& tensor) {
  for (uint32_t row = 0; row < tensor.dims[0]; ++row) {
    const float label = tensor.data[row];
    if (label != std::floor(label)) return false;
  }
  return true;
}

void describeMasks(const TensorView& tensor, MaskRcnnExport kind, MaskSource& masks) {
  masks.planes = {tensor.data, {1, tensor.dims[0], tensor.dims[2], tensor.dims[3]}, 4};
  masks.form = MaskForm::boxPlanes;
  masks.probability = true;
  masks.threshold = 0.5f;
  switch (kind) {
    case MaskRcnnExport::onnxModels:
      masks.paste = BoxPaste::wholePixels;
      break;
    case MaskRcnnExport::torchvision:
      // Its paste grows the box by one sample on each side, so object pixels can lie outside the
      // box.
      masks.form = MaskForm::planes;
      masks.cropToBox = false;
      break;
    case MaskRcnnExport::detectron2:
      masks.paste = BoxPaste::exactZeroBorder;
      // Its rule is "at least 0.5".
      masks.threshold = std::nextafter(0.5f, 0.0f);
      break;
  }
}

}  // namespace

Status decodeMaskRcnn(const MaskRcnnOutputs& given, MaskRcnnExport kind, uint32_t classCount,
                      SizePx net, const DecodeOptions& options, Instances& instances,
                      MaskSource& masks) {
  instances.clear();
  MASKLET_TRY(checkDecodeOptions(options));
  MASKLET_TRY(checkOutputs(given));
  MaskRcnnOutputs outputs = given;
  if (!mayBeLabels(outputs.labels) && mayBeLabels(outputs.scores))
    std::swap(outputs.labels, outputs.scores);
  if (kind == MaskRcnnExport::torchvision) MASKLET_TRY(checkPasted(outputs.masks, net));
  if (classCount != 0) MASKLET_TRY(checkClassFilter(options, classCount));
  describeMasks(outputs.masks, kind, masks);

  const float firstLabel = kind == MaskRcnnExport::onnxModels ? 1.0f : 0.0f;
  Candidates candidates;
  for (uint32_t row = 0; row < outputs.boxes.dims[0]; ++row) {
    const float* box = outputs.boxes.data + size_t{row} * 4;
    const FinalRow values{{box[0], box[1], box[2], box[3]},
                          outputs.scores.data[row],
                          outputs.labels.data[row] - firstLabel};
    MASKLET_TRY(addFinalRow(values, row, classCount, options, candidates));
  }
  return sortAndGather(candidates, options, {}, instances);
}

}  // namespace masklet
