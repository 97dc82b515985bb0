#include "decode/yolov5_seg.h"

#include "decode/yolo_rows.h"

namespace masklet {

Status decodeYolov5Seg(const TensorView& detections, const TensorView& prototypes,
                       const DecodeOptions& options, Instances& instances, MaskSource& source) {
  instances.clear();
  MASKLET_TRY(checkDecodeOptions(options));
  MASKLET_TRY(checkRows(detections));
  const uint32_t columns = detections.dims[2];
  MASKLET_TRY(checkPrototypes(prototypes, columns, ObjectnessRows::kFixedColumns + 1));
  const uint32_t coefficientCount = prototypes.dims[1];
  const uint32_t classCount = columns - ObjectnessRows::kFixedColumns - coefficientCount;
  const ObjectnessRows rows{detections.data, detections.dims[1], columns, classCount};
  MASKLET_TRY(checkClassFilter(options, classCount));

  Candidates candidates;
  MASKLET_TRY(addObjectnessRows(rows, options, boxOfPixels, candidates));
  source.form = MaskForm::prototypes;
  source.planes = prototypes;
  const CoefficientLayout layout{detections.data,
                                 size_t{ObjectnessRows::kFixedColumns} + classCount, columns, 1,
                                 coefficientCount};
  return suppressAndGather(candidates, options, layout, instances);
}

}  // namespace masklet
