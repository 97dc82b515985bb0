import type { CallLimits } from "../base/call_limits.js";
import type { Device, Timings } from "../base/device.js";
import type { Box, Size } from "../base/geometry.js";
import type { Preprocessing } from "../base/preprocessing.js";
import type { EngineOptions } from "../engine/types.js";
import type { PromptPoint } from "../families/prompt/points.js";
import type { Mask } from "../mask/mask.js";
import type { ModelSource } from "../model/built_in_types.js";
import type { ModelInfo, PromptPart } from "../model/info.js";
import type { BuiltInModelName, BuiltInPromptModelName } from "../model/model_names.gen.js";

export type { PromptPoint };

/**
 * A mask at the network's own resolution, over its whole input. Take it from a candidate and pass
 * it to the next {@link PromptSegmenter.predict} on the same image. It has no other use.
 */
export interface LowResMask extends Size {
  /** One logit per pixel, row by row: `width * height` values. */
  readonly logits: Float32Array;
}

/**
 * Where the model comes from: `encoder` and `decoder` as two files, or `model`. The latter is the
 * name of a built-in model (see `builtInPromptModels`) or one file for both halves.
 * @defaultValue the first built-in model
 */
export type PromptModelSource =
  | {
      readonly model?: BuiltInPromptModelName | Exclude<ModelSource, BuiltInModelName>;
      readonly encoder?: undefined;
      readonly decoder?: undefined;
    }
  | { readonly encoder: ModelSource; readonly decoder: ModelSource; readonly model?: undefined };

/** SHA-256 of the files of a promptable model, in lower-case hex. */
export interface PromptDigests {
  /** Digest of the encoder file. */
  readonly encoder?: string;
  /** Digest of the decoder file. */
  readonly decoder?: string;
}

/** Options of {@link PromptSegmenter.create}. */
export type PromptSegmenterOptions = PromptModelSource &
  EngineOptions & {
    /**
     * Required SHA-256 of the model files, in lower-case hex: a string for a model in one file,
     * `{ encoder, decoder }` (or one of them) for a model in two. Another digest fails with
     * `hashMismatch`. Built-in models are always checked.
     * @defaultValue unchecked
     */
    sha256?: string | PromptDigests;
    /**
     * Promptable family (`sam`, `edge_sam`, `efficient_sam`, `sam_transformers`, `sam2`,
     * `sam2_transformers`).
     * @defaultValue recognized by the decoder's tensors
     */
    family?: string;
    /**
     * Maximum number of images that stay encoded, minimum 1. The least recently used goes first.
     * @defaultValue `4`
     */
    cacheSize?: number;
  };

/** Describes the model of a {@link PromptSegmenter}. */
export interface PromptModelInfo {
  /** Name of the family. */
  readonly family: string;
  /** Layout within the family. */
  readonly variant: string;
  /** Which tensors tell the family, in one sentence. */
  readonly reason: string;
  /** The model files: encoder and decoder, or one file for both. */
  readonly files: readonly PromptFileInfo[];
  /**
   * Preprocessing of an image. Width and height are those of the network's input, or 0 if it
   * accepts any size.
   */
  readonly preprocessing: Preprocessing;
  /** Which prompts the model accepts, in addition to foreground points. */
  readonly takes: {
    /** Accepts a box. */
    readonly boxes: boolean;
    /** Accepts background points. */
    readonly background: boolean;
    /** Accepts a {@link LowResMask}. */
    readonly masks: boolean;
  };
  /** Size of its {@link LowResMask}; undefined if the model does not accept masks. */
  readonly maskSize: Size | undefined;
}

/** Describes one file of a promptable model. */
export interface PromptFileInfo
  extends Pick<
      ModelInfo,
      "inputs" | "outputs" | "metadata" | "opset" | "producer" | "bytes" | "sha256"
    >,
    Pick<PromptPart, "part"> {}

/** The result of {@link PromptSegmenter.setImage}. */
export interface SetImageResult {
  /** Width of the source in pixels, with EXIF orientation applied. */
  readonly width: number;
  /** Height of the source in pixels, with EXIF orientation applied. */
  readonly height: number;
  /** Whether the embedding came from the cache. If so, the encoder did not run. */
  readonly fromCache: boolean;
  /** Time of each stage, in milliseconds. */
  readonly timingsMs: Timings;
}

/** One answer to a prompt. */
export interface PromptCandidate {
  /** The pixels of the object. */
  readonly mask: Mask;
  /** The tight box of the mask, in whole source pixels; all 0 if the mask is empty. */
  readonly box: Box;
  /** The network's own estimate of the mask's IoU with the true mask, about 0..1. */
  readonly predictedIou: number;
  /**
   * Stability of the mask under other thresholds, 0..1: area(logit > 1) / area(logit > -1) at the
   * resolution of the image. It is 1 if the network does not return logits.
   */
  readonly stabilityScore: number;
  /** Input for the next prompt on this image; absent if the model does not accept masks. */
  readonly lowResMask?: LowResMask;
}

/** A prompt: points, a box, a mask, or a combination of them. */
export interface PredictOptions extends CallLimits {
  /**
   * Points on the object (`foreground`) or outside it (`background`), in source pixels.
   * @defaultValue `[]`
   */
  points?: readonly PromptPoint[];
  /**
   * A box around the object, in source pixels.
   * @defaultValue unset
   */
  box?: Box;
  /**
   * The `lowResMask` of an earlier candidate, to improve it.
   * @defaultValue unset
   */
  mask?: LowResMask;
  /**
   * True returns all masks of the network (usually three, from part to whole). False returns the
   * one that the network rates best.
   * @defaultValue `true` for a single point alone (it is ambiguous), else `false`
   */
  multimask?: boolean;
  /**
   * Adds 8-bit soft coverage to each mask.
   * @defaultValue `false`
   */
  soft?: boolean;
}

/** The answer to a prompt. */
export interface PromptResult {
  /** At least one candidate. The highest predicted IoU comes first; empty masks come last. */
  readonly candidates: readonly PromptCandidate[];
  /** Width of the source in pixels. */
  readonly width: number;
  /** Height of the source in pixels. */
  readonly height: number;
  /** The device that ran the decoder. */
  readonly device: Device;
  /** Time of each stage, in milliseconds. `source` is 0, because `setImage` read the image. */
  readonly timingsMs: Timings;
}

/** Options of {@link PromptSegmenter.segmentBoxes}. */
export interface SegmentBoxesOptions extends CallLimits {
  /**
   * Adds 8-bit soft coverage to each mask.
   * @defaultValue `false`
   */
  soft?: boolean;
}

/** Progress of {@link PromptSegmenter.everything}. */
export interface EverythingProgress {
  /** Number of points done so far. */
  readonly done: number;
  /** Number of all points. */
  readonly total: number;
}

/** The settings of Segment Anything's automatic mask generator, with its defaults. */
export interface EverythingOptions extends CallLimits {
  /**
   * Number of points along each side of the image, 1..512.
   * @defaultValue `32`
   */
  gridSize?: number;
  /**
   * Keeps masks with a predicted IoU above this.
   * @defaultValue that of the built-in model, else `0.88`
   */
  predictedIouThreshold?: number;
  /**
   * Minimum stability score, 0..1.
   * @defaultValue that of the built-in model, else `0.95`
   */
  stabilityThreshold?: number;
  /**
   * If the IoU of two masks' boxes is above this, 0..1, only the better mask stays.
   * @defaultValue `0.7`
   */
  boxIouThreshold?: number;
  /**
   * If the IoU of two masks is above this, 0..1, only the better mask stays. 1 keeps all.
   * @defaultValue `1`
   */
  maskIouThreshold?: number;
  /**
   * Fills holes and removes islands below this area, in square source pixels.
   * @defaultValue `0`, which keeps all
   */
  minArea?: number;
  /**
   * Number of extra layers of crops, 0..4. Layer n covers the image with 4^n overlapping crops. It
   * uses half as many points along each side as the previous layer.
   * @defaultValue `0`
   */
  cropLayers?: number;
  /**
   * Adds 8-bit soft coverage to each mask. `minArea` drops the coverage.
   * @defaultValue `false`
   */
  soft?: boolean;
  /** Receives the progress after each step. */
  onProgress?: (progress: EverythingProgress) => void;
}
