// What is known of a model and what it gives.

import type { Device } from "../base/device.js";
import type { InputSizing, Preprocessing } from "../base/preprocessing.js";
import type { RawTensor, TensorInfo } from "../base/tensor.js";

/** What one model family says to a model. */
export interface FamilyVerdict {
  readonly family: string;
  readonly accepted: boolean;
  /** One sentence: which tensors match and how, or which do not. */
  readonly reason: string;
}

/** A family and layout that fits a model. */
export interface FamilyCandidate {
  readonly family: string;
  readonly variant: string;
  /** 0..1, how little else the tensors could be. */
  readonly certainty: number;
  readonly reason: string;
}

/** What a file is to a `PromptSegmenter`. */
export interface PromptPart {
  readonly part: "encoder" | "decoder" | "combined";
  /** Undefined for an encoder: only its decoder tells. */
  readonly family: string | undefined;
  readonly variant: string | undefined;
  /** One sentence: which tensors tell. */
  readonly reason: string;
}

/** What a model file is and what will be done with it. */
export interface ModelInfo {
  /** The family that will decode it; undefined when none can, or when several fit equally well. */
  readonly family: string | undefined;
  /** Layout within the family. */
  readonly variant: string | undefined;
  /** All that fit, best first. */
  readonly candidates: readonly FamilyCandidate[];
  /** Every family's answer. */
  readonly verdicts: readonly FamilyVerdict[];
  /** Set for a file that no family decodes and that is a promptable network or half of one. */
  readonly prompt: PromptPart | undefined;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Class names by class id; empty when neither model nor caller names them. */
  readonly labels: readonly string[];
  /**
   * What is done to an image; undefined without a family. Width and height are of an image of that
   * size unless `sizing` is `fixed`.
   */
  readonly preprocessing: Preprocessing | undefined;
  /** How the input size follows from the image; undefined without a family. */
  readonly sizing: InputSizing | undefined;
  /**
   * Where the graph leaves the size of its input to choose (`CreateOptions.inputSize`): what its
   * sides must be multiples of. Undefined where it is fixed, where it follows from the image, and
   * without a family.
   */
  readonly inputMultiple: number | undefined;
  /**
   * Whether the network gives masks. Without, an instance's mask is its filled box. Undefined
   * without a family.
   */
  readonly masks: boolean | undefined;
  /**
   * Images that one run takes: a number, or `"open"` for any; undefined when no input takes an
   * image.
   */
  readonly batch: number | "open" | undefined;
  /** `metadata_props` of the file. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly opset: number;
  readonly producer: string;
  /** Of the file: bytes and SHA-256 in lower-case hex. */
  readonly bytes: number;
  readonly sha256: string;
}

/** {@link ModelInfo} of a model in use: it has a family. */
export interface RunningModelInfo extends ModelInfo {
  readonly family: string;
  readonly variant: string;
  readonly preprocessing: Preprocessing;
  readonly sizing: InputSizing;
  readonly masks: boolean;
  readonly batch: number | "open";
}

/** What the network itself gives for one image. */
export interface RawResult {
  /** By output name. */
  readonly outputs: ReadonlyMap<string, RawTensor>;
  /** Size of the source, EXIF orientation applied, in pixels. */
  readonly width: number;
  readonly height: number;
  /** What was done to this image. */
  readonly preprocessing: Preprocessing;
  readonly device: Device;
}

/**
 * Every element is `value`; `"batch"`, `"height"` and `"width"` are those of the image input of the
 * same run.
 */
export interface ConstantInput {
  readonly dims: readonly (number | "batch" | "height" | "width")[];
  readonly value: number;
}
