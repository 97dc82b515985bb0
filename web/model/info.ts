// Descriptions of a model, and its raw results.

import type { Device } from "../base/device.js";
import type { InputSizing, Preprocessing } from "../base/preprocessing.js";
import type { RawTensor, TensorInfo } from "../base/tensor.js";

/** The verdict of one model family on a model. */
export interface FamilyVerdict {
  /** Name of the family. */
  readonly family: string;
  /** Whether the family can decode the model. */
  readonly accepted: boolean;
  /** Which tensors match and how, or which do not, in one sentence. */
  readonly reason: string;
}

/** A family and layout that fits a model. */
export interface FamilyCandidate {
  /** Name of the family. */
  readonly family: string;
  /** Layout within the family. */
  readonly variant: string;
  /** How unambiguous the tensors are, 0..1. */
  readonly certainty: number;
  /** Which tensors match and how, in one sentence. */
  readonly reason: string;
}

/** The role of a model file in a `PromptSegmenter`. */
export interface PromptPart {
  /** One of two files, or both halves in one file. */
  readonly part: "encoder" | "decoder" | "combined";
  /** Name of the family; undefined for an encoder, because only the decoder identifies it. */
  readonly family: string | undefined;
  /** Layout within the family; undefined together with it. */
  readonly variant: string | undefined;
  /** Which tensors tell the role, in one sentence. */
  readonly reason: string;
}

/** Describes a model file and its use. */
export interface ModelInfo {
  /** The family that decodes it; undefined if no family fits, or if several fit equally well. */
  readonly family: string | undefined;
  /** Layout within the family; undefined together with it. */
  readonly variant: string | undefined;
  /** All families that fit, best first. */
  readonly candidates: readonly FamilyCandidate[];
  /** The verdict of every family, with its reason. */
  readonly verdicts: readonly FamilyVerdict[];
  /** Set if no family fits and the file is a promptable network, or one half of one. */
  readonly prompt: PromptPart | undefined;
  /** The declared inputs. */
  readonly inputs: readonly TensorInfo[];
  /** The declared outputs. */
  readonly outputs: readonly TensorInfo[];
  /** Class names by class id; empty if neither the model nor the caller gives names. */
  readonly labels: readonly string[];
  /**
   * Preprocessing of an image; undefined without a family. Unless `sizing` is `fixed`, width and
   * height apply to an image of exactly that size.
   */
  readonly preprocessing: Preprocessing | undefined;
  /** Rule that derives the input size from the image; undefined without a family. */
  readonly sizing: InputSizing | undefined;
  /**
   * If you can choose the input size (`CreateOptions.inputSize`), its sides must be a multiple of
   * this. Undefined if the size is fixed or follows from the image, and without a family.
   */
  readonly inputMultiple: number | undefined;
  /**
   * Whether the network returns masks. Otherwise, the mask of an instance is its filled box.
   * Undefined without a family.
   */
  readonly masks: boolean | undefined;
  /**
   * Number of images per run, or `"open"` for any number; undefined without an image input.
   */
  readonly batch: number | "open" | undefined;
  /** `metadata_props` of the file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Version of the ONNX operator set. */
  readonly opset: number;
  /** Name of the exporter, as stored in the file. */
  readonly producer: string;
  /** Size of the file in bytes. */
  readonly bytes: number;
  /** SHA-256 of the file, in lower-case hex. */
  readonly sha256: string;
}

/** {@link ModelInfo} of a running model, which always has a family. */
export interface RunningModelInfo extends ModelInfo {
  readonly family: string;
  readonly variant: string;
  readonly preprocessing: Preprocessing;
  readonly sizing: InputSizing;
  readonly masks: boolean;
  readonly batch: number | "open";
}

/** The raw outputs of a network for one image. */
export interface RawResult {
  /** The tensors by output name. */
  readonly outputs: ReadonlyMap<string, RawTensor>;
  /** Width of the source in pixels, with EXIF orientation applied. */
  readonly width: number;
  /** Height of the source in pixels, with EXIF orientation applied. */
  readonly height: number;
  /** The preprocessing of this image. */
  readonly preprocessing: Preprocessing;
  /** The device that ran the network. */
  readonly device: Device;
}

/**
 * An input whose elements all equal `value`. `"batch"`, `"height"` and `"width"` come from the
 * image input of the same run.
 */
export interface ConstantInput {
  readonly dims: readonly (number | "batch" | "height" | "width")[];
  readonly value: number;
}
