import { MaskletError } from "../errors.js";
import type { FamilyVerdict } from "../types.js";
import { describeTensor, type ModelBinding, type ModelFamily, type ModelSignature } from "./family.js";
import { families } from "./index.js";

/** What all families say to a model. */
export interface Detection {
  /** The best match; undefined when there is none. */
  readonly match: { readonly family: ModelFamily; readonly binding: ModelBinding } | undefined;
  readonly verdicts: readonly FamilyVerdict[];
  /** A trial run may still find a match. */
  readonly unresolved: boolean;
}

/**
 * Asks every family, or only the one named `forced`, whether it can read the model.
 * @throws MaskletError `unknownFamily` when there is no family `forced`.
 */
export function detectFamily(signature: ModelSignature, forced?: string, candidates: readonly ModelFamily[] = families): Detection {
  const asked = forced === undefined ? candidates : candidates.filter(({ name }) => name === forced);
  if (asked.length === 0) {
    const names = candidates.map(({ name }) => name).join(", ");
    throw new MaskletError("unknownFamily", "load", `there is no model family '${forced}'; there are: ${names}`, {
      value: String(forced),
    });
  }
  const answers = asked.map((family) => ({ family, answer: family.bind(signature) }));
  let match: Detection["match"];
  for (const { family, answer } of answers) {
    if ("variant" in answer && (!match || answer.certainty > match.binding.certainty)) match = { family, binding: answer };
  }
  return {
    match,
    verdicts: answers.map(({ family, answer }) => ({
      family: family.name,
      accepted: family === match?.family,
      reason: "variant" in answer ? answer.reason : answer.refusal,
    })),
    unresolved: answers.some(({ answer }) => "refusal" in answer && answer.unresolved === true),
  };
}

/** The error for a model that no family reads: what was seen, and what each family would have needed. */
export function unknownModel({ inputs, outputs }: ModelSignature, verdicts: readonly FamilyVerdict[]): MaskletError {
  const seen = `inputs ${inputs.map(describeTensor).join(", ")}; outputs ${outputs.map(describeTensor).join(", ")}`;
  const reasons = verdicts.map(({ family, reason }) => `${family}: ${reason}`).join(". ");
  return new MaskletError("unknownModel", "load", `no model family fits: ${seen}. ${reasons}. The option 'family' names one by force.`);
}
