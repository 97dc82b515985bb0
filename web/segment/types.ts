import type { CallLimits } from "../base/call_limits.js";
import type { Device, Timings } from "../base/device.js";
import type { Box } from "../base/geometry.js";
import type { Source } from "../base/image.js";
import type { EngineOptions } from "../engine/types.js";
import type { Instance } from "../mask/instances.js";
import type { Mask } from "../mask/mask.js";
import type { ModelSource } from "../model/built_in_types.js";

/** Options of {@link Segmenter.create}. */
export interface CreateOptions extends EngineOptions {
  /**
   * The name of a built-in model (see `builtInModels`), a URL, bytes or a file.
   * @defaultValue the first built-in model, `masklet-n`
   */
  model?: ModelSource;
  /**
   * Model family, when the tensors do not tell: a name, or `name/variant`.
   * @defaultValue recognized by the tensors
   */
  family?: string;
  /**
   * Layout within `family`.
   * @defaultValue recognized by the tensors
   */
  variant?: string;
  /**
   * Class names by class id.
   * @defaultValue the names in the model's metadata, else `class 0`, `class 1`, …
   */
  labels?: readonly string[];
  /**
   * SHA-256 that the model file must have, in lower-case hex; another digest is `hashMismatch`.
   * Built-in models are always checked.
   * @defaultValue unchecked
   */
  sha256?: string;
}

export interface SegmentOptions extends CallLimits {
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
  segmentWith?: BoxSegmenter;
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
