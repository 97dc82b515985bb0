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
 * A mask as the network itself sees it: logits at its own resolution, row after row, over its whole
 * input. Comes with a candidate and goes into the next {@link PromptSegmenter.predict} about the
 * same image; good for nothing else.
 */
export interface LowResMask extends Size {
  readonly logits: Float32Array;
}

/**
 * Where the model comes from: encoder and decoder as two files, or `model`, the name of a built-in
 * one (see `builtInPromptModels`; the first of them where nothing is said) or one file that takes
 * the image and the prompts.
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
  readonly encoder?: string;
  readonly decoder?: string;
}

/** Options of {@link PromptSegmenter.create}. */
export type PromptSegmenterOptions = PromptModelSource &
  EngineOptions & {
    /**
     * SHA-256 that the model files must have, in lower-case hex; another digest is `hashMismatch`.
     * A string for a model in one file; `{ encoder, decoder }`, or one of them, for one in two.
     * Built-in models are always checked.
     * @defaultValue unchecked
     */
    sha256?: string | PromptDigests;
    /**
     * Promptable family (`sam`, `edge_sam`, `efficient_sam`, `sam_transformers`, `sam2`,
     * `sam2_transformers`); default: told by the decoder.
     */
    family?: string;
    /**
     * How many images stay encoded, least recently used ones going first; at least 1. Default 4.
     */
    cacheSize?: number;
  };

/** What a PromptSegmenter runs. */
export interface PromptModelInfo {
  readonly family: string;
  /** Layout within the family. */
  readonly variant: string;
  /** One sentence: which tensors told the family. */
  readonly reason: string;
  /** The files: encoder and decoder, or the one that does both. */
  readonly files: readonly PromptFileInfo[];
  /**
   * What is done to an image. Width and height are those of the network's input, or 0 where it
   * takes images of any size.
   */
  readonly preprocessing: Preprocessing;
  /** Which prompts it takes beside foreground points. */
  readonly takes: {
    readonly boxes: boolean;
    readonly background: boolean;
    readonly masks: boolean;
  };
  /** Size of its {@link LowResMask}; undefined when it takes none back. */
  readonly maskSize: Size | undefined;
}

export interface PromptFileInfo
  extends Pick<
      ModelInfo,
      "inputs" | "outputs" | "metadata" | "opset" | "producer" | "bytes" | "sha256"
    >,
    Pick<PromptPart, "part"> {}

/** What {@link PromptSegmenter.setImage} did. */
export interface SetImageResult {
  readonly width: number;
  readonly height: number;
  /** The image was still encoded; nothing had to be run. */
  readonly fromCache: boolean;
  readonly timingsMs: Timings;
}

/** One answer to a prompt. */
export interface PromptCandidate {
  readonly mask: Mask;
  /** Tight around the mask, in whole source pixels; all 0 when the mask has no pixel. */
  readonly box: Box;
  /** The network's own guess of the mask's IoU with the true one; about 0..1. */
  readonly predictedIou: number;
  /**
   * How little the mask changes with the threshold, 0..1: area(logit > 1) / area(logit > -1) at the
   * image's own resolution. 1 for networks that give no logits.
   */
  readonly stabilityScore: number;
  /** For the next prompt about this image; absent where the network takes no masks. */
  readonly lowResMask?: LowResMask;
}

export interface PredictOptions extends CallLimits {
  points?: readonly PromptPoint[];
  /** In source pixels. */
  box?: Box;
  /** The answer so far, to be made better: `lowResMask` of a candidate. */
  mask?: LowResMask;
  /**
   * True: all masks that the network gives (three, of parts to wholes). False: the one it holds for
   * the best. Default: true for a single point and nothing else, which leaves open what of it is
   * meant.
   */
  multimask?: boolean;
  /** Also give each mask an 8-bit soft coverage. Default false. */
  soft?: boolean;
}

export interface PromptResult {
  /** Best predicted IoU first; masks without a pixel last. At least one. */
  readonly candidates: readonly PromptCandidate[];
  readonly width: number;
  readonly height: number;
  /** The device on which the decoder ran. */
  readonly device: Device;
  /** `source` is 0: the image was set before. */
  readonly timingsMs: Timings;
}

export interface SegmentBoxesOptions extends CallLimits {
  /** Also give each mask an 8-bit soft coverage. Default false. */
  soft?: boolean;
}

/** How far {@link PromptSegmenter.everything} is. */
export interface EverythingProgress {
  /** Points asked so far, and in all. */
  readonly done: number;
  readonly total: number;
}

/** The settings of Segment Anything's automatic mask generator, with its defaults. */
export interface EverythingOptions extends CallLimits {
  /** Points along each side of the image. Default 32. */
  gridSize?: number;
  /** Keep masks whose predicted IoU is greater. Default: the built-in model's own, else 0.88. */
  predictedIouThreshold?: number;
  /**
   * Keep masks whose stability score is at least this. Default: the built-in model's own, else
   * 0.95.
   */
  stabilityThreshold?: number;
  /** Of masks whose boxes overlap by a greater IoU the best stays. Default 0.7. */
  boxIouThreshold?: number;
  /** Of masks that overlap by a greater IoU the best stays; 1 keeps all. Default: not done. */
  maskIouThreshold?: number;
  /**
   * Holes and islands smaller than this, in source pixels, are filled and removed. Default 0: none.
   */
  minArea?: number;
  /**
   * Layer n looks at 4^n overlapping crops of the image with half as many points along each side as
   * the layer before. Default 0: none.
   */
  cropLayers?: number;
  /** Also give each mask an 8-bit soft coverage (not with `minArea`). Default false. */
  soft?: boolean;
  onProgress?: (progress: EverythingProgress) => void;
}
