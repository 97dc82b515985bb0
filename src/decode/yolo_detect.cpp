#include "decode/yolo_detect.h"

#include "decode/yolo_rows.h"

namespace masklet {

namespace {

Status decodeDense(const TensorView& detections, const DecodeOptions& options,
                   const MaskKernels& kernels, Instances& instances) {
  const uint32_t channels = detections.dims[1];
  if (channels <= ChannelRows::kBoxChannels) return fail(StatusCode::badShape, channels);
  const ChannelRows rows{detections.data, detections.dims[2], channels - ChannelRows::kBoxChannels};
  MASKLET_TRY(checkClassFilter(options, rows.classCount));
  Candidates candidates;
  MASKLET_TRY(addChannelRows(rows, options, kernels, candidates));
  return suppressAndGather(candidates, options, {}, instances);
}

Status decodeEndToEnd(const TensorView& detections, uint32_t classCount,
                      const DecodeOptions& options, Instances& instances) {
  const uint32_t columns = detections.dims[2];
  if (columns != FinalRows::kFixedColumns) return fail(StatusCode::badShape, columns);
  if (classCount != 0) MASKLET_TRY(checkClassFilter(options, classCount));
  Candidates candidates;
  MASKLET_TRY(addFinalRows({detections.data, detections.dims[1], columns, classCount}, options,
                           candidates));
  return sortAndGather(candidates, options, {}, instances);
}

Status decodeObjectness(const TensorView& detections, const DecodeOptions& options,
                        Instances& instances) {
  const uint32_t columns = detections.dims[2];
  if (columns <= ObjectnessRows::kFixedColumns) return fail(StatusCode::badShape, columns);
  const uint32_t classCount = columns - ObjectnessRows::kFixedColumns;
  MASKLET_TRY(checkClassFilter(options, classCount));
  Candidates candidates;
  MASKLET_TRY(addObjectnessRows({detections.data, detections.dims[1], columns, classCount}, options,
                                boxOfPixels, candidates));
  return suppressAndGather(candidates, options, {}, instances);
}

}  // namespace

Status decodeYoloDetect(const TensorView& detections, YoloDetectLayout layout, uint32_t classCount,
                        const DecodeOptions& options, const MaskKernels& kernels,
                        Instances& instances, MaskSource& source) {
  instances.clear();
  MASKLET_TRY(checkDecodeOptions(options));
  MASKLET_TRY(checkRows(detections));
  source.form = MaskForm::boxes;
  switch (layout) {
    case YoloDetectLayout::dense:
      return decodeDense(detections, options, kernels, instances);
    case YoloDetectLayout::endToEnd:
      return decodeEndToEnd(detections, classCount, options, instances);
    case YoloDetectLayout::objectness:
      return decodeObjectness(detections, options, instances);
  }
  return fail(StatusCode::badArgument, static_cast<uint32_t>(layout));
}

}  // namespace masklet
