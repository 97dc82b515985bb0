import type { FamilyRefusal, ModelBinding, ModelSignature } from "./family.js";

/** What a family says to one combination of tensors and layout. */
export type FamilyAnswer = ModelBinding | FamilyRefusal;

/** Those that fit. */
export function bindingsOf(answers: readonly FamilyAnswer[]): ModelBinding[] {
  return answers.filter((answer) => "variant" in answer);
}

/**
 * The most certain binding; without one, all refusals in one sentence, unresolved when one of them
 * is or when an output has no known rank.
 * @param needed the refusal when there are no answers, because no output had a fitting rank
 */
export function bestAnswer(
  answers: readonly FamilyAnswer[],
  { outputs }: ModelSignature,
  needed: string,
): FamilyAnswer {
  const bindings = bindingsOf(answers);
  if (bindings.length > 0)
    return bindings.reduce((best, next) => (next.certainty > best.certainty ? next : best));
  const refusals = answers.filter((answer) => "refusal" in answer);
  const refusal = refusals.map((answer) => answer.refusal).join("; ") || needed;
  const unresolved =
    refusals.some((answer) => answer.unresolved) || outputs.some(({ dims }) => dims === undefined);
  return unresolved ? { refusal, unresolved } : { refusal };
}
