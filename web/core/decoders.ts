import type { RawTensor } from "../base/tensor.js";
import { signed, unsigned } from "./arguments.js";
import {
  type DecoderTensors,
  namingTensors,
  readColumns,
  writeTensors,
} from "./decoder_tensors.js";
import type { Geometry, Limits } from "./generated/masklet_core.js";
import { geometryOf, type Placement } from "./geometry.js";
import type { CoreInstance, DecodeHandle } from "./instance.js";
import type { DecodeCall, InstanceColumns } from "./instance_columns.js";

/** The order is that of `MaskRcnnExport` in `src/decode/mask_rcnn.h`. */
export const maskRcnnExports = ["onnx-models", "torchvision", "detectron2"] as const;
export type MaskRcnnExport = (typeof maskRcnnExports)[number];

/** The order is that of `YoloDetectLayout` in `src/decode/yolo_detect.h`. */
export const yoloDetectLayouts = ["dense", "end-to-end", "objectness"] as const;
export type YoloDetectLayout = (typeof yoloDetectLayouts)[number];

/** The order is that of `YoloxBoxes` in `src/decode/yolox.h`. */
export const yoloxBoxes = ["automatic", "cells", "pixels"] as const;
export type YoloxBoxes = (typeof yoloxBoxes)[number];

/** Which candidate masks to keep, and their placement; `SamOptions` of `src/decode/sam.h`. */
export interface SamCall {
  readonly predictedIouThreshold: number;
  readonly stabilityThreshold: number;
  readonly maskThreshold: number;
  readonly stabilityOffset: number;
  /** Intermediate size when planes are enlarged. */
  readonly via?: { readonly width: number; readonly height: number } | undefined;
  readonly probability: boolean;
  readonly soft: boolean;
  readonly placement: Placement;
}

export interface SamColumns extends InstanceColumns {
  /** Plane of each candidate. */
  readonly rows: Uint32Array;
  /** 0..1, of each candidate. */
  readonly stability: Float32Array;
}

/**
 * Decodes the outputs of a network to instances, one method per family.
 *
 * All methods throw MaskletError of stage `decode` or `masks`: `badSize`, `badRank`, `badShape`,
 * `badArgument`, `bufferTooSmall` (data shorter than its dimensions), `outOfMemory`.
 */
export class Decoders {
  readonly #run: <T>(work: (instance: CoreInstance) => T) => T;

  constructor(run: <T>(work: (instance: CoreInstance) => T) => T) {
    this.#run = run;
  }

  /**
   * A YOLO segmentation head: detections [1, 4 + C + P, N], or final rows [1, M, 6 + P] with
   * `endToEnd`, and prototypes [1, P, h, w]; see `src/decode/yolo_seg.h`.
   * @param o `classCount` bounds the class ids of final rows when it is not 0
   */
  decodeYoloSeg(
    { detections, prototypes }: { detections: RawTensor; prototypes: RawTensor },
    o: DecodeCall & { endToEnd: boolean; classCount: number },
  ): InstanceColumns {
    const classCount = unsigned(o.classCount, "classCount", "decode");
    return this.#decode({ detections, prototypes }, o, (stage, ...place) =>
      stage.decodeYoloSeg(...place, o.endToEnd, classCount),
    );
  }

  /**
   * A DETR detector: boxes [1, Q, 4] as fractions of the network input and logits [1, Q, columns];
   * see `src/decode/detr_detect.h`.
   * @param o `softmax`: the last column is "no object"; else a sigmoid for each class
   */
  decodeDetrDetect(
    { boxes, logits }: { boxes: RawTensor; logits: RawTensor },
    o: DecodeCall & { softmax: boolean },
  ): InstanceColumns {
    return this.#decode({ boxes, logits }, o, (stage, ...place) =>
      stage.decodeDetrDetect(...place, o.softmax),
    );
  }

  /**
   * DETR with a mask head, or another query head whose masks compete for the pixels: logits [1, Q,
   * C + 1], masks [1, Q, h, w] and optionally boxes [1, Q, 4] as fractions of the network input;
   * see `src/decode/detr_panoptic.h`.
   * @param o `enlargeTo`: masks are enlarged to a square of this side before the sigmoid; 0 keeps
   *   their size
   */
  decodeDetrPanoptic(
    {
      logits,
      masks,
      boxes,
    }: { logits: RawTensor; masks: RawTensor; boxes?: RawTensor | undefined },
    o: DecodeCall & { enlargeTo: number },
  ): InstanceColumns {
    const side = unsigned(o.enlargeTo, "enlargeTo", "decode");
    return this.#decode({ logits, masks, boxes }, o, (stage, ...place) =>
      stage.decodeDetrPanoptic(...place, boxes !== undefined, side),
    );
  }

  /**
   * MaskFormer or Mask2Former instances: logits [1, Q, C + 1] and masks [1, Q, h, w]; see
   * `src/decode/mask_former.h`.
   * @param o `ratedAt`: for the score, masks are enlarged to a square of this side; 0 keeps their
   *   size
   */
  decodeMaskFormer(
    { logits, masks }: { logits: RawTensor; masks: RawTensor },
    o: DecodeCall & { ratedAt: number },
  ): InstanceColumns {
    const side = unsigned(o.ratedAt, "ratedAt", "decode");
    return this.#decode({ logits, masks }, o, (stage, ...place) =>
      stage.decodeMaskFormer(...place, side),
    );
  }

  /**
   * Mask R-CNN: boxes [N, 4] in network pixels, labels [N], scores [N] and masks [N, 1, h, w]; see
   * `src/decode/mask_rcnn.h`.
   * @param o `kind`: the exporter; `classCount` bounds the class ids unless it is 0
   */
  decodeMaskRcnn(
    { boxes, labels, scores, masks }: Record<"boxes" | "labels" | "scores" | "masks", RawTensor>,
    o: DecodeCall & { kind: MaskRcnnExport; classCount: number },
  ): InstanceColumns {
    const classCount = unsigned(o.classCount, "classCount", "decode");
    const kind = maskRcnnExports.indexOf(o.kind);
    return this.#decode({ boxes, labels, scores, masks }, o, (stage, ...place) =>
      stage.decodeMaskRcnn(...place, kind, classCount),
    );
  }

  /**
   * RF-DETR segmentation: boxes [1, Q, 4] as fractions of the network input, logits [1, Q, C] and
   * masks [1, Q, h, w]; see `src/decode/rf_detr_seg.h`.
   */
  decodeRfDetrSeg(
    { boxes, logits, masks }: Record<"boxes" | "logits" | "masks", RawTensor>,
    o: DecodeCall,
  ): InstanceColumns {
    return this.#decode({ boxes, logits, masks }, o, (stage, ...place) =>
      stage.decodeRfDetrSeg(...place),
    );
  }

  /**
   * RTMDet-Ins: detections [1, N, 5], labels [1, N] and masks [1, N, H, W] of the network input's
   * size; see `src/decode/rtmdet_ins.h`.
   * @param o `classCount` bounds the class ids unless it is 0
   */
  decodeRtmdetIns(
    { detections, labels, masks }: Record<"detections" | "labels" | "masks", RawTensor>,
    o: DecodeCall & { classCount: number },
  ): InstanceColumns {
    const classCount = unsigned(o.classCount, "classCount", "decode");
    return this.#decode({ detections, labels, masks }, o, (stage, ...place) =>
      stage.decodeRtmdetIns(...place, classCount),
    );
  }

  /**
   * Segment Anything: candidate masks `planes` [1, K, h, w] with predicted IoUs `scores` [1, K], in
   * the order of the planes; see `src/decode/sam.h`. Empty candidates are omitted.
   */
  decodeSam({ planes, scores }: { planes: RawTensor; scores: RawTensor }, o: SamCall): SamColumns {
    const via = [
      signed(o.via?.width ?? 0, "via.width", "decode"),
      signed(o.via?.height ?? 0, "via.height", "decode"),
    ] as const;
    const limits = [
      o.predictedIouThreshold,
      o.stabilityThreshold,
      o.maskThreshold,
      o.stabilityOffset,
    ] as const;
    const { soft, placement } = o;
    const unused = { scoreThreshold: 0, iouThreshold: 0, maxInstances: 1, soft, placement };
    const columns = this.#decode({ planes, scores }, unused, (stage, geometry) =>
      stage.decodeSam(geometry, ...limits, ...via, o.probability),
    );
    return this.#run(({ decode }) => ({
      ...columns,
      rows: decode.read("rows"),
      stability: decode.read("stabilities"),
    }));
  }

  /**
   * YOLACT: boxes [N, 4], scores [N, 1 + C], coefficients [N, P], prototypes [h, w, P] or [P, h, w]
   * and optionally priors [N, 4], each with or without a leading 1; see `src/decode/yolact.h`.
   */
  decodeYolact(
    {
      boxes,
      scores,
      coefficients,
      prototypes,
      priors,
    }: Record<"boxes" | "scores" | "coefficients" | "prototypes", RawTensor> & {
      priors?: RawTensor;
    },
    o: DecodeCall,
  ): InstanceColumns {
    const tensors = { boxes, scores, coefficients, prototypes, priors };
    return this.#decode(tensors, o, (stage, ...place) =>
      stage.decodeYolact(...place, priors !== undefined),
    );
  }

  /**
   * A YOLO detector: [1, 4 + C, N], final rows [1, M, 6] or [1, N, 5 + C], by `layout`; see
   * `src/decode/yolo_detect.h`.
   * @param o `classCount` bounds the class ids of final rows when it is not 0
   */
  decodeYoloDetect(
    { detections }: { detections: RawTensor },
    o: DecodeCall & { layout: YoloDetectLayout; classCount: number },
  ): InstanceColumns {
    const classCount = unsigned(o.classCount, "classCount", "decode");
    const layout = yoloDetectLayouts.indexOf(o.layout);
    return this.#decode({ detections }, o, (stage, ...place) =>
      stage.decodeYoloDetect(...place, layout, classCount),
    );
  }

  /**
   * A YOLOv5 segmentation head: detections [1, N, 5 + C + P] and prototypes [1, P, h, w]; see
   * `src/decode/yolov5_seg.h`.
   */
  decodeYolov5Seg(
    { detections, prototypes }: { detections: RawTensor; prototypes: RawTensor },
    o: DecodeCall,
  ): InstanceColumns {
    return this.#decode({ detections, prototypes }, o, (stage, ...place) =>
      stage.decodeYolov5Seg(...place),
    );
  }

  /** A YOLOX detector: [1, N, 5 + C], box values by `boxes`; see `src/decode/yolox.h`. */
  decodeYolox(
    { detections }: { detections: RawTensor },
    o: DecodeCall & { boxes: YoloxBoxes },
  ): InstanceColumns {
    const boxes = yoloxBoxes.indexOf(o.boxes);
    return this.#decode({ detections }, o, (stage, ...place) => stage.decodeYolox(...place, boxes));
  }

  /**
   * Writes the tensors into the stage's slots, runs one decoder and reads the instances. An absent
   * tensor leaves its slot unchanged.
   */
  #decode(tensors: DecoderTensors, o: DecodeCall, decoder: Decoder): InstanceColumns {
    const { scoreThreshold, iouThreshold } = o;
    const maxInstances = unsigned(o.maxInstances, "maxInstances", "decode");
    const geometry = geometryOf(o.placement, "decode");
    return this.#run(({ decode: stage }) => {
      writeTensors(stage, tensors);
      const filter = o.classFilter ?? new Uint8Array(0);
      stage.check(stage.bound.reserveClassFilter(filter.length), "decode");
      stage.write("classFilter", filter);
      namingTensors(tensors, () => {
        const limits = { scoreThreshold, iouThreshold, maxInstances };
        stage.check(decoder(stage.bound, geometry, limits), "decode");
        stage.check(stage.bound.assembleMasks(o.soft), "masks");
      });
      return readColumns(stage, o.soft);
    });
  }
}

type Decoder = (stage: DecodeHandle["bound"], geometry: Geometry, limits: Limits) => number;
