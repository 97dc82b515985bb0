#include "decode/detr_detect.h"

#include "decode/query_rows.h"

namespace masklet {

Status decodeDetrDetect(const TensorView& boxes, const TensorView& logits, bool softmax, SizePx net,
                        const DecodeOptions& options, Instances& instances, MaskSource& source) {
  instances.clear();
  MASKLET_TRY(checkDecodeOptions(options));
  QueryRows rows;
  MASKLET_TRY(makeQueryRows(boxes, logits, net, rows));
  const uint32_t classCount = softmax ? rows.columns - 1 : rows.columns;
  if (classCount == 0) return fail(StatusCode::badShape, rows.columns);
  MASKLET_TRY(checkClassFilter(options, classCount));

  Candidates candidates;
  MASKLET_TRY(softmax ? addSoftmaxQueries(rows, options, candidates)
                      : addSigmoidPairs(rows, options, candidates));
  source.form = MaskForm::boxes;
  return sortAndGather(candidates, options, {}, instances);
}

}  // namespace masklet
