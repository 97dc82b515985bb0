#include "decode/yolo_seg.h"

#include "decode/yolo_rows.h"

namespace masklet {

Status decodeYoloSeg(const TensorView& detections, const TensorView& prototypes,
                     const DecodeOptions& options, const MaskKernels& kernels,
                     Instances& instances) {
  instances.clear();
  MASKLET_TRY(checkDecodeOptions(options));
  MASKLET_TRY(checkRows(detections));
  const uint32_t channels = detections.dims[1];
  MASKLET_TRY(checkPrototypes(prototypes, channels, ChannelRows::kBoxChannels + 1));
  const uint32_t coefficientCount = prototypes.dims[1];
  const uint32_t classCount = channels - ChannelRows::kBoxChannels - coefficientCount;
  const ChannelRows rows{detections.data, detections.dims[2], classCount};
  MASKLET_TRY(checkClassFilter(options, rows.classCount));

  Candidates candidates;
  MASKLET_TRY(addChannelRows(rows, options, kernels, candidates));
  const CoefficientLayout layout{detections.data,
                                 (ChannelRows::kBoxChannels + classCount) * rows.rowCount, 1,
                                 rows.rowCount, coefficientCount};
  return suppressAndGather(candidates, options, layout, instances);
}

Status decodeYoloSegEndToEnd(const TensorView& detections, const TensorView& prototypes,
                             uint32_t classCount, const DecodeOptions& options,
                             Instances& instances) {
  instances.clear();
  MASKLET_TRY(checkDecodeOptions(options));
  MASKLET_TRY(checkRows(detections));
  const uint32_t columns = detections.dims[2];
  MASKLET_TRY(checkPrototypes(prototypes, columns, FinalRows::kFixedColumns));
  const uint32_t coefficientCount = prototypes.dims[1];
  if (columns != FinalRows::kFixedColumns + coefficientCount)
    return fail(StatusCode::badShape, columns);
  if (classCount != 0) MASKLET_TRY(checkClassFilter(options, classCount));

  Candidates candidates;
  MASKLET_TRY(addFinalRows({detections.data, detections.dims[1], columns, classCount}, options,
                           candidates));
  const CoefficientLayout layout{detections.data, FinalRows::kFixedColumns, columns, 1,
                                 coefficientCount};
  return sortAndGather(candidates, options, layout, instances);
}

}  // namespace masklet
