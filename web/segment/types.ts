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
   * Name of a built-in model (see `builtInModels`), a URL, bytes or a file.
   * @defaultValue the first built-in model, `masklet-n`
   */
  model?: ModelSource;
  /**
   * Model family, a name or `name/variant`. Needed only if the tensors do not tell.
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
   * Required SHA-256 of the model file, in lower-case hex. Another digest fails with
   * `hashMismatch`. Built-in models are always checked.
   * @defaultValue unchecked
   */
  sha256?: string;
}

/** Options of {@link Segmenter.segment}. */
export interface SegmentOptions extends CallLimits {
  /**
   * Keeps instances with a score above this, 0..1.
   * @defaultValue that of the family's reference implementation, mostly `0.25`
   */
  scoreThreshold?: number;
  /**
   * Class-aware NMS drops a box if its IoU with a better box is above this, 0..1. Families without
   * NMS ignore it.
   * @defaultValue that of the family's reference implementation, mostly `0.7`
   */
  iouThreshold?: number;
  /**
   * Maximum number of instances, 1..100000. The best ones stay.
   * @defaultValue `100`
   */
  maxInstances?: number;
  /**
   * Keep only these classes, by label or class id.
   * @defaultValue all classes
   */
  classes?: readonly (string | number)[];
  /**
   * Adds 8-bit soft coverage to each mask.
   * @defaultValue `false`
   */
  soft?: boolean;
  /**
   * The two-step method: this segmenter, usually a `PromptSegmenter`, segments each object again
   * inside its box, and the box is fitted to the new mask. Scores and classes stay. If it finds
   * nothing in a box, the first mask stays. If it fails, the call fails.
   * @defaultValue one step
   */
  segmentWith?: BoxSegmenter;
}

/** Segments the objects in given boxes: a `PromptSegmenter`, or your own implementation. */
export interface BoxSegmenter {
  /** Returns one answer per box, in the same order; an empty mask if it finds nothing. */
  segmentBoxesIn(
    source: Source,
    boxes: readonly Box[],
    options: { soft?: boolean; signal?: AbortSignal },
  ): Promise<readonly { readonly mask: Mask; readonly box: Box }[]>;
}

/** The objects of one image. */
export interface SegmentResult {
  /** The objects, best score first. */
  readonly instances: readonly Instance[];
  /** Width of the source in pixels, with EXIF orientation applied. */
  readonly width: number;
  /** Height of the source in pixels, with EXIF orientation applied. */
  readonly height: number;
  /** The device that ran this call. */
  readonly device: Device;
  /** Time of each stage, in milliseconds. */
  readonly timingsMs: Timings;
}
