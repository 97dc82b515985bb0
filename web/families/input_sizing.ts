import type { Size } from "../base/geometry.js";
import type { InputSizing, Preprocessing } from "../base/preprocessing.js";

/** All images share one input size. */
export const fixedSizing: InputSizing = { rule: "fixed" };

/**
 * The preprocessing of an image of this size. With `fixed` sizing it is `usual`; other rules
 * replace the sides of `usual`.
 */
export function preprocessingFor(
  sizing: InputSizing,
  source: Size,
  usual: Preprocessing,
): Preprocessing {
  if (sizing.rule === "fixed") return usual;
  if (sizing.rule === "source") return { ...usual, width: source.width, height: source.height };
  const content = shortSideContent(sizing, source);
  const padded = (side: number) => Math.ceil(side / sizing.multiple) * sizing.multiple;
  // An image that fills only a part of the input must not be stretched over it.
  const resizeMode = usual.resizeMode === "stretch" ? "letterbox-top-left" : usual.resizeMode;
  return {
    ...usual,
    resizeMode,
    width: padded(content.width),
    height: padded(content.height),
    content,
  };
}

type ShortSide = Extract<InputSizing, { rule: "short-side" }>;

/**
 * The rule of detectron2's ResizeShortestEdge. The shorter side gets its target length, or less to
 * keep the longer side within its limit.
 */
function shortSideContent(
  { shortSide, longSide, rounding }: ShortSide,
  { width, height }: Size,
): Size {
  const scale = Math.min(shortSide / Math.min(width, height), longSide / Math.max(width, height));
  // 800 / 480 * 480 may evaluate to 799.9999999999999, which must not become 799.
  const round = (side: number) =>
    Math.max(1, Math.floor(side * scale + (rounding === "down" ? 1e-9 : 0.5)));
  return { width: round(width), height: round(height) };
}
