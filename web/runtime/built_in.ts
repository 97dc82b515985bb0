import type { Preprocessing } from "../types.js";
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
  readonly summary: string;
  readonly licence: string;
  readonly family: string;
  /** What its training did to pictures, where the family alone does not say it. */
  readonly preprocessing: Partial<Preprocessing>;
  /** Class names by class id. */
  readonly labels: readonly string[];
}

/** The models that ship inside the package, the default one first. */
export const builtInModels: readonly BuiltInModel[] = cards;

/** A promptable model that ships inside the package, in two files. */
export interface BuiltInPromptModel {
  /** What `PromptSegmenter.create({ model })` takes. */
  readonly name: string;
  readonly summary: string;
  readonly licence: string;
  readonly encoder: BuiltInFile;
  readonly decoder: BuiltInFile;
}

export const builtInPromptModels: readonly BuiltInPromptModel[] = promptCards;

/** The file of that name and where it lies, beside this module or where a bundler put it. */
export function findBuiltInFile(name: unknown): (BuiltInFile & { locate(): URL }) | undefined {
  const files = [...cards, ...promptCards.flatMap(({ encoder, decoder }) => [encoder, decoder])];
  return files.find((file) => file.name === name);
}
