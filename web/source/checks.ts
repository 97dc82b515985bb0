import { MaskletError } from "../base/errors.js";

/**
 * The name of a value's class: `'ImageBitmap'`, `'File'`, `'Uint8Array'` … It works for objects
 * of another window and needs no globals that Node lacks.
 */
export function tagOf(value: unknown): string {
  return value instanceof URL ? "URL" : Object.prototype.toString.call(value).slice(8, -1);
}

export function badSource(message: string, value: number | string, cause?: unknown): MaskletError {
  return new MaskletError(
    "badSource",
    "source",
    message,
    cause === undefined ? { value } : { value, cause },
  );
}

export function checkPixelCount(width: number, height: number, maxPixels: number): void {
  const pixels = width * height;
  if (pixels <= maxPixels) return;
  const size = `${width} x ${height} = ${pixels}`;
  const message = `the image has ${size} pixels, the maximum is ${maxPixels}`;
  throw new MaskletError("tooManyPixels", "source", message, { value: pixels });
}

/** A view of the bytes. @throws MaskletError `badSource` for 0 bytes (a detached buffer). */
export function toBytes(source: ArrayBuffer | Uint8Array): Uint8Array {
  if (source.byteLength === 0)
    throw badSource("the image has 0 bytes (is its buffer detached?)", 0);
  return ArrayBuffer.isView(source) ? source : new Uint8Array(source);
}
