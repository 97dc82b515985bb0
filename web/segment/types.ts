import type { Device, Progress, Timings } from "../base/device.js";
import type { Box } from "../base/geometry.js";
import type { Source } from "../base/image.js";
import type { Preprocessing } from "../base/preprocessing.js";
import type { Instance } from "../mask/instances.js";
import type { Mask } from "../mask/mask.js";
import type { ModelSource } from "../model/built_in_types.js";

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
