#include "decode/rtmdet_ins.h"

#include "decode/candidates.h"

namespace masklet {

namespace {

constexpr uint32_t kColumns = 5;

Status checkTensors(const TensorView& detections, const TensorView& labels, const TensorView& masks,
                    SizePx net) {
  if (detections.rank != 3) return fail(StatusCode::badRank, detections.rank);
  if (labels.rank != 2) return fail(StatusCode::badRank, labels.rank);
  if (masks.rank != 4) return fail(StatusCode::badRank, masks.rank);
  for (const TensorView* tensor : {&detections, &labels, &masks}) {
    if (tensor->dims[0] != 1) return fail(StatusCode::badShape, tensor->dims[0]);
    if (tensor->dims[1] != detections.dims[1]) return fail(StatusCode::badShape, tensor->dims[1]);
  }
  if (detections.dims[2] != kColumns) return fail(StatusCode::badShape, detections.dims[2]);
  if (masks.dims[2] != static_cast<uint32_t>(net.height))
    return fail(StatusCode::badShape, masks.dims[2]);
  if (masks.dims[3] != static_cast<uint32_t>(net.width))
    return fail(StatusCode::badShape, masks.dims[3]);
  return okStatus();
}

}  // namespace

Status decodeRtmdetIns(const TensorView& detections, const TensorView& labels,
                       const TensorView& masks, uint32_t classCount, SizePx net,
                       const DecodeOptions& options, Instances& instances, MaskSource& source) {
  instances.clear();
  MASKLET_TRY(checkDecodeOptions(options));
  MASKLET_TRY(checkTensors(detections, labels, masks, net));
  if (classCount != 0) MASKLET_TRY(checkClassFilter(options, classCount));
  source.form = MaskForm::planes;
  source.planes = masks;
  source.probability = true;
  source.threshold = 0.5f;
  source.cropToBox = false;

  Candidates candidates;
  for (uint32_t row = 0; row < detections.dims[1]; ++row) {
    const float* values = detections.data + size_t{row} * kColumns;
    const FinalRow object{
        {values[0], values[1], values[2], values[3]}, values[4], labels.data[row]};
    MASKLET_TRY(addFinalRow(object, row, classCount, options, candidates));
  }
  return sortAndGather(candidates, options, {}, instances);
}

}  // namespace masklet
