/**
 * JSON whose integers beyond 2^53 stay exact. Data sets number their images by hashes of 64 bits,
 * and `JSON.parse` rounds those.
 */

/** What stands for an exact integer while JSON is parsed or written. */
const mark = "\u0000integer:";
const writtenMark = /"\\u0000integer:(-?\d+)"/g;

/** Strings are matched first, so that digits inside them stay. */
const stringOrInteger = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/gs;

const isExact = (digits: string): boolean => Number.isSafeInteger(Number(digits));

/**
 * Parses JSON. Integers beyond 2^53 become bigints.
 * @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  let inexact = 0;
  const marked = text.replace(stringOrInteger, (part) => {
    if (part.startsWith('"') || isExact(part)) return part;
    inexact += 1;
    return `"\\u0000integer:${part}"`;
  });
  if (inexact === 0) return JSON.parse(text);
  return JSON.parse(marked, (_, value) =>
    typeof value === "string" && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  );
}

/** Writes JSON. Bigints become integers. */
export function exactJson(value: unknown): string {
  let exact = 0;
  const text = JSON.stringify(value, (_, item) => {
    if (typeof item !== "bigint") return item;
    exact += 1;
    return `${mark}${item}`;
  });
  return exact === 0 ? text : text.replace(writtenMark, "$1");
}
