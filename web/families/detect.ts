import { MaskletError } from "../base/errors.js";
import { describeTensor } from "../base/tensor.js";
import type { FamilyCandidate, FamilyVerdict } from "../model/info.js";
import type { ModelBinding, ModelFamily, ModelSignature } from "./family.js";
import { families } from "./index.js";

/**
 * Bindings are ambiguous if their certainties differ by less than this. Names and metadata change a
 * certainty by more (0.05).
 */
const nearlyEqual = 0.03;

export interface FamilyMatch {
  readonly family: ModelFamily;
  readonly binding: ModelBinding;
}

/** The answers of all families for a model. */
export interface Detection {
  /** The best candidate. Undefined if none fits, or if several fit equally well. */
  readonly match: FamilyMatch | undefined;
  /** All candidates that fit, best first. */
  readonly candidates: readonly FamilyMatch[];
  readonly verdicts: readonly FamilyVerdict[];
  /**
   * Whether open dimensions prevent the decision. A trial run may then find a match or choose among
   * several.
   */
  readonly unresolved: boolean;
}

/** The name of a family, and of one of its layouts. */
export interface WantedFamily {
  readonly name: string;
  readonly variant: string | undefined;
}

/**
 * Reads the options `family` (`"name"` or `"name/variant"`) and `variant`.
 * @throws MaskletError `badOption` for a variant without a family, or for two different variants.
 */
export function readWanted(family: string | undefined, variant?: string): WantedFamily | undefined {
  if (family === undefined) {
    if (variant === undefined) return undefined;
    throw new MaskletError("badOption", "load", `variant '${variant}' requires the option family`, {
      value: variant,
    });
  }
  const [name, ...rest] = String(family).split("/") as [string, ...string[]];
  const inName = rest.length > 0 ? rest.join("/") : undefined;
  if (inName !== undefined && variant !== undefined && inName !== variant) {
    throw new MaskletError(
      "badOption",
      "load",
      `family '${family}' and variant '${variant}' contradict each other`,
      { value: variant },
    );
  }
  return { name, variant: inName ?? variant };
}

/**
 * Asks every family, or only the wanted one, whether it can decode the model.
 * @throws MaskletError `unknownFamily` if the wanted family does not exist.
 */
export function matchFamily(
  signature: ModelSignature,
  wanted?: WantedFamily,
  all: readonly ModelFamily[] = families,
): Detection {
  const asked = wanted === undefined ? all : all.filter(({ name }) => name === wanted.name);
  if (asked.length === 0) {
    const names = all.map(({ name }) => name).join(", ");
    const message = `family is '${wanted?.name}'; it must be one of ${names}`;
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
    `its layout '${variant}' does not fit, but ${found} does: ${best.reason}`;
  return { family, fits, reason, unresolved: false };
}

/** The best binding of each variant. The choice of tensors is not the caller's concern. */
function distinctVariants(bindings: readonly ModelBinding[]): ModelBinding[] {
  const best = new Map<string, ModelBinding>();
  for (const binding of bindings) {
    if (binding.certainty > (best.get(binding.variant)?.certainty ?? -1))
      best.set(binding.variant, binding);
  }
  return [...best.values()];
}

/** The best candidate and those that are as certain. */
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

/** The candidates in the form of the public API. */
export function describeCandidates(candidates: readonly FamilyMatch[]): FamilyCandidate[] {
  return candidates.map(({ family, binding: { variant, certainty, reason } }) => ({
    family: family.name,
    variant,
    certainty,
    reason,
  }));
}

/**
 * Makes the error for a model without a match: `ambiguousModel` with the candidates, or
 * `unknownModel` with the tensors and the refusal of each family.
 * @param hint the end of the message for an unknown model
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
    const message =
      `several model families fit equally well: ${seen}. ${reasons}. ` +
      `Choose one with the option 'family', for example family: '${named[0]!.name}'`;
    return new MaskletError("ambiguousModel", "load", message, {
      value: named.map(({ name }) => name).join(", "),
    });
  }
  const reasons = verdicts.map(({ family, reason }) => `${family}: ${reason}`).join(". ");
  return new MaskletError(
    "unknownModel",
    "load",
    `no model family fits: ${seen}. ${reasons}. The option 'family' can force one${hint}.`,
  );
}

function describeSignature({ inputs, outputs }: ModelSignature): string {
  const list = (tensors: ModelSignature["inputs"]) => tensors.map(describeTensor).join(", ");
  return `${inputs.length > 0 ? `inputs ${list(inputs)}; ` : ""}outputs ${list(outputs)}`;
}
