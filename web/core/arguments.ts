import { MaskletError, type Stage } from "../base/errors.js";

/** Largest value of an unsigned argument. */
const maxUint32 = 0xffffffff;
const maxInt32 = 0x7fffffff;

/*
 * wasm silently truncates numbers to 32 bits: 2 ** 32 + 1 would arrive as 1, and NaN as 0. These
 * functions refuse every value that would change on the way. The core checks its meaning.
 */

/** Returns `value` if it is an integer in 0..2^32 - 1; else throws `badArgument`. */
export function unsigned(value: number, name: string, stage: Stage): number {
  return wholeNumber(value, 0, maxUint32, name, stage);
}

/** Returns `value` if it is an integer in -2^31..2^31 - 1; else throws `badArgument`. */
export function signed(value: number, name: string, stage: Stage): number {
  return wholeNumber(value, -maxInt32 - 1, maxInt32, name, stage);
}

function wholeNumber(
  value: number,
  least: number,
  most: number,
  name: string,
  stage: Stage,
): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new MaskletError(
    "badArgument",
    stage,
    `${name} must be an integer from ${least} to ${most}, but is ${value}`,
    {
      value: Number(value),
    },
  );
}

/** Throws unless `length` is the product of the dimensions. */
export function checkLength(
  what: string,
  dims: readonly number[],
  length: number,
  stage: Stage,
): void {
  const needed = dims.reduce((product, dim) => product * dim, 1);
  if (length === needed) return;
  const message = `${what} of shape [${dims.join(", ")}] needs ${needed} values, but has ${length}`;
  throw new MaskletError(length < needed ? "bufferTooSmall" : "badShape", stage, message, {
    value: length,
  });
}
