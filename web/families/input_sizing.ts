import type { Size } from "../base/geometry.js";
import type { InputSizing, Preprocessing } from "../base/preprocessing.js";

/** Every image at one size. */
export const fixedSizing: InputSizing = { rule: "fixed" };

/**
 * The preprocessing of an image of this size. `usual` is that of all images where the sizing is
 * `fixed`; under other rules its sides are replaced.
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
  // An image with a place of its own in the input is not stretched over it.
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
 * detectron2's ResizeShortestEdge: the shorter side gets its length, unless the longer one would
 * exceed its own.
 */
function shortSideContent(
  { shortSide, longSide, rounding }: ShortSide,
  { width, height }: Size,
): Size {
  const scale = Math.min(shortSide / Math.min(width, height), longSide / Math.max(width, height));
  // 800 / 480 * 480 can come out as 799.9999999999999, which must not become 799.
  const round = (side: number) =>
    Math.max(1, Math.floor(side * scale + (rounding === "down" ? 1e-9 : 0.5)));
  return { width: round(width), height: round(height) };
}
