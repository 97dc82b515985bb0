import { MaskletError } from "../base/errors.js";
import { optionError } from "../base/options.js";
import { describeTensor } from "../base/tensor.js";
import type { FamilyCandidate, FamilyVerdict } from "../model/info.js";
import type { ModelBinding, ModelFamily, ModelSignature } from "./family.js";
import { families } from "./index.js";

/**
 * Bindings whose certainties differ by less are an ambiguity: less than a name or an exporter's
 * word (0.05) moves them.
 */
const nearlyEqual = 0.03;

export interface FamilyMatch {
  readonly family: ModelFamily;
  readonly binding: ModelBinding;
}

/** What all families say to a model. */
export interface Detection {
  /** The best candidate; undefined when there is none, or when several are equally good. */
  readonly match: FamilyMatch | undefined;
  /** All that fit, best first. */
  readonly candidates: readonly FamilyMatch[];
  readonly verdicts: readonly FamilyVerdict[];
  /**
   * Open dimensions stand in the way: a trial run may find a match, or settle which of several it
   * is.
   */
  readonly unresolved: boolean;
}

/** A family by name, and a layout of it. */
export interface WantedFamily {
  readonly name: string;
  readonly variant: string | undefined;
}

/**
 * Reads the options `family` (`"name"` or `"name/variant"`) and `variant`.
 * @throws MaskletError `badOption` for a variant without a family, or two different ones.
 */
export function readWanted(family: string | undefined, variant?: string): WantedFamily | undefined {
  if (family === undefined) {
    if (variant === undefined) return undefined;
    throw optionError("load", "variant", variant, "left out, or given with its family");
  }
  const [name, ...rest] = String(family).split("/") as [string, ...string[]];
  const inName = rest.length > 0 ? rest.join("/") : undefined;
  if (inName !== undefined && variant !== undefined && inName !== variant) {
    throw optionError(
      "load",
      "variant",
      variant,
      `left out, or '${inName}' as family '${family}' says`,
    );
  }
  return { name, variant: inName ?? variant };
}

/**
 * Asks every family, or only the wanted one, whether it can read the model.
 * @throws MaskletError `unknownFamily` when there is no family of the wanted name.
 */
export function matchFamily(
  signature: ModelSignature,
  wanted?: WantedFamily,
  all: readonly ModelFamily[] = families,
): Detection {
  const asked = wanted === undefined ? all : all.filter(({ name }) => name === wanted.name);
  if (asked.length === 0) {
    const names = all.map(({ name }) => name).join(", ");
    const message = `there is no model family '${wanted?.name}'; there are: ${names}`;
    throw new MaskletError("unknownFamily", "load", message, { value: String(wanted?.name) });
  }
  const answers = asked.map((family) => ask(family, signature, wanted?.variant));
  const candidates = answers
    .flatMap(({ fits }) => fits)
    .sort((a, b) => b.binding.certainty - a.binding.certainty);
  const match = isAmbiguous(candidates) ? undefined : candidates[0];
  const verdicts = answers.map(({ family, reason }) => ({
    family: family.name,
    accepted: family === match?.family,
    reason,
  }));
  const hasOpenOutputs = signature.outputs.some(
    ({ dims }) => dims === undefined || dims.some((dim) => typeof dim === "string"),
  );
  const unresolved =
    answers.some((answer) => answer.unresolved) ||
    (candidates.length > 0 && match === undefined && hasOpenOutputs);
  return { match, candidates, verdicts, unresolved };
}

interface Answer {
  readonly family: ModelFamily;
  readonly fits: readonly FamilyMatch[];
  readonly reason: string;
  readonly unresolved: boolean;
}

function ask(family: ModelFamily, signature: ModelSignature, variant: string | undefined): Answer {
  const best = family.bind(signature);
  if ("refusal" in best)
    return { family, fits: [], reason: best.refusal, unresolved: best.unresolved === true };
  const bindings = distinctVariants(family.bindAll?.(signature) ?? [best]);
  const wanted =
    variant === undefined ? bindings : bindings.filter((binding) => binding.variant === variant);
  const fits = wanted.map((binding) => ({ family, binding }));
  const found = bindings.map((binding) => binding.variant).join(", ");
  const reason =
    fits[0]?.binding.reason ??
    `its layout '${variant}' does not fit; ${found} does: ${best.reason}`;
  return { family, fits, reason, unresolved: false };
}

/** The best binding of each variant: which tensors it takes is no question to the caller. */
function distinctVariants(bindings: readonly ModelBinding[]): ModelBinding[] {
  const best = new Map<string, ModelBinding>();
  for (const binding of bindings) {
    if (binding.certainty > (best.get(binding.variant)?.certainty ?? -1))
      best.set(binding.variant, binding);
  }
  return [...best.values()];
}

/** The candidates that cannot be told from the best one; it alone when there is no doubt. */
function rivals([best, ...others]: readonly FamilyMatch[]): FamilyMatch[] {
  if (!best) return [];
  return [
    best,
    ...others.filter(({ binding }) => best.binding.certainty - binding.certainty < nearlyEqual),
  ];
}

function isAmbiguous(candidates: readonly FamilyMatch[]): boolean {
  return rivals(candidates).length > 1;
}

/** For `ModelInfo` and the like. */
export function describeCandidates(candidates: readonly FamilyMatch[]): FamilyCandidate[] {
  return candidates.map(({ family, binding: { variant, certainty, reason } }) => ({
    family: family.name,
    variant,
    certainty,
    reason,
  }));
}

/**
 * The error for a model without a match: `ambiguousModel` naming the candidates, or `unknownModel`
 * with what was seen and what each family would have needed.
 * @param hint ends the message of an unknown model
 */
export function noMatch(
  signature: ModelSignature,
  { candidates, verdicts }: Detection,
  hint = "",
): MaskletError {
  const seen = describeSignature(signature);
  if (candidates.length > 0) {
    const named = rivals(candidates).map(({ family, binding }) => ({
      name: `${family.name}/${binding.variant}`,
      binding,
    }));
    const reasons = named
      .map(
        ({ name, binding }) =>
          `${name} (certainty ${binding.certainty.toFixed(2)}): ${binding.reason}`,
      )
      .join(". ");
    const message = `several model families fit equally well: ${seen}. ${reasons}. The option 'family' decides, for example family: '${named[0]!.name}'`;
    return new MaskletError("ambiguousModel", "load", message, {
      value: named.map(({ name }) => name).join(", "),
    });
  }
  const reasons = verdicts.map(({ family, reason }) => `${family}: ${reason}`).join(". ");
  return new MaskletError(
    "unknownModel",
    "load",
    `no model family fits: ${seen}. ${reasons}. The option 'family' names one by force${hint}.`,
  );
}

function describeSignature({ inputs, outputs }: ModelSignature): string {
  const list = (tensors: ModelSignature["inputs"]) => tensors.map(describeTensor).join(", ");
  return `${inputs.length > 0 ? `inputs ${list(inputs)}; ` : ""}outputs ${list(outputs)}`;
}
