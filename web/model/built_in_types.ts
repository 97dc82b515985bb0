import type { Size } from "../base/geometry.js";
import type { Preprocessing } from "../base/preprocessing.js";
import type { BuiltInModelName, BuiltInPromptModelName } from "./model_names.gen.js";

/**
 * A model: the name of a built-in one, its address, its bytes, or a file. In Node a string may also
 * be a path.
 */
export type ModelSource = BuiltInModelName | AnyText | URL | ArrayBuffer | Uint8Array | Blob;

/** Every string; beside literals it leaves editors their list of them. */
export type AnyText = string & Record<never, never>;

/** A model file that ships inside the package. */
export interface BuiltInFile {
  /** What stands for it where a model is asked for. */
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex; always checked. */
  readonly sha256: string;
}

/** A model that ships inside the package; its name is what `CreateOptions.model` takes. */
export interface BuiltInModel extends BuiltInFile {
  readonly name: BuiltInModelName;
  readonly summary: string;
  readonly license: string;
  readonly family: string;
  /**
   * The usual size of its input. Where `multiple` is set, `inputSize` may choose any other whose
   * sides are multiples of it.
   */
  readonly input: Size & { readonly multiple?: number };
  /** What its training did to images, where the family alone does not say it. */
  readonly preprocessing: Partial<Preprocessing>;
  /** Class names by class id. */
  readonly labels: readonly string[];
}

/** A promptable model that ships inside the package, in two files. */
export interface BuiltInPromptModel {
  /** What `PromptSegmenter.create({ model })` takes. */
  readonly name: BuiltInPromptModelName;
  readonly summary: string;
  readonly license: string;
  /** What its training did to images, where the family alone does not say it. */
  readonly preprocessing: Partial<Preprocessing>;
  readonly encoder: BuiltInFile;
  readonly decoder: BuiltInFile;
  /**
   * What `everything` keeps unless it is told: how sure a network is differs from one to the next.
   */
  readonly everything: {
    readonly predictedIouThreshold?: number;
    readonly stabilityThreshold?: number;
  };
}
