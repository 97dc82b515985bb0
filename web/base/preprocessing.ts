import type { MaskletError } from "./errors.js";
import type { Size } from "./geometry.js";
import { type OptionNames, oneOf, optionError } from "./options.js";

export const resizeModes = ["letterbox-center", "letterbox-top-left", "stretch"] as const;

/**
 * How an image is fitted into the network's input; the order is that of `ResizeMode` in
 * `src/core/letterbox.h`.
 */
export type ResizeMode = (typeof resizeModes)[number];

export const colorOrders = ["rgb", "bgr"] as const;

export type ColorOrder = (typeof colorOrders)[number];

/**
 * What is done to an image before the network sees it: value = (pixel * inputScale - mean) / std,
 * per channel in `colorOrder`.
 */
export interface Preprocessing {
  readonly width: number;
  readonly height: number;
  readonly resizeMode: ResizeMode;
  readonly colorOrder: ColorOrder;
  readonly inputScale: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /**
   * Level of the padding, 0..255, before normalization: one for all channels, or one each in
   * `colorOrder`.
   */
  readonly fill: number | readonly [number, number, number];
  /**
   * Size of the image inside the input, where it is not the largest that `resizeMode` could make of
   * it; never with `stretch`.
   */
  readonly content?: Size;
}

export const preprocessingNames = {
  width: true,
  height: true,
  resizeMode: true,
  colorOrder: true,
  inputScale: true,
  mean: true,
  std: true,
  fill: true,
  content: true,
} satisfies OptionNames<Preprocessing>;

/**
 * How the input size follows from the image. `fixed`: one size for all images. `source`: the
 * image's own size (networks that resize inside). `short-side`: the shorter side becomes
 * `shortSide` unless the longer would then exceed `longSide`, the aspect ratio stays; then padding
 * on the right and below up to multiples of `multiple`.
 */
export type InputSizing =
  | { readonly rule: "fixed" }
  | { readonly rule: "source" }
  | {
      readonly rule: "short-side";
      readonly shortSide: number;
      readonly longSide: number;
      readonly multiple: number;
      /** Of the resized sides: to the nearest (the default) or down. */
      readonly rounding?: "half-up" | "down";
    };

/**
 * Levels 0..255 as they are: what a network with a uint8 input wants, whose normalization is in the
 * graph.
 */
export const identityScaling = { inputScale: 1, mean: [0, 0, 0], std: [1, 1, 1] } as const;

/** @throws MaskletError `badOption` naming what makes no sense. */
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
    throw badPreprocessing("fill", String(fill), "one level from 0 to 255, or three");
  }
  if (content !== undefined)
    throw badPreprocessing(
      "content",
      `${content.width} x ${content.height}`,
      "left out: it follows from each image",
    );
}

/** The sides of the input are set by `inputSize`; naming the real ones does no harm. */
export function refuseSides(asked: Partial<Preprocessing> | undefined, real: Size): void {
  for (const name of ["width", "height"] as const) {
    const value = asked?.[name];
    if (value !== undefined && value !== real[name])
      throw badPreprocessing(name, value, `${real[name]}; inputSize sets it`);
  }
}

function isTriple(values: readonly number[]): boolean {
  return Array.isArray(values) && values.length === 3 && values.every(Number.isFinite);
}

function badPreprocessing(name: string, value: string | number, rule: string): MaskletError {
  return optionError("load", `preprocessing.${name}`, value, rule);
}
