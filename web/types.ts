import type { Mask } from "./mask.js";
import type { BuiltInModelName } from "./model_names.gen.js";

export type * from "./model_names.gen.js";
export type * from "./model_types.js";

/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * RGBA, 8 bits a channel, straight alpha, rows tightly packed: `data.length === width * height *
 * 4`. An `ImageData` is one.
 */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray | Uint8Array;
}

/**
 * An image. Encoded bytes (JPEG, PNG, BMP; in the browser everything it can decode), a Blob or File
 * of them, a URL to fetch, decoded pixels, or anything a browser can draw. In Node: encoded bytes,
 * a Blob, decoded pixels, a URL, or a file path. EXIF orientation is applied.
 */
export type Source =
  | string
  | URL
  | Blob
  | ArrayBuffer
  | Uint8Array
  | RgbaImage
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | HTMLVideoElement
  | OffscreenCanvas
  | VideoFrame;

/**
 * A model: the name of a built-in one, its address, its bytes, or a file. In Node a string may also
 * be a path.
 */
export type ModelSource = BuiltInModelName | AnyText | URL | ArrayBuffer | Uint8Array | Blob;
/** Every string; beside literals it leaves editors their list of them. */
export type AnyText = string & Record<never, never>;

export const devices = ["webgpu", "wasm", "node-cpu"] as const;
/**
 * Where a model really runs: WebGPU, ONNX Runtime's WebAssembly, or (Node only) the native
 * onnxruntime-node.
 */
export type Device = (typeof devices)[number];

/** Why a device higher on the ladder was not taken. */
export interface Fallback {
  readonly device: Device;
  /** One sentence, with the runtime's own message where there is one. */
  readonly reason: string;
}

export interface Progress {
  readonly stage: "download" | "compile";
  /** Bytes so far for a download, 0 or 1 for a compilation. */
  readonly loaded: number;
  /** Bytes in all, when the server says; 1 for a compilation. */
  readonly total?: number;
}

export const resizeModes = ["letterbox-center", "letterbox-top-left", "stretch"] as const;
/**
 * How an image is fitted into the network's input; the order is that of `ResizeMode` in
 * `src/core/letterbox.h`.
 */
export type ResizeMode = (typeof resizeModes)[number];

export const colorOrders = ["rgb", "bgr"] as const;
export type ColorOrder = (typeof colorOrders)[number];

/**
 * What is done to an image before the network sees it: value = (pixel * inputScale - mean) / std,
 * per channel in `colorOrder`.
 */
export interface Preprocessing {
  readonly width: number;
  readonly height: number;
  readonly resizeMode: ResizeMode;
  readonly colorOrder: ColorOrder;
  readonly inputScale: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /**
   * Level of the padding, 0..255, before normalization: one for all channels, or one each in
   * `colorOrder`.
   */
  readonly fill: number | readonly [number, number, number];
  /**
   * Size of the image inside the input, where it is not the largest that `resizeMode` could make of
   * it; never with `stretch`.
   */
  readonly content?: Size;
}

/**
 * How the input size follows from the image. `fixed`: one size for all images. `source`: the
 * image's own size (networks that resize inside). `short-side`: the shorter side becomes
 * `shortSide` unless the longer would then exceed `longSide`, the aspect ratio stays; then padding
 * on the right and below up to multiples of `multiple`.
 */
export type InputSizing =
  | { readonly rule: "fixed" }
  | { readonly rule: "source" }
  | {
      readonly rule: "short-side";
      readonly shortSide: number;
      readonly longSide: number;
      readonly multiple: number;
      /** Of the resized sides: to the nearest (the default) or down. */
      readonly rounding?: "half-up" | "down";
    };

export interface CreateOptions {
  /**
   * The name of a built-in model (see `builtInModels`; default: the first, `masklet-n`), a URL,
   * bytes or a file.
   */
  model?: ModelSource;
  /** `auto` (the default) takes WebGPU where it is hardware and agrees with the CPU, else wasm. */
  device?: "auto" | Device;
  /** Accept a software WebGPU adapter (slow; for tests). Default false. */
  allowSoftwareAdapter?: boolean;
  /** Run in a module worker. Default true in browsers; ignored in Node. */
  worker?: boolean;
  /** Model family when it cannot be told from the tensors: a name, or `name/variant`. */
  family?: string;
  /** Layout within `family`, when that cannot be told either. */
  variant?: string;
  /** Class names by class id; default: the model's metadata, else `class 0` … */
  labels?: readonly string[];
  /**
   * Size of the network's input, for models that leave it open: in pixels, multiples of 32 for
   * most. A larger one shows smaller objects and takes longer. Default: the model's own.
   */
  inputSize?: number | { width: number; height: number };
  /** Parts of the preprocessing to be done otherwise than the family says. */
  preprocessing?: Partial<Preprocessing>;
  /**
   * Lower-case hex digest the model must have; a mismatch is `hashMismatch`. Built-in models are
   * always checked.
   */
  sha256?: string;
  /** Keep downloaded models in the Cache API. Default true. */
  cache?: boolean;
  /** Addresses of the core's wasm and of ONNX Runtime's files, when a bundler moves them. */
  coreUrl?: string | URL;
  ortWasmPaths?: string;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

export interface SegmentOptions {
  /**
   * Keep instances whose score is greater, 0..1. Default: what the family's reference uses, mostly
   * 0.25.
   */
  scoreThreshold?: number;
  /**
   * Class-aware NMS drops a box whose IoU with a better one is greater, 0..1. Default: what the
   * family's reference uses, mostly 0.7. Families without NMS do not use it.
   */
  iouThreshold?: number;
  /** At most this many, best first. Default 100. */
  maxInstances?: number;
  /** Only these classes, by label or class id. */
  classes?: readonly (string | number)[];
  /** Also give each mask an 8-bit soft coverage. Default false. */
  soft?: boolean;
  /**
   * The two-step method: every object found is segmented once more inside its box, usually by a
   * `PromptSegmenter`, and its box fitted to the new mask. Scores and classes stay. Where nothing
   * is found in a box, the detector's mask stays. Errors of the second step are the call's.
   */
  refineWith?: BoxSegmenter;
  signal?: AbortSignal;
}

/** What segments the objects in given boxes: a `PromptSegmenter`, or something of one's own. */
export interface BoxSegmenter {
  /** One answer for each box, in the same order; a mask without a pixel where nothing is found. */
  segmentBoxesIn(
    source: Source,
    boxes: readonly Box[],
    options: { soft?: boolean; signal?: AbortSignal },
  ): Promise<readonly { readonly mask: Mask; readonly box: Box }[]>;
}

/** Corners in source pixels, x1 < x2, y1 < y2, inside the image. Pixel r covers [r, r + 1). */
export interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** One object. */
export interface Instance {
  readonly label: string;
  readonly classId: number;
  /** 0..1. */
  readonly score: number;
  readonly box: Box;
  readonly mask: Mask;
}

/** Wall-clock time of each stage of one call, in milliseconds. */
export interface Timings {
  /** Source to RGBA pixels. */
  readonly source: number;
  readonly preprocess: number;
  readonly inference: number;
  /** Decoding, NMS and mask assembly. */
  readonly postprocess: number;
  /** The second step, with `refineWith`. */
  readonly refine?: number;
  readonly total: number;
}

export interface SegmentResult {
  /** Best score first. */
  readonly instances: readonly Instance[];
  /** Size of the source, EXIF orientation applied, in pixels. */
  readonly width: number;
  readonly height: number;
  /** The device this call really ran on. */
  readonly device: Device;
  readonly timingsMs: Timings;
}

/** Mask crop in source pixels. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** COCO run-length encoding: column-major over the whole source; `size` is [height, width]. */
export interface CocoRle {
  readonly size: readonly [height: number, width: number];
  /** Compressed string as pycocotools writes it. */
  readonly counts: string;
}

/**
 * One closed ring of a contour. Corners at pixel edges in source pixels; the last point is not
 * repeated.
 */
export interface PolygonRing {
  /** x0, y0, x1, y1, … */
  readonly points: Float32Array;
  readonly isHole: boolean;
  /** Index of the outer ring that a hole lies in; -1 for an outer ring. */
  readonly parent: number;
}
