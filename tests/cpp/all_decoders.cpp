#include "tests/cpp/all_decoders.h"

namespace masklet::test {

namespace {

using Plan = OutputPlan;
using Setting = DecoderSetting;

Status runYoloSeg(const Plan& plan, const Setting& set, Instances& instances, MaskColumns& masks) {
  PlannedTensor rows = plannedRows(plan, 4, plan.planes, true);
  PlannedTensor prototypes = plannedPlanes(plan, 1, plan.planes);
  const Status decoded =
      decodeYoloSeg(rows.view(), prototypes.view(), set.options, *set.kernels, instances);
  return assembled(decoded, set, instances, prototypeSource(prototypes.view()), masks);
}

Status runYoloSegEndToEnd(const Plan& plan, const Setting& set, Instances& instances,
                          MaskColumns& masks) {
  PlannedTensor rows = plannedFinalRows(plan, plan.planes);
  PlannedTensor prototypes = plannedPlanes(plan, 1, plan.planes);
  const Status decoded =
      decodeYoloSegEndToEnd(rows.view(), prototypes.view(), 0, set.options, instances);
  return assembled(decoded, set, instances, prototypeSource(prototypes.view()), masks);
}

Status runYolov5Seg(const Plan& plan, const Setting& set, Instances& instances,
                    MaskColumns& masks) {
  PlannedTensor rows = plannedRows(plan, 5, plan.planes);
  PlannedTensor prototypes = plannedPlanes(plan, 1, plan.planes);
  MaskSource source;
  const Status decoded =
      decodeYolov5Seg(rows.view(), prototypes.view(), set.options, instances, source);
  return assembled(decoded, set, instances, source, masks);
}

DecoderRun yoloDetect(YoloDetectLayout layout) {
  return [layout](const Plan& plan, const Setting& set, Instances& instances, MaskColumns& masks) {
    PlannedTensor rows = layout == YoloDetectLayout::endToEnd ? plannedFinalRows(plan, 0)
                         : layout == YoloDetectLayout::dense  ? plannedRows(plan, 4, 0, true)
                                                              : plannedRows(plan, 5, 0);
    MaskSource source;
    const Status decoded =
        decodeYoloDetect(rows.view(), layout, 0, set.options, *set.kernels, instances, source);
    return assembled(decoded, set, instances, source, masks);
  };
}

DecoderRun yolox(YoloxBoxes boxes) {
  return [boxes](const Plan& plan, const Setting& set, Instances& instances, MaskColumns& masks) {
    Plan fitting = plan;
    // The cells of a 16 x 16 input: 4 and 1.
    if (boxes == YoloxBoxes::cells && plan.objects != 0) fitting.objects = 5;
    PlannedTensor rows = plannedRows(fitting, 5, 0);
    MaskSource source;
    const Status decoded =
        decodeYolox(rows.view(), boxes, kPlanNet, set.options, instances, source);
    return assembled(decoded, set, instances, source, masks);
  };
}

DecoderRun detrDetect(bool softmax) {
  return [softmax](const Plan& plan, const Setting& set, Instances& instances, MaskColumns& masks) {
    PlannedTensor boxes = plannedFractions(plan);
    PlannedTensor logits = plannedScores(plan, plan.classes + (softmax ? 1 : 0), 4, -4);
    MaskSource source;
    const Status decoded = decodeDetrDetect(boxes.view(), logits.view(), softmax, kPlanNet,
                                            set.options, instances, source);
    return assembled(decoded, set, instances, source, masks);
  };
}

DecoderRun detrPanoptic(bool hasBoxes, SizePx enlargeTo) {
  return [=](const Plan& plan, const Setting& set, Instances& instances, MaskColumns& masks) {
    PlannedTensor logits = plannedScores(plan, plan.classes + 1, 4, -4);
    PlannedTensor planes = plannedPlanes(plan, 1, plan.objects);
    PlannedTensor boxes = plannedFractions(plan);
    MaskSource source;
    const Status decoded =
        decodeDetrPanoptic({logits.view(), planes.view(), hasBoxes ? boxes.view() : TensorView{}},
                           kPlanNet, enlargeTo, set.options, *set.kernels, instances, source);
    return assembled(decoded, set, instances, source, masks);
  };
}

DecoderRun maskFormer(SizePx rateSize) {
  return [=](const Plan& plan, const Setting& set, Instances& instances, MaskColumns& masks) {
    PlannedTensor logits = plannedScores(plan, plan.classes + 1, 4, -4);
    PlannedTensor planes = plannedPlanes(plan, 1, plan.objects);
    MaskSource source;
    const Status decoded = decodeMaskFormer({logits.view(), planes.view()}, kPlanNet, rateSize,
                                            set.options, *set.kernels, instances, source);
    return assembled(decoded, set, instances, source, masks);
  };
}

Status runRfDetrSeg(const Plan& plan, const Setting& set, Instances& instances,
                    MaskColumns& masks) {
  PlannedTensor boxes = plannedFractions(plan);
  PlannedTensor logits = plannedScores(plan, plan.classes, 4, -4);
  PlannedTensor planes = plannedPlanes(plan, 1, plan.objects);
  MaskSource source;
  const Status decoded = decodeRfDetrSeg({boxes.view(), logits.view(), planes.view()}, kPlanNet,
                                         set.options, instances, source);
  return assembled(decoded, set, instances, source, masks);
}

DecoderRun maskRcnn(MaskRcnnExport kind) {
  return [kind](const Plan& plan, const Setting& set, Instances& instances, MaskColumns& masks) {
    PlannedTensor boxes({plan.objects, 4});
    boxes.fill([&](size_t i) { return plan.value(i % 4 < 2 ? 2.0f : 9.0f); });
    PlannedTensor labels = plannedList(plan, false, {plan.objects});
    PlannedTensor scores = plannedList(plan, true, {plan.objects});
    Plan pasted = plan;
    if (kind == MaskRcnnExport::torchvision) pasted.msk = kPlanNet;
    PlannedTensor planes = plannedPlanes(pasted, plan.objects, 1);
    MaskSource source;
    const Status decoded =
        decodeMaskRcnn({boxes.view(), labels.view(), scores.view(), planes.view()}, kind, 0,
                       kPlanNet, set.options, instances, source);
    return assembled(decoded, set, instances, source, masks);
  };
}

Status runRtmdetIns(const Plan& plan, const Setting& set, Instances& instances,
                    MaskColumns& masks) {
  PlannedTensor rows({1, plan.objects, 5});
  rows.fill([&](size_t i) {
    return i % 5 == 4 ? plan.score(0.9f) : plan.value(i % 5 < 2 ? 2.0f : 9.0f);
  });
  PlannedTensor labels = plannedList(plan, false, {1, plan.objects});
  Plan whole = plan;
  whole.msk = kPlanNet;
  PlannedTensor planes = plannedPlanes(whole, 1, plan.objects);
  MaskSource source;
  const Status decoded = decodeRtmdetIns(rows.view(), labels.view(), planes.view(), 0, kPlanNet,
                                         set.options, instances, source);
  return assembled(decoded, set, instances, source, masks);
}

DecoderRun yolact(bool channelsLast) {
  return [=](const Plan& plan, const Setting& set, Instances& instances, MaskColumns& masks) {
    PlannedTensor boxes = plannedValues(plan, {1, plan.objects, 4}, 0.1f);
    PlannedTensor scores({1, plan.objects, plan.classes + 1});
    scores.fill([&](size_t i) {
      const size_t columns = plan.classes + 1;
      return plan.score(i % columns == 1 + i / columns % plan.classes ? 0.9f : 0.01f);
    });
    PlannedTensor coefficients = plannedValues(plan, {1, plan.objects, plan.planes}, 2.0f);
    const auto height = static_cast<uint32_t>(plan.msk.height);
    const auto width = static_cast<uint32_t>(plan.msk.width);
    PlannedTensor prototypes = channelsLast
                                   ? plannedValues(plan, {1, height, width, plan.planes})
                                   : plannedValues(plan, {1, plan.planes, height, width + 1});
    PlannedTensor priors = plannedValues(plan, {1, plan.objects, 4}, 0.5f);
    MaskSource source;
    const Status decoded = decodeYolact(
        {boxes.view(), scores.view(), coefficients.view(), prototypes.view(), priors.view()},
        kPlanNet, set.options, instances, source);
    return assembled(decoded, set, instances, source, masks);
  };
}

DecoderRun sam(SizePx viaSize) {
  return [=](const Plan& plan, const Setting& set, Instances& instances, MaskColumns& masks) {
    PlannedTensor planes = plannedPlanes(plan, 1, plan.objects);
    PlannedTensor scores = plannedList(plan, true, {1, plan.objects});
    SamOptions options;
    options.viaSize = viaSize;
    MaskSource source;
    const Status decoded =
        decodeSam(planes.view(), scores.view(), options, kPlanNet, instances, source);
    return assembled(decoded, set, instances, source, masks);
  };
}

}  // namespace

std::vector<NamedDecoder> allDecoders() {
  return {
      {"yolo_seg", runYoloSeg},
      {"yolo_seg end to end", runYoloSegEndToEnd},
      {"yolov5_seg", runYolov5Seg},
      {"yolo_detect dense", yoloDetect(YoloDetectLayout::dense)},
      {"yolo_detect end to end", yoloDetect(YoloDetectLayout::endToEnd)},
      {"yolo_detect objectness", yoloDetect(YoloDetectLayout::objectness)},
      {"yolox pixels", yolox(YoloxBoxes::pixels)},
      {"yolox cells", yolox(YoloxBoxes::cells)},
      {"detr_detect sigmoid", detrDetect(false)},
      {"detr_detect softmax", detrDetect(true)},
      {"detr_panoptic", detrPanoptic(true, {})},
      {"detr_panoptic without boxes", detrPanoptic(false, {9, 9})},
      {"mask_former", maskFormer({})},
      {"mask_former enlarged", maskFormer({9, 9})},
      {"rf_detr_seg", runRfDetrSeg},
      {"mask_rcnn onnx models", maskRcnn(MaskRcnnExport::onnxModels)},
      {"mask_rcnn torchvision", maskRcnn(MaskRcnnExport::torchvision)},
      {"mask_rcnn detectron2", maskRcnn(MaskRcnnExport::detectron2)},
      {"rtmdet_ins", runRtmdetIns},
      {"yolact", yolact(true)},
      {"yolact channels first", yolact(false)},
      {"sam", sam({})},
      {"sam by way of 12 x 12", sam({12, 12})},
  };
}

}  // namespace masklet::test
