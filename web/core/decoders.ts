import type { RawTensor } from "../base/tensor.js";
import { signed, unsigned } from "./arguments.js";
import type { DecodeOptions, InstanceColumns } from "./columns.js";
import {
  type DecoderTensors,
  namingTensors,
  readColumns,
  writeTensors,
} from "./decoder_tensors.js";
import type { CoreInstance } from "./instance.js";

/** The order is that of `MaskRcnnExport` in `src/decode/mask_rcnn.h`. */
export const maskRcnnExports = ["onnx-models", "torchvision", "detectron2"] as const;
export type MaskRcnnExport = (typeof maskRcnnExports)[number];

/** The order is that of `YoloDetectLayout` in `src/decode/yolo_detect.h`. */
export const yoloDetectLayouts = ["dense", "end-to-end", "objectness"] as const;
export type YoloDetectLayout = (typeof yoloDetectLayouts)[number];

/** The order is that of `YoloxBoxes` in `src/decode/yolox.h`. */
export const yoloxBoxes = ["automatic", "cells", "pixels"] as const;
export type YoloxBoxes = (typeof yoloxBoxes)[number];

/** What every decoder is asked: `soft` adds the coverage. */
export type DecodeCall = DecodeOptions & { readonly soft: boolean };

/**
 * What is kept of candidate masks and how they lie over the image; `SamOptions` of
 * `src/decode/sam.h`.
 */
export interface SamCall {
  readonly predictedIouThreshold: number;
  readonly stabilityThreshold: number;
  readonly maskThreshold: number;
  readonly stabilityOffset: number;
  /** Size by way of which planes are enlarged. */
  readonly via?: { readonly width: number; readonly height: number } | undefined;
  readonly probability: boolean;
  readonly soft: boolean;
}

export interface SamColumns extends InstanceColumns {
  /** Plane of each candidate. */
  readonly rows: Uint32Array;
  /** 0..1, of each candidate. */
  readonly stability: Float32Array;
}

/**
 * From the outputs of a network to instances, one method per family; each says which tensors it
 * wants. The letterbox must have been set, by `tensorize` or `setLetterbox`.
 *
 * All throw MaskletError of stage `decode` or `masks`: `noImage`, `badRank`, `badShape`,
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
    return this.#decode({ detections, prototypes }, o, (workspace, limits) =>
      workspace.decodeYoloSeg(o.endToEnd, classCount, ...limits),
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
    return this.#decode({ boxes, logits }, o, (workspace, limits) =>
      workspace.decodeDetrDetect(o.softmax, ...limits),
    );
  }

  /**
   * DETR with mask head, or another head of queries whose masks compete for the pixels: logits [1,
   * Q, C + 1], masks [1, Q, h, w] and perhaps boxes [1, Q, 4] as fractions of the network input;
   * see `src/decode/detr_panoptic.h`.
   * @param o `enlargeTo`: side of the square that masks are enlarged to before their sigmoid; 0:
   *   not at all
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
    return this.#decode({ logits, masks, boxes }, o, (workspace, limits) =>
      workspace.decodeDetrPanoptic(boxes !== undefined, side, ...limits),
    );
  }

  /**
   * MaskFormer or Mask2Former instances: logits [1, Q, C + 1] and masks [1, Q, h, w]; see
   * `src/decode/mask_former.h`.
   * @param o `ratedAt`: side of the square that masks are enlarged to for their share of the score;
   *   0: not at all
   */
  decodeMaskFormer(
    { logits, masks }: { logits: RawTensor; masks: RawTensor },
    o: DecodeCall & { ratedAt: number },
  ): InstanceColumns {
    const side = unsigned(o.ratedAt, "ratedAt", "decode");
    return this.#decode({ logits, masks }, o, (workspace, limits) =>
      workspace.decodeMaskFormer(side, ...limits),
    );
  }

  /**
   * Mask R-CNN: boxes [N, 4] in network pixels, labels [N], scores [N] and masks [N, 1, h, w]; see
   * `src/decode/mask_rcnn.h`.
   * @param o `kind`: who exported it; `classCount` bounds the class ids when it is not 0
   */
  decodeMaskRcnn(
    { boxes, labels, scores, masks }: Record<"boxes" | "labels" | "scores" | "masks", RawTensor>,
    o: DecodeCall & { kind: MaskRcnnExport; classCount: number },
  ): InstanceColumns {
    const classCount = unsigned(o.classCount, "classCount", "decode");
    const kind = maskRcnnExports.indexOf(o.kind);
    return this.#decode({ boxes, labels, scores, masks }, o, (workspace, limits) =>
      workspace.decodeMaskRcnn(kind, classCount, ...limits),
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
    return this.#decode({ boxes, logits, masks }, o, (workspace, limits) =>
      workspace.decodeRfDetrSeg(...limits),
    );
  }

  /**
   * RTMDet-Ins: detections [1, N, 5], labels [1, N] and masks [1, N, H, W] of the network input's
   * size; see `src/decode/rtmdet_ins.h`.
   * @param o `classCount` bounds the class ids when it is not 0
   */
  decodeRtmdetIns(
    { detections, labels, masks }: Record<"detections" | "labels" | "masks", RawTensor>,
    o: DecodeCall & { classCount: number },
  ): InstanceColumns {
    const classCount = unsigned(o.classCount, "classCount", "decode");
    return this.#decode({ detections, labels, masks }, o, (workspace, limits) =>
      workspace.decodeRtmdetIns(classCount, ...limits),
    );
  }

  /**
   * Segment Anything: candidate masks `planes` [1, K, h, w] with predicted IoUs `scores` [1, K], in
   * the order of the planes; see `src/decode/sam.h`. Candidates without a pixel are left out.
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
    const unused = { scoreThreshold: 0, iouThreshold: 0, maxInstances: 1, soft: o.soft };
    const columns = this.#decode({ planes, scores }, unused, (workspace) =>
      workspace.decodeSam(...limits, ...via, o.probability),
    );
    return this.#run(({ workspace, heap }) => {
      const rows = heap.read(Uint32Array, workspace.rowsAddress(), columns.count);
      const stability = heap.read(Float32Array, workspace.stabilityAddress(), planes.dims[1]!);
      return { ...columns, rows, stability: Float32Array.from(rows, (row) => stability[row]!) };
    });
  }

  /**
   * YOLACT: boxes [N, 4], scores [N, 1 + C], coefficients [N, P], prototypes [h, w, P] or [P, h, w]
   * and perhaps priors [N, 4], each with or without a leading 1; see `src/decode/yolact.h`.
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
    return this.#decode(tensors, o, (workspace, limits) =>
      workspace.decodeYolact(priors !== undefined, ...limits),
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
    return this.#decode({ detections }, o, (workspace, limits) =>
      workspace.decodeYoloDetect(layout, classCount, ...limits),
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
    return this.#decode({ detections, prototypes }, o, (workspace, limits) =>
      workspace.decodeYolov5Seg(...limits),
    );
  }

  /** A YOLOX detector: [1, N, 5 + C], box values by `boxes`; see `src/decode/yolox.h`. */
  decodeYolox(
    { detections }: { detections: RawTensor },
    o: DecodeCall & { boxes: YoloxBoxes },
  ): InstanceColumns {
    const boxes = yoloxBoxes.indexOf(o.boxes);
    return this.#decode({ detections }, o, (workspace, limits) =>
      workspace.decodeYolox(boxes, ...limits),
    );
  }

  /**
   * Puts the tensors into the workspace's slots in this order, runs one decoder and reads the
   * instances. Absent tensors leave their slot empty.
   */
  #decode(tensors: DecoderTensors, o: DecodeCall, decoder: Decoder): InstanceColumns {
    const maxInstances = unsigned(o.maxInstances, "maxInstances", "decode");
    return this.#run((instance) => {
      const { workspace, heap, check } = instance;
      writeTensors(instance, tensors);
      const filter = o.classFilter ?? new Uint8Array(0);
      check(workspace.reserveClassFilter(filter.length), "decode");
      heap.write(Uint8Array, workspace.classFilterAddress(), filter);
      namingTensors(tensors, () => {
        check(decoder(workspace, [o.scoreThreshold, o.iouThreshold, maxInstances]), "decode");
        check(workspace.assembleMasks(o.soft), "masks");
      });
      return readColumns(instance, o.soft);
    });
  }
}

type Limits = [scoreThreshold: number, iouThreshold: number, maxInstances: number];
type Decoder = (workspace: CoreInstance["workspace"], limits: Limits) => number;
