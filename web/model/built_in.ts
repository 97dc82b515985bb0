import { MaskletError } from "../base/errors.js";
import { cards, promptCards } from "./built_in.gen.js";
import type { BuiltInFile, BuiltInModel, BuiltInPromptModel } from "./built_in_types.js";

/**
 * The models in the package that find objects. The first one is the default.
 *
 * @example
 * ```ts
 * import { builtInModels, Segmenter } from "masklet";
 *
 * for (const { name, summary, bytes } of builtInModels) console.log(name, bytes, summary);
 * const segmenter = await Segmenter.create({ model: builtInModels[0].name });
 * ```
 */
export const builtInModels: readonly [BuiltInModel, ...BuiltInModel[]] = cards;

/**
 * The promptable models in the package. The first one is the default.
 *
 * @example
 * ```ts
 * import { builtInPromptModels, PromptSegmenter } from "masklet";
 *
 * const segmenter = await PromptSegmenter.create({ model: builtInPromptModels[0].name });
 * ```
 */
export const builtInPromptModels: readonly [BuiltInPromptModel, ...BuiltInPromptModel[]] =
  promptCards;

/**
 * Finds the built-in file of this name and its location, as a bundler may have changed it.
 * @throws MaskletError `badOption` for the name of a promptable model, which consists of two files
 */
export function findBuiltInFile(name: unknown): (BuiltInFile & { locate(): URL }) | undefined {
  const files = [...cards, ...promptCards.flatMap(({ encoder, decoder }) => [encoder, decoder])];
  const pair = promptCards.find((card) => card.name === name);
  if (pair === undefined) return files.find((file) => file.name === name);
  const names = `${pair.encoder.name}, ${pair.decoder.name}`;
  const message = `'${pair.name}' is a promptable model (${names}): use PromptSegmenter`;
  throw new MaskletError("badOption", "load", message, { value: pair.name });
}

/** Finds the built-in promptable model of an encoder by the encoder's digest. */
export function findPromptCard(encoderSha256: string): BuiltInPromptModel | undefined {
  return promptCards.find(({ encoder }) => encoder.sha256 === encoderSha256);
}

/** The names of all built-in models, for messages about an unknown name. */
export function builtInNames(): string {
  return [...cards, ...promptCards].map(({ name }) => name).join(", ");
}
