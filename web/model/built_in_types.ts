import type { Size } from "../base/geometry.js";
import type { Preprocessing } from "../base/preprocessing.js";
import type { BuiltInModelName, BuiltInPromptModelName } from "./model_names.gen.js";

/**
 * Where an ONNX model comes from: the name of a built-in model, a URL, a file, or its bytes. In
 * Node, a string may also be a path.
 */
export type ModelSource = BuiltInModelName | AnyText | URL | ArrayBuffer | Uint8Array | Blob;

/** Any string. In a union with literals, editors still suggest the literals. */
export type AnyText = string & Record<never, never>;

/** A model file in the package. */
export interface BuiltInFile {
  /** The name that stands for the file wherever a model is expected. */
  readonly name: string;
  /** Size of the file in bytes. */
  readonly bytes: number;
  /** SHA-256 of the file in lower-case hex. Loading always checks it. */
  readonly sha256: string;
}

/** A model in the package that finds objects. */
export interface BuiltInModel extends BuiltInFile {
  /** The name for `Segmenter.create({ model })`. */
  readonly name: BuiltInModelName;
  /** One sentence about the model. */
  readonly summary: string;
  /** SPDX identifier of the license of the weights. */
  readonly license: string;
  /** The model family that decodes it. */
  readonly family: string;
  /**
   * Default size of its input in pixels. If `multiple` is set, `inputSize` may be any size whose
   * sides are multiples of it. Otherwise the size is fixed.
   */
  readonly input: Size & { readonly multiple?: number };
  /** The preprocessing of its training, as far as it differs from the family's. */
  readonly preprocessing: Partial<Preprocessing>;
  /** Class names, indexed by class id. */
  readonly labels: readonly string[];
}

/** A promptable model in the package. It consists of two files. */
export interface BuiltInPromptModel {
  /** The name for `PromptSegmenter.create({ model })`. */
  readonly name: BuiltInPromptModelName;
  /** One sentence about the model. */
  readonly summary: string;
  /** SPDX identifier of the license of the weights. */
  readonly license: string;
  /** The preprocessing of its training, as far as it differs from the family's. */
  readonly preprocessing: Partial<Preprocessing>;
  /** The file that encodes an image. */
  readonly encoder: BuiltInFile;
  /** The file that answers prompts. */
  readonly decoder: BuiltInFile;
  /**
   * Default thresholds of `everything`, 0..1. They differ by network. An absent threshold has the
   * general default.
   */
  readonly everything: {
    readonly predictedIouThreshold?: number;
    readonly stabilityThreshold?: number;
  };
}
