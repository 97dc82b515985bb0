import { MaskletError } from "../errors.js";
import type { BuiltInModelName, BuiltInPromptModelName } from "../model_names.gen.js";
import type { Preprocessing, Size } from "../types.js";
import { cards, promptCards } from "./built_in.gen.js";

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

/** The models that ship inside the package, the default one first. */
export const builtInModels: readonly [BuiltInModel, ...BuiltInModel[]] = cards;

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

/** The promptable models that ship inside the package, the one to start with first. */
export const builtInPromptModels: readonly [BuiltInPromptModel, ...BuiltInPromptModel[]] =
  promptCards;

/**
 * The file of that name and where it lies, beside this module or where a bundler put it.
 * @throws MaskletError `badOption` for a promptable model, which is two files
 */
export function findBuiltInFile(name: unknown): (BuiltInFile & { locate(): URL }) | undefined {
  const files = [...cards, ...promptCards.flatMap(({ encoder, decoder }) => [encoder, decoder])];
  const pair = promptCards.find((card) => card.name === name);
  if (pair === undefined) return files.find((file) => file.name === name);
  const message = `'${pair.name}' is a promptable model in two files (${pair.encoder.name}, ${pair.decoder.name}): PromptSegmenter takes it`;
  throw new MaskletError("badOption", "load", message, { value: pair.name });
}

/** The promptable model that this encoder belongs to, by its digest. */
export function findPromptCard(encoderSha256: string): BuiltInPromptModel | undefined {
  return promptCards.find(({ encoder }) => encoder.sha256 === encoderSha256);
}

/** For messages about a name that is none of them. */
export function builtInNames(): string {
  return [...cards, ...promptCards].map(({ name }) => name).join(", ");
}
