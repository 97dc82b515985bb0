#include "decode/rf_detr_seg.h"

#include <algorithm>

#include "decode/query_rows.h"
#include "decode/query_scores.h"

namespace masklet {

Status decodeRfDetrSeg(const RfDetrSegOutputs& outputs, SizePx net, const DecodeOptions& options,
                       Instances& instances, MaskSource& source) {
  instances.clear();
  source.clear();
  MASKLET_TRY(checkDecodeOptions(options));
  QueryRows rows;
  MASKLET_TRY(makeQueryRows(outputs.boxes, outputs.logits, net, rows));
  MASKLET_TRY(checkQueryMasks(outputs.masks, rows.queryCount));
  MASKLET_TRY(checkClassFilter(options, rows.columns));
  Candidates candidates;
  MASKLET_TRY(addSigmoidPairs(rows, options, candidates));
  DecodeOptions limited = options;
  limited.maxInstances = std::min(options.maxInstances, std::max(rows.queryCount, 1u));
  MASKLET_TRY(sortAndGather(candidates, limited, {}, instances));
  source.form = MaskForm::planes;
  source.planes = outputs.masks;
  source.cropToBox = false;
  return okStatus();
}

}  // namespace masklet
