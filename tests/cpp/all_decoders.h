// Every decoder behind one signature, with outputs small or hostile, for what must hold for all.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "assemble/assemble_masks.h"
#include "decode/detr_detect.h"
#include "decode/detr_panoptic.h"
#include "decode/mask_former.h"
#include "decode/mask_rcnn.h"
#include "decode/rf_detr_seg.h"
#include "decode/rtmdet_ins.h"
#include "decode/sam.h"
#include "decode/yolact.h"
#include "decode/yolo_detect.h"
#include "decode/yolo_seg.h"
#include "decode/yolov5_seg.h"
#include "decode/yolox.h"
#include "simd/mask_kernels.h"

namespace masklet::test {

/// Outputs to be made: `objects` rows, each of its own class where the family allows it.
struct OutputPlan {
  uint32_t objects = 3;
  uint32_t classes = 3;
  uint32_t planes = 2;  ///< prototypes
  SizePx msk{4, 4};
  /// Takes the next float of the outputs, whatever it means; `usual` would be an object.
  std::function<float(float usual)> value = [](float usual) { return usual; };
  /// Takes the next score or logit.
  std::function<float(float usual)> score = [](float usual) { return usual; };
};

/// A tensor of a plan. Rows are filled by `put`.
class PlannedTensor {
 public:
  explicit PlannedTensor(std::vector<uint32_t> dims) {
    size_t count = 1;
    for (const uint32_t dim : dims) {
      view_.dims[view_.rank++] = dim;
      count *= dim;
    }
    values_.resize(count);
  }
  template <class At>
  void fill(const At& at) {
    for (size_t i = 0; i < values_.size(); ++i) values_[i] = at(i);
  }
  const TensorView& view() {
    view_.data = values_.data();
    return view_;
  }

 private:
  std::vector<float> values_;
  TensorView view_;
};

inline constexpr SizePx kPlanNet{16, 16};

/// [1, N, `scoresFrom` + classes + extra] with boxes first; `channelsFirst`: the transpose.
inline PlannedTensor plannedRows(const OutputPlan& plan, uint32_t scoresFrom, uint32_t extra,
                                 bool channelsFirst = false) {
  const uint32_t columns = scoresFrom + plan.classes + extra;
  const uint32_t count = plan.objects;
  PlannedTensor rows(channelsFirst ? std::vector<uint32_t>{1, columns, count}
                                   : std::vector<uint32_t>{1, count, columns});
  rows.fill([&](size_t i) {
    const size_t row = channelsFirst ? i % count : i / columns;
    const size_t column = channelsFirst ? i / count : i % columns;
    if (column < 4) return plan.value(column < 2 ? 4.0f + 4 * static_cast<float>(row) : 3.0f);
    if (column < scoresFrom) return plan.score(0.9f);
    if (column < scoresFrom + plan.classes)
      return plan.score(column - scoresFrom == row % plan.classes ? 0.9f : 0.01f);
    return plan.value(0.5f);
  });
  return rows;
}

/// [1, N, 6 + extra]: corners, score, class.
inline PlannedTensor plannedFinalRows(const OutputPlan& plan, uint32_t extra) {
  const uint32_t columns = 6 + extra;
  PlannedTensor rows({1, plan.objects, columns});
  rows.fill([&](size_t i) {
    const auto row = static_cast<float>(i / columns);
    const size_t column = i % columns;
    if (column < 4) return plan.value(column < 2 ? row : row + 8);
    if (column == 4) return plan.score(0.9f);
    return plan.value(column == 5 ? 0.0f : 0.5f);
  });
  return rows;
}

/// Dimensions of values that are nothing but values.
inline PlannedTensor plannedValues(const OutputPlan& plan, std::vector<uint32_t> dims,
                                   float usual = 1) {
  PlannedTensor tensor(std::move(dims));
  tensor.fill([&](size_t) { return plan.value(usual); });
  return tensor;
}

inline PlannedTensor plannedPlanes(const OutputPlan& plan, uint32_t batch, uint32_t count) {
  return plannedValues(plan, {batch, count, static_cast<uint32_t>(plan.msk.height),
                              static_cast<uint32_t>(plan.msk.width)});
}

/// [1, N, 4]: centers and sizes as fractions.
inline PlannedTensor plannedFractions(const OutputPlan& plan) {
  return plannedValues(plan, {1, plan.objects, 4}, 0.4f);
}

/// [1, N, columns] of logits or scores: each row has one that is great.
inline PlannedTensor plannedScores(const OutputPlan& plan, uint32_t columns, float great,
                                   float small) {
  PlannedTensor tensor({1, plan.objects, columns});
  tensor.fill([&](size_t i) {
    return plan.score(i % columns == i / columns % plan.classes ? great : small);
  });
  return tensor;
}

inline PlannedTensor plannedList(const OutputPlan& plan, bool scores, std::vector<uint32_t> dims) {
  PlannedTensor tensor(std::move(dims));
  tensor.fill([&](size_t) { return scores ? plan.score(0.9f) : plan.value(1.0f); });
  return tensor;
}

/// What a decoder is told beside its outputs.
struct DecoderSetting {
  DecodeOptions options;
  Letterbox letterbox;
  const MaskKernels* kernels = &defaultMaskKernels();

  DecoderSetting() { (void)makeLetterbox({24, 20}, kPlanNet, ResizeMode::stretch, letterbox); }
};

/// Decodes what `plan` says, then assembles the masks while the outputs are there.
using DecoderRun = std::function<Status(const OutputPlan& plan, const DecoderSetting& setting,
                                        Instances& instances, MaskColumns& masks)>;

struct NamedDecoder {
  std::string name;
  DecoderRun run;
};

inline Status assembled(const Status& decoded, const DecoderSetting& setting,
                        const Instances& instances, const MaskSource& source, MaskColumns& masks) {
  MASKLET_TRY(decoded);
  return assembleMasks(instances, source, setting.letterbox, true, *setting.kernels, masks);
}

std::vector<NamedDecoder> allDecoders();

}  // namespace masklet::test
