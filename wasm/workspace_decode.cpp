// The decoders of the workspace: network outputs -> instances, one method per family.
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
#include "wasm/workspace.h"

namespace masklet {

/// Runs `decode(options)`, which fills instances_ and maskSource_ and returns a Status.
template <class Decode>
uint32_t Workspace::decodeWith(float scoreThreshold, float iouThreshold, uint32_t maxInstances,
                               Decode decode) {
  instances_.clear();
  columns_.clear();
  maskSource_.clear();
  const DecodeOptions options{scoreThreshold, iouThreshold, maxInstances, classFilter_.span()};
  const auto run = [&]() -> Status {
    if (letterbox_.src.width == 0) return fail(StatusCode::noImage, 0);
    return decode(options);
  };
  const Status status = run();
  hasInstances_ = status.ok();
  if (!status.ok()) instances_.clear();
  return finish(status);
}

uint32_t Workspace::decodeYoloSeg(bool endToEnd, uint32_t classCount, float scoreThreshold,
                                  float iouThreshold, uint32_t maxInstances) {
  return decodeWith(scoreThreshold, iouThreshold, maxInstances,
                    [&](const DecodeOptions& options) -> Status {
                      TensorView detections;
                      MASKLET_TRY(viewOutput(0, detections));
                      MASKLET_TRY(viewOutput(1, maskSource_.planes));
                      if (endToEnd) {
                        return decodeYoloSegEndToEnd(detections, maskSource_.planes, classCount,
                                                     options, instances_);
                      }
                      return masklet::decodeYoloSeg(detections, maskSource_.planes, options,
                                                    *maskKernels_, instances_);
                    });
}

uint32_t Workspace::decodeDetrDetect(bool softmax, float scoreThreshold, float iouThreshold,
                                     uint32_t maxInstances) {
  return decodeWith(scoreThreshold, iouThreshold, maxInstances,
                    [&](const DecodeOptions& options) -> Status {
                      TensorView boxes;
                      TensorView logits;
                      MASKLET_TRY(viewOutput(0, boxes));
                      MASKLET_TRY(viewOutput(1, logits));
                      return masklet::decodeDetrDetect(boxes, logits, softmax, letterbox_.net,
                                                       options, instances_, maskSource_);
                    });
}

uint32_t Workspace::decodeDetrPanoptic(bool hasBoxes, int32_t enlargeToPx, float scoreThreshold,
                                       float iouThreshold, uint32_t maxInstances) {
  return decodeWith(
      scoreThreshold, iouThreshold, maxInstances, [&](const DecodeOptions& options) -> Status {
        DetrPanopticOutputs outputs;
        MASKLET_TRY(viewOutput(0, outputs.logits));
        MASKLET_TRY(viewOutput(1, outputs.masks));
        if (hasBoxes) MASKLET_TRY(viewOutput(2, outputs.boxes));
        return masklet::decodeDetrPanoptic(outputs, letterbox_.net, {enlargeToPx, enlargeToPx},
                                           options, *maskKernels_, instances_, maskSource_);
      });
}

uint32_t Workspace::decodeMaskFormer(int32_t ratedAtPx, float scoreThreshold, float iouThreshold,
                                     uint32_t maxInstances) {
  return decodeWith(
      scoreThreshold, iouThreshold, maxInstances, [&](const DecodeOptions& options) -> Status {
        MaskFormerOutputs outputs;
        MASKLET_TRY(viewOutput(0, outputs.logits));
        MASKLET_TRY(viewOutput(1, outputs.masks));
        return masklet::decodeMaskFormer(outputs, letterbox_.net, {ratedAtPx, ratedAtPx}, options,
                                         *maskKernels_, instances_, maskSource_);
      });
}

uint32_t Workspace::decodeMaskRcnn(uint32_t kind, uint32_t classCount, float scoreThreshold,
                                   float iouThreshold, uint32_t maxInstances) {
  return decodeWith(
      scoreThreshold, iouThreshold, maxInstances, [&](const DecodeOptions& options) -> Status {
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

uint32_t Workspace::decodeRfDetrSeg(float scoreThreshold, float iouThreshold,
                                    uint32_t maxInstances) {
  return decodeWith(
      scoreThreshold, iouThreshold, maxInstances, [&](const DecodeOptions& options) -> Status {
        RfDetrSegOutputs outputs;
        MASKLET_TRY(viewOutput(0, outputs.boxes));
        MASKLET_TRY(viewOutput(1, outputs.logits));
        MASKLET_TRY(viewOutput(2, outputs.masks));
        return masklet::decodeRfDetrSeg(outputs, letterbox_.net, options, instances_, maskSource_);
      });
}

uint32_t Workspace::decodeRtmdetIns(uint32_t classCount, float scoreThreshold, float iouThreshold,
                                    uint32_t maxInstances) {
  return decodeWith(
      scoreThreshold, iouThreshold, maxInstances, [&](const DecodeOptions& options) -> Status {
        TensorView detections;
        TensorView labels;
        TensorView masks;
        MASKLET_TRY(viewOutput(0, detections));
        MASKLET_TRY(viewOutput(1, labels));
        MASKLET_TRY(viewOutput(2, masks));
        return masklet::decodeRtmdetIns(detections, labels, masks, classCount, letterbox_.net,
                                        options, instances_, maskSource_);
      });
}

uint32_t Workspace::decodeSam(float predictedIouThreshold, float stabilityThreshold,
                              float maskThreshold, float stabilityOffset, int32_t viaWidth,
                              int32_t viaHeight, bool probability) {
  return decodeWith(0, 0, 1, [&](const DecodeOptions&) -> Status {
    TensorView planes;
    TensorView scores;
    MASKLET_TRY(viewOutput(0, planes));
    MASKLET_TRY(viewOutput(1, scores));
    const SamOptions options{predictedIouThreshold, stabilityThreshold,    maskThreshold,
                             stabilityOffset,       {viaWidth, viaHeight}, probability};
    return masklet::decodeSam(planes, scores, options, letterbox_, *maskKernels_, instances_,
                              maskSource_, stability_);
  });
}

uint32_t Workspace::decodeYolact(bool hasPriors, float scoreThreshold, float iouThreshold,
                                 uint32_t maxInstances) {
  return decodeWith(
      scoreThreshold, iouThreshold, maxInstances, [&](const DecodeOptions& options) -> Status {
        YolactOutputs outputs;
        MASKLET_TRY(viewOutput(0, outputs.boxes));
        MASKLET_TRY(viewOutput(1, outputs.scores));
        MASKLET_TRY(viewOutput(2, outputs.coefficients));
        MASKLET_TRY(viewOutput(3, outputs.prototypes));
        if (hasPriors) MASKLET_TRY(viewOutput(4, outputs.priors));
        return masklet::decodeYolact(outputs, letterbox_.net, options, instances_, maskSource_);
      });
}

uint32_t Workspace::decodeYoloDetect(uint32_t layout, uint32_t classCount, float scoreThreshold,
                                     float iouThreshold, uint32_t maxInstances) {
  return decodeWith(
      scoreThreshold, iouThreshold, maxInstances, [&](const DecodeOptions& options) -> Status {
        TensorView detections;
        MASKLET_TRY(viewOutput(0, detections));
        return masklet::decodeYoloDetect(detections, static_cast<YoloDetectLayout>(layout),
                                         classCount, options, *maskKernels_, instances_,
                                         maskSource_);
      });
}

uint32_t Workspace::decodeYolov5Seg(float scoreThreshold, float iouThreshold,
                                    uint32_t maxInstances) {
  return decodeWith(
      scoreThreshold, iouThreshold, maxInstances, [&](const DecodeOptions& options) -> Status {
        TensorView detections;
        TensorView prototypes;
        MASKLET_TRY(viewOutput(0, detections));
        MASKLET_TRY(viewOutput(1, prototypes));
        return masklet::decodeYolov5Seg(detections, prototypes, options, instances_, maskSource_);
      });
}

uint32_t Workspace::decodeYolox(uint32_t boxes, float scoreThreshold, float iouThreshold,
                                uint32_t maxInstances) {
  return decodeWith(scoreThreshold, iouThreshold, maxInstances,
                    [&](const DecodeOptions& options) -> Status {
                      TensorView detections;
                      MASKLET_TRY(viewOutput(0, detections));
                      return masklet::decodeYolox(detections, static_cast<YoloxBoxes>(boxes),
                                                  letterbox_.net, options, instances_, maskSource_);
                    });
}

uint32_t Workspace::assembleMasks(bool soft) {
  columns_.clear();
  if (!hasInstances_) return finish(fail(StatusCode::noInstances, 0));
  return finish(
      makeInstanceColumns(instances_, maskSource_, letterbox_, soft, *maskKernels_, columns_));
}

}  // namespace masklet
