import { MaskletError } from "./errors.js";
import type { Size } from "./geometry.js";

/**
 * Every {@link ResizeMode}, in the order of `ResizeMode` in `src/core/letterbox.h`.
 *
 * @example
 * ```ts
 * import { type ResizeMode, resizeModes } from "masklet";
 *
 * const isResizeMode = (text: string) => resizeModes.includes(text as ResizeMode);
 * ```
 */
export const resizeModes = ["letterbox-center", "letterbox-top-left", "stretch"] as const;

/**
 * How an image is fitted into the network's input. `letterbox-center` and `letterbox-top-left` keep
 * the aspect ratio and pad the rest. `stretch` fills the input.
 */
export type ResizeMode = (typeof resizeModes)[number];

/**
 * Every {@link ColorOrder}.
 *
 * @example
 * ```ts
 * import { type ColorOrder, colorOrders } from "masklet";
 *
 * const isColorOrder = (text: string) => colorOrders.includes(text as ColorOrder);
 * ```
 */
export const colorOrders = ["rgb", "bgr"] as const;

/** The order of the color channels in the network's input. */
export type ColorOrder = (typeof colorOrders)[number];

/**
 * How an image becomes the network's input. Each value is `(pixel * inputScale - mean) / std`, with
 * `pixel` in 0..255 and one `mean` and `std` per channel in `colorOrder`.
 */
export interface Preprocessing {
  /** Width of the network's input in pixels. */
  readonly width: number;
  /** Height of the network's input in pixels. */
  readonly height: number;
  /** How the image is fitted into the input. */
  readonly resizeMode: ResizeMode;
  /** Order of the channels in the input. */
  readonly colorOrder: ColorOrder;
  /** Factor of the pixel values, finite and not 0; often 1 / 255. */
  readonly inputScale: number;
  /** Subtracted after scaling, one finite number per channel. */
  readonly mean: readonly [number, number, number];
  /** Divides the difference, one finite number per channel, not 0. */
  readonly std: readonly [number, number, number];
  /**
   * Level of the padding before normalization, 0..255: one number for all channels, or one per
   * channel in `colorOrder`.
   */
  readonly fill: number | readonly [number, number, number];
  /**
   * Size of the image inside the input, in pixels. Undefined means the largest size that
   * `resizeMode` allows. `stretch` does not allow it.
   */
  readonly content?: Size;
}

/**
 * How the size of the network's input depends on the image.
 *
 * - `fixed`: all images share one size.
 * - `source`: the input has the size of the image, and the network resizes inside.
 * - `short-side`: the image keeps its aspect ratio. Its shorter side becomes `shortSide`, or less
 *   to keep the longer side within `longSide`. Padding on the right and at the bottom then extends
 *   the input to multiples of `multiple`.
 */
export type InputSizing =
  | { readonly rule: "fixed" }
  | { readonly rule: "source" }
  | {
      readonly rule: "short-side";
      /** Length of the shorter side, in pixels. */
      readonly shortSide: number;
      /** Maximum length of the longer side, in pixels. */
      readonly longSide: number;
      /** Both sides of the input are multiples of this number of pixels. */
      readonly multiple: number;
      /**
       * How the resized sides are rounded: to the nearest integer, or down.
       * @defaultValue `"half-up"`
       */
      readonly rounding?: "half-up" | "down";
    };

/** Leaves the levels 0..255 unchanged, for a network that normalizes its uint8 input itself. */
export const identityScaling = { inputScale: 1, mean: [0, 0, 0], std: [1, 1, 1] } as const;

/** @throws MaskletError `badOption` for the first invalid value. */
export function checkPreprocessing({
  resizeMode,
  colorOrder,
  inputScale,
  mean,
  std,
  fill,
  content,
}: Preprocessing): void {
  if (!resizeModes.includes(resizeMode))
    throw badPreprocessing("resizeMode", resizeMode, oneOf(resizeModes));
  if (!colorOrders.includes(colorOrder))
    throw badPreprocessing("colorOrder", colorOrder, oneOf(colorOrders));
  if (!Number.isFinite(inputScale) || inputScale === 0)
    throw badPreprocessing("inputScale", inputScale, "a finite number other than 0");
  if (!isTriple(mean)) throw badPreprocessing("mean", String(mean), "three finite numbers");
  if (!isTriple(std) || std.includes(0))
    throw badPreprocessing("std", String(std), "three finite numbers other than 0");
  if (
    ![fill].flat().every((level) => level >= 0 && level <= 255) ||
    (Array.isArray(fill) && fill.length !== 3)
  ) {
    throw badPreprocessing("fill", String(fill), "a number from 0 to 255, or three of them");
  }
  if (content !== undefined)
    throw badPreprocessing(
      "content",
      `${content.width} x ${content.height}`,
      "undefined (each image determines it)",
    );
}

/** `preprocessing` must not change the sides of the input. Repeating the real ones is harmless. */
export function refuseSides(asked: Partial<Preprocessing> | undefined, real: Size): void {
  for (const name of ["width", "height"] as const) {
    const value = asked?.[name];
    if (value !== undefined && value !== real[name])
      throw badPreprocessing(name, value, `${real[name]} (inputSize changes it)`);
  }
}

function isTriple(values: readonly number[]): boolean {
  return Array.isArray(values) && values.length === 3 && values.every(Number.isFinite);
}

function oneOf(names: readonly string[]): string {
  return `one of ${names.join(", ")}`;
}

function badPreprocessing(name: string, value: string | number, allowed: string): MaskletError {
  return new MaskletError(
    "badOption",
    "load",
    `preprocessing.${name} is ${value}; it must be ${allowed}`,
    { value },
  );
}
