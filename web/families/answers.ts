import type { FamilyRefusal, ModelBinding, ModelSignature } from "./family.js";

/** A family's answer for one combination of tensors and layout. */
export type FamilyAnswer = ModelBinding | FamilyRefusal;

/** The answers that fit. */
export function bindingsOf(answers: readonly FamilyAnswer[]): ModelBinding[] {
  return answers.filter((answer) => "variant" in answer);
}

/**
 * The most certain binding. Without bindings, the result joins all refusals. It is unresolved if
 * one of them is, or if the rank of an output is unknown.
 * @param needed the refusal if `answers` is empty, because no output had a suitable rank
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
