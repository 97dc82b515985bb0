// What callers give: values out of range and names that no option has, in one form of words.
import { MaskletError, type Stage } from "./errors.js";

/** What an error of {@link optionError} says beside its sentence. */
interface OptionErrorDetails {
  /** The value in words, where its own are long or say little. */
  readonly shown?: string;
  readonly cause?: unknown;
}

/**
 * The one error for an option's value: `scoreThreshold is 2; it must be a number from 0 to 1`.
 * @param rule what the value must be
 */
export function optionError(
  stage: Stage,
  name: string,
  value: unknown,
  rule: string,
  { shown, ...rest }: OptionErrorDetails = {},
): MaskletError {
  const plain = typeof value === "number" || typeof value === "string" ? value : describe(value);
  const message = `${name} is ${shown ?? plain}; it must be ${rule}`;
  return new MaskletError("badOption", stage, message, { value: plain, ...rest });
}

function describe(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

export function checkFraction(stage: Stage, name: string, value: number): void {
  if (typeof value === "number" && value >= 0 && value <= 1) return;
  throw optionError(stage, name, value, "a number from 0 to 1");
}

export function checkInteger(
  stage: Stage,
  name: string,
  value: number,
  minimum: number,
  maximum: number,
): void {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return;
  throw optionError(stage, name, value, `an integer from ${minimum} to ${maximum}`);
}

export function checkChoice(
  stage: Stage,
  name: string,
  value: string,
  choices: readonly string[],
): void {
  if (!choices.includes(value)) throw optionError(stage, name, value, oneOf(choices));
}

/** The rule for a value that is one of several. */
export function oneOf(choices: readonly (string | number)[]): string {
  return choices.length === 1 ? `${choices[0]}` : `one of ${choices.join(", ")}`;
}

/**
 * The names of the options in `T`. Write it with `satisfies`, so that the compiler finds a name
 * that is missing or too many.
 */
export type OptionNames<T> = Readonly<Record<T extends unknown ? keyof T : never, true>>;

/**
 * Refuses an object with a name that no option has. A name whose value is undefined counts as
 * absent.
 * @param within the option that holds the object, where it is not the argument itself
 * @throws MaskletError `badOption`: `unknown option 'label'; did you mean 'labels'?`
 */
export function checkNames(
  stage: Stage,
  options: object | undefined,
  known: Readonly<Record<string, true>>,
  within = "",
): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null)
    throw optionError(stage, within || "options", options, "an object");
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !Object.hasOwn(known, name))
      throw unknownOption(stage, name, Object.keys(known), within && `${within}.`);
  }
}

function unknownOption(
  stage: Stage,
  name: string,
  known: readonly string[],
  prefix: string,
): MaskletError {
  const distances = known.map((one) => editDistance(name.toLowerCase(), one.toLowerCase()));
  const least = Math.min(...distances);
  const nearest = known[distances.indexOf(least)]!;
  const hint =
    least <= Math.max(1, nearest.length / 2)
      ? `did you mean '${prefix}${nearest}'?`
      : `the nearest is '${prefix}${nearest}', all are ${known.join(", ")}`;
  const message = `unknown option '${prefix}${name}'; ${hint}`;
  return new MaskletError("badOption", stage, message, { value: prefix + name });
}

/** Letters to be inserted, left out or replaced (Levenshtein's distance). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; ++i) {
    const next = [i];
    for (let j = 1; j <= b.length; ++j) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
