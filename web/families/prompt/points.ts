// From prompts in source pixels to the points of a decoder. Coordinates are multiplied by the scale
// of the image along each axis, without a shift to pixel centers, as in the reference
// implementations.

import type { Box, Size } from "../../base/geometry.js";
import type { PromptModel, PromptRules } from "./family.js";

/**
 * A point in source pixels, on the object (`foreground`) or outside it (`background`).
 */
export interface PromptPoint {
  readonly x: number;
  readonly y: number;
  readonly label: "foreground" | "background";
}

/** A prompt for one object. */
export interface Prompt {
  readonly points: readonly PromptPoint[];
  readonly box?: Box | undefined;
}

/** The placement of one image in the network's input. */
export interface PromptFrame {
  readonly source: Size;
  /** Size of the network's input, the space of the points. */
  readonly network: Size;
  /** The part of the input that the image fills, from the top left corner. */
  readonly content: Size;
}

/** Coordinates and labels of several prompts with the same number of points. */
export interface PointColumns {
  /** Number of points per prompt, corners and padding included. */
  readonly count: number;
  /** x, y of each point, prompt by prompt, in network pixels. */
  readonly coords: number[];
  readonly labels: number[];
}

const padding = { x: 0, y: 0, label: -1 };

/**
 * The placement of an image of this size in the network's input. It reads `width` and `height` one
 * by one, because those of an ImageData cannot be spread.
 */
export function frameImage(
  { rules, network }: Pick<PromptModel, "rules" | "network">,
  { width, height }: Size,
): PromptFrame {
  const source = { width, height };
  const net = network ?? source;
  return {
    source,
    network: net,
    content: rules.fit === "longest-side" ? longestSide(source, net) : net,
  };
}

/**
 * The size of an image after its longer side became the network's, rounded half up, minimum 1
 * (`ResizeLongestSide.get_preprocess_shape`).
 */
function longestSide({ width, height }: Size, network: Size): Size {
  const scale = Math.min(network.width / width, network.height / height);
  const side = (length: number) => Math.max(1, Math.floor(length * scale + 0.5));
  return { width: side(width), height: side(height) };
}

/** A box as x1, y1, x2, y2 in network pixels. */
export function boxToNetwork({ x1, y1, x2, y2 }: Box, { source, content }: PromptFrame): number[] {
  const [scaleX, scaleY] = [content.width / source.width, content.height / source.height];
  return [x1 * scaleX, y1 * scaleY, x2 * scaleX, y2 * scaleY];
}

/**
 * The points of several prompts. Padding points extend shorter lists.
 * @param fixedCount the number of points, if the graph fixes it
 */
export function pointColumns(
  prompts: readonly Prompt[],
  rules: PromptRules,
  frame: PromptFrame,
  fixedCount?: number,
): PointColumns {
  const lists = prompts.map((prompt) => pointsOf(prompt, rules, frame));
  const count = fixedCount ?? Math.max(...lists.map(({ length }) => length));
  const [coords, labels]: [number[], number[]] = [[], []];
  for (const points of lists) {
    for (let i = 0; i < count; ++i) {
      const { x, y, label } =
        points[i] ?? (rules.fit === "inside" ? { x: -1, y: -1, label: -1 } : padding);
      coords.push(x, y);
      labels.push(label);
    }
  }
  return { count, coords, labels };
}

function pointsOf(
  { points, box }: Prompt,
  rules: PromptRules,
  frame: PromptFrame,
): (typeof padding)[] {
  const [scaleX, scaleY] = [
    frame.content.width / frame.source.width,
    frame.content.height / frame.source.height,
  ];
  const scaled = points.map(({ x, y, label }) => ({
    x: intoPixels(x, frame.source.width) * scaleX,
    y: intoPixels(y, frame.source.height) * scaleY,
    label: label === "foreground" ? 1 : 0,
  }));
  if (!box) return rules.padsWithoutBox ? [...scaled, padding] : scaled;
  if (rules.boxes === "input" || rules.boxes === "none") return scaled;
  const [x1, y1, x2, y2] = boxToNetwork(box, frame) as [number, number, number, number];
  const corners = [
    { x: x1, y: y1, label: 2 },
    { x: x2, y: y2, label: 3 },
  ];
  return rules.boxes === "corners-first" ? [...corners, ...scaled] : [...scaled, ...corners];
}

/**
 * Moves a point on the far edge of the image into the last pixel. The edge itself already belongs
 * to the padding.
 */
function intoPixels(coordinate: number, side: number): number {
  return coordinate < side ? coordinate : side - 0.5;
}
