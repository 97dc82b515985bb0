import { MaskletError } from "../base/errors.js";
import { cards, promptCards } from "./built_in.gen.js";
import type { BuiltInFile, BuiltInModel, BuiltInPromptModel } from "./built_in_types.js";

/** The models that ship inside the package, the default one first. */
export const builtInModels: readonly [BuiltInModel, ...BuiltInModel[]] = cards;
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
