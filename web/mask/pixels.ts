import { MaskletError } from "../base/errors.js";
import type { Rect } from "../base/geometry.js";
import type { OptionNames } from "../base/options.js";
import { forEachSpan, forEachStretch } from "./runs.js";

/** Options of {@link Mask.toImageData} and {@link Mask.toBitmap}. */
export interface MaskImageOptions {
  /**
   * Renders the whole source instead of the crop.
   * @defaultValue `false`
   */
  full?: boolean;
  /**
   * Color of the object: red, green, blue and optionally alpha, 0..255.
   * @defaultValue opaque white
   */
  color?: readonly [red: number, green: number, blue: number, alpha?: number];
}

export const maskImageNames = { full: true, color: true } satisfies OptionNames<MaskImageOptions>;

/** A map with one entry per pixel, for {@link Mask.paint}. */
export type PixelMap = Uint8Array | Uint16Array | Uint32Array;

/** The fields of a mask that drawing needs. */
interface Drawable extends Rect {
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  readonly runs: Uint32Array;
  readonly area: number;
  readonly coverage?: Uint8Array;
}

/** `Mask.toImageData` */
export function maskToImageData(
  mask: Drawable,
  { full = false, color = [255, 255, 255] }: MaskImageOptions,
): ImageData {
  const { width, height } = full ? { width: mask.sourceWidth, height: mask.sourceHeight } : mask;
  const words = new Uint32Array(width * height);
  const shades = shadesOf(color);
  if (mask.coverage) {
    const [left, top] = full ? [mask.x, mask.y] : [0, 0];
    for (let y = 0, index = 0; y < mask.height; ++y) {
      const row = (top + y) * width + left;
      for (let x = 0; x < mask.width; ++x, ++index) words[row + x] = shades[mask.coverage[index]!]!;
    }
  } else {
    fillObject(words, mask, full, shades[255]!);
  }
  const data = new Uint8ClampedArray(words.buffer);
  const canMake = typeof ImageData === "function" && words.length > 0;
  return canMake ? new ImageData(data, width, height) : { width, height, data, colorSpace: "srgb" };
}

/** `Mask.toBytes` */
export function maskToBytes(mask: Drawable, full: boolean): Uint8Array {
  const bytes = new Uint8Array(
    full ? mask.sourceWidth * mask.sourceHeight : mask.width * mask.height,
  );
  fillObject(bytes, mask, full, 1);
  return bytes;
}

/** `Mask.paint` */
export function paintMask(mask: Drawable, target: PixelMap, stride: number, value: number): void {
  const needed = mask.area === 0 ? 0 : (mask.y + mask.height - 1) * stride + mask.x + mask.width;
  if (!(stride >= mask.x + mask.width) || !(target.length >= needed)) {
    const map = `a map of ${target.length} entries in rows of ${stride}`;
    const end = `(${mask.x + mask.width}, ${mask.y + mask.height})`;
    const message = `${map} is too small for a mask that ends at pixel ${end}`;
    throw new MaskletError("bufferTooSmall", "mask-operation", message, { value: target.length });
  }
  fillRows(target, mask, stride, mask.x, mask.y, value);
}

function fillObject(target: PixelMap, mask: Drawable, full: boolean, value: number): void {
  if (full) fillRows(target, mask, mask.sourceWidth, mask.x, mask.y, value);
  else forEachStretch(mask.runs, (begin, end) => target.fill(value, begin, end));
}

function fillRows(
  target: PixelMap,
  mask: Drawable,
  stride: number,
  left: number,
  top: number,
  value: number,
): void {
  forEachSpan(mask.runs, mask.width, (y, begin, end) => {
    const row = (top + y) * stride + left;
    target.fill(value, row + begin, row + end);
  });
}

/**
 * The RGBA color of each coverage value, packed in the byte order of this machine. Coverage 0 is 0
 * in all channels.
 */
function shadesOf([red, green, blue, alpha = 255]: NonNullable<
  MaskImageOptions["color"]
>): Uint32Array {
  const bytes = new Uint8ClampedArray(256 * 4);
  for (let value = 1; value < 256; ++value)
    bytes.set([red, green, blue, (alpha * value) / 255], value * 4);
  return new Uint32Array(bytes.buffer);
}
