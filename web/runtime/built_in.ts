import type { Preprocessing } from "../types.js";
import { cards } from "./built_in.gen.js";

/** A model that ships inside the package. */
export interface BuiltInModel {
  /** What `CreateOptions.model` takes. */
  readonly name: string;
  readonly summary: string;
  readonly licence: string;
  readonly bytes: number;
  /** Lower-case hex; always checked. */
  readonly sha256: string;
  readonly family: string;
  /** What its training did to pictures, where the family alone does not say it. */
  readonly preprocessing: Partial<Preprocessing>;
  /** Class names by class id. */
  readonly labels: readonly string[];
}

/** The models that ship inside the package, the default one first. */
export const builtInModels: readonly BuiltInModel[] = cards;

/** Where the file of a built-in model lies, beside this module or where a bundler put it. */
export function locateBuiltInModel({ name }: BuiltInModel): URL {
  return cards.find((card) => card.name === name)!.locate();
}
