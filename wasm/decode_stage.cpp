#include "wasm/decode_stage.h"

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

namespace masklet {

void DecodeStage::useScalarKernels(bool scalar) {
  kernels_ = scalar ? &scalarMaskKernels() : &defaultMaskKernels();
}

Address DecodeStage::columns() {
  columns_ = {{MASKLET_DECODE_COLUMNS(MASKLET_COLUMN_OF)}};
  return reinterpret_cast<Address>(columns_.data());
}

uint32_t DecodeStage::reserveOutput(uint32_t slot, uint32_t rank, uint32_t dim0, uint32_t dim1,
                                    uint32_t dim2, uint32_t dim3) {
  const std::array<uint32_t, 4> dims{dim0, dim1, dim2, dim3};
  const auto reserve = [&]() -> Status {
    if (slot >= kOutputSlots) return fail(StatusCode::badIndex, slot);
    if (rank < 1 || rank > dims.size()) return fail(StatusCode::badRank, rank);
    uint64_t elements = 1;
    for (uint32_t axis = 0; axis < rank; ++axis) {
      elements *= dims[axis];
      if (elements > std::numeric_limits<uint32_t>::max())
        return fail(StatusCode::badShape, dims[axis]);
    }
    Output& output = outputs_[slot];
    output.rank = 0;
    hasInstances_ = false;
    MASKLET_TRY(resizeTo(output.values, elements));
    output.dims = dims;
    output.rank = rank;
    return okStatus();
  };
  return finish(reserve());
}

uint32_t DecodeStage::reserveClassFilter(uint32_t classCount) {
  return finish(resizeTo(classFilter_, classCount));
}

Status DecodeStage::viewOutput(uint32_t slot, TensorView& view) const {
  const Output& output = outputs_[slot];
  return makeTensorView(output.values.span(), std::span(output.dims).first(output.rank), view);
}

/// Runs `decode(options)`, which fills instances_ and maskSource_ and returns a Status.
template <class Decode>
uint32_t DecodeStage::decodeWith(const Geometry& geometry, const DecodeOptions& options,
                                 Decode decode) {
  instances_.clear();
  found_.clear();
  maskSource_.clear();
  const auto run = [&]() -> Status {
    MASKLET_TRY(geometry.letterbox(letterbox_));
    return decode(options);
  };
  const Status status = run();
  hasInstances_ = status.ok();
  if (!status.ok()) instances_.clear();
  return finish(status);
}

uint32_t DecodeStage::decodeYoloSeg(const Geometry& geometry, const Limits& limits, bool endToEnd,
                                    uint32_t classCount) {
  return decodeWith(geometry, optionsOf(limits), [&](const DecodeOptions& options) -> Status {
    TensorView detections;
    MASKLET_TRY(viewOutput(0, detections));
    MASKLET_TRY(viewOutput(1, maskSource_.planes));
    if (endToEnd) {
      return decodeYoloSegEndToEnd(detections, maskSource_.planes, classCount, options, instances_);
    }
    return masklet::decodeYoloSeg(detections, maskSource_.planes, options, *kernels_, instances_);
  });
}

uint32_t DecodeStage::decodeDetrDetect(const Geometry& geometry, const Limits& limits,
                                       bool softmax) {
  return decodeWith(geometry, optionsOf(limits), [&](const DecodeOptions& options) -> Status {
    TensorView boxes;
    TensorView logits;
    MASKLET_TRY(viewOutput(0, boxes));
    MASKLET_TRY(viewOutput(1, logits));
    return masklet::decodeDetrDetect(boxes, logits, softmax, letterbox_.net, options, instances_,
                                     maskSource_);
  });
}

uint32_t DecodeStage::decodeDetrPanoptic(const Geometry& geometry, const Limits& limits,
                                         bool hasBoxes, int32_t enlargeToPx) {
  return decodeWith(geometry, optionsOf(limits), [&](const DecodeOptions& options) -> Status {
    DetrPanopticOutputs outputs;
    MASKLET_TRY(viewOutput(0, outputs.logits));
    MASKLET_TRY(viewOutput(1, outputs.masks));
    if (hasBoxes) MASKLET_TRY(viewOutput(2, outputs.boxes));
    return masklet::decodeDetrPanoptic(outputs, letterbox_.net, {enlargeToPx, enlargeToPx}, options,
                                       *kernels_, instances_, maskSource_);
  });
}

uint32_t DecodeStage::decodeMaskFormer(const Geometry& geometry, const Limits& limits,
                                       int32_t ratedAtPx) {
  return decodeWith(geometry, optionsOf(limits), [&](const DecodeOptions& options) -> Status {
    MaskFormerOutputs outputs;
    MASKLET_TRY(viewOutput(0, outputs.logits));
    MASKLET_TRY(viewOutput(1, outputs.masks));
    return masklet::decodeMaskFormer(outputs, letterbox_.net, {ratedAtPx, ratedAtPx}, options,
                                     *kernels_, instances_, maskSource_);
  });
}

uint32_t DecodeStage::decodeMaskRcnn(const Geometry& geometry, const Limits& limits, uint32_t kind,
                                     uint32_t classCount) {
  return decodeWith(geometry, optionsOf(limits), [&](const DecodeOptions& options) -> Status {
    if (kind > static_cast<uint32_t>(MaskRcnnExport::detectron2))
      return fail(StatusCode::badArgument, kind);
    MaskRcnnOutputs outputs;
    MASKLET_TRY(viewOutput(0, outputs.boxes));
    MASKLET_TRY(viewOutput(1, outputs.labels));
    MASKLET_TRY(viewOutput(2, outputs.scores));
    MASKLET_TRY(viewOutput(3, outputs.masks));
    return masklet::decodeMaskRcnn(outputs, static_cast<MaskRcnnExport>(kind), classCount,
                                   letterbox_.net, options, instances_, maskSource_);
  });
}

uint32_t DecodeStage::decodeRfDetrSeg(const Geometry& geometry, const Limits& limits) {
  return decodeWith(geometry, optionsOf(limits), [&](const DecodeOptions& options) -> Status {
    RfDetrSegOutputs outputs;
    MASKLET_TRY(viewOutput(0, outputs.boxes));
    MASKLET_TRY(viewOutput(1, outputs.logits));
    MASKLET_TRY(viewOutput(2, outputs.masks));
    return masklet::decodeRfDetrSeg(outputs, letterbox_.net, options, instances_, maskSource_);
  });
}

uint32_t DecodeStage::decodeRtmdetIns(const Geometry& geometry, const Limits& limits,
                                      uint32_t classCount) {
  return decodeWith(geometry, optionsOf(limits), [&](const DecodeOptions& options) -> Status {
    TensorView detections;
    TensorView labels;
    TensorView masks;
    MASKLET_TRY(viewOutput(0, detections));
    MASKLET_TRY(viewOutput(1, labels));
    MASKLET_TRY(viewOutput(2, masks));
    return masklet::decodeRtmdetIns(detections, labels, masks, classCount, letterbox_.net, options,
                                    instances_, maskSource_);
  });
}

uint32_t DecodeStage::decodeSam(const Geometry& geometry, float predictedIouThreshold,
                                float stabilityThreshold, float maskThreshold,
                                float stabilityOffset, int32_t viaWidth, int32_t viaHeight,
                                bool probability) {
  return decodeWith(geometry, {}, [&](const DecodeOptions&) -> Status {
    TensorView planes;
    TensorView scores;
    MASKLET_TRY(viewOutput(0, planes));
    MASKLET_TRY(viewOutput(1, scores));
    const SamOptions options{predictedIouThreshold, stabilityThreshold,    maskThreshold,
                             stabilityOffset,       {viaWidth, viaHeight}, probability};
    return masklet::decodeSam(planes, scores, options, letterbox_.net, instances_, maskSource_);
  });
}

uint32_t DecodeStage::decodeYolact(const Geometry& geometry, const Limits& limits, bool hasPriors) {
  return decodeWith(geometry, optionsOf(limits), [&](const DecodeOptions& options) -> Status {
    YolactOutputs outputs;
    MASKLET_TRY(viewOutput(0, outputs.boxes));
    MASKLET_TRY(viewOutput(1, outputs.scores));
    MASKLET_TRY(viewOutput(2, outputs.coefficients));
    MASKLET_TRY(viewOutput(3, outputs.prototypes));
    if (hasPriors) MASKLET_TRY(viewOutput(4, outputs.priors));
    return masklet::decodeYolact(outputs, letterbox_.net, options, instances_, maskSource_);
  });
}

uint32_t DecodeStage::decodeYoloDetect(const Geometry& geometry, const Limits& limits,
                                       uint32_t layout, uint32_t classCount) {
  return decodeWith(geometry, optionsOf(limits), [&](const DecodeOptions& options) -> Status {
    TensorView detections;
    MASKLET_TRY(viewOutput(0, detections));
    return masklet::decodeYoloDetect(detections, static_cast<YoloDetectLayout>(layout), classCount,
                                     options, *kernels_, instances_, maskSource_);
  });
}

uint32_t DecodeStage::decodeYolov5Seg(const Geometry& geometry, const Limits& limits) {
  return decodeWith(geometry, optionsOf(limits), [&](const DecodeOptions& options) -> Status {
    TensorView detections;
    TensorView prototypes;
    MASKLET_TRY(viewOutput(0, detections));
    MASKLET_TRY(viewOutput(1, prototypes));
    return masklet::decodeYolov5Seg(detections, prototypes, options, instances_, maskSource_);
  });
}

uint32_t DecodeStage::decodeYolox(const Geometry& geometry, const Limits& limits, uint32_t boxes) {
  return decodeWith(geometry, optionsOf(limits), [&](const DecodeOptions& options) -> Status {
    TensorView detections;
    MASKLET_TRY(viewOutput(0, detections));
    return masklet::decodeYolox(detections, static_cast<YoloxBoxes>(boxes), letterbox_.net, options,
                                instances_, maskSource_);
  });
}

uint32_t DecodeStage::assembleMasks(bool soft) {
  found_.clear();
  if (!hasInstances_) return finish(fail(StatusCode::noInstances, 0));
  return finish(makeInstanceColumns(instances_, maskSource_, letterbox_, soft, *kernels_, found_));
}

}  // namespace masklet
