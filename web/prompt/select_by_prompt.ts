import type { MaskletError } from "../base/errors.js";
import type { Box } from "../base/geometry.js";
import { checkNames, type OptionNames, optionError } from "../base/options.js";
import type { Mask } from "../mask/mask.js";
import { forEachSpan } from "../mask/runs.js";
import type { PromptPoint } from "./types.js";

/** A prompt for {@link selectByPrompt}: points, a box or both, in source pixels. */
export interface SelectionPrompt {
  /** Points on the objects (`foreground`) or outside them (`background`). */
  readonly points?: readonly PromptPoint[];
  /** A box around one object. */
  readonly box?: Box;
}

const promptNames = { points: true, box: true } satisfies OptionNames<SelectionPrompt>;

/**
 * Selects among existing instances by a prompt, as FastSAM does. The box selects the instance whose
 * mask has the maximum IoU with it. Foreground points select every instance that covers one of
 * them. Background points drop every instance that covers one of them. Background points alone
 * select all other instances.
 *
 * Algorithm: `box_prompt` of FastSAM's `FastSAMPrompt`, and `prompt` of Ultralytics'
 * `FastSAMPredictor` (`FastSAMPrompt.point_prompt` would paint the instances into one mask). Two
 * differences: a background point also drops the instance of the box, and the order of the points
 * does not matter.
 *
 * @returns the selected instances, in their order; empty if the box does not touch a mask
 * @throws MaskletError `badOption`, stage `masks`: neither box nor points, a box without pixels, or
 *   numbers that are not finite
 *
 * @example
 * ```ts
 * import { Segmenter, selectByPrompt } from "masklet";
 *
 * using segmenter = await Segmenter.create();
 * const { instances } = await segmenter.segment("photo.jpg");
 * const points = [{ x: 320, y: 240, label: "foreground" }] as const;
 * for (const { label } of selectByPrompt(instances, { points })) console.log(label);
 * ```
 */
export function selectByPrompt<T extends { readonly mask: Mask }>(
  instances: readonly T[],
  prompt: SelectionPrompt,
): T[] {
  checkNames("masks", prompt, promptNames);
  const { box, points = [] } = prompt;
  if (!box && points.length === 0) throw badPrompt("prompt", "empty", "points, a box or both");
  points.forEach(checkPoint);
  const foreground = points.filter(({ label }) => label === "foreground");
  const background = points.filter(({ label }) => label === "background");
  const best = box ? bestOfBox(instances, box) : undefined;
  const covers = (mask: Mask) => (point: PromptPoint) => mask.contains(point.x, point.y);
  const onlyBackground = !box && foreground.length === 0;
  return instances.filter((instance) => {
    const isChosen = onlyBackground || instance === best || foreground.some(covers(instance.mask));
    return isChosen && !background.some(covers(instance.mask));
  });
}

/** The first instance with the maximum IoU; undefined if all masks miss the box. */
function bestOfBox<T extends { readonly mask: Mask }>(
  instances: readonly T[],
  box: Box,
): T | undefined {
  let best: T | undefined;
  let bestIou = 0;
  for (const instance of instances) {
    const { mask } = instance;
    const pixels = wholePixels(box, mask);
    const area = (pixels.x2 - pixels.x1) * (pixels.y2 - pixels.y1);
    const shared = pixelsInside(mask, pixels);
    const iou = shared / (area + mask.area - shared);
    if (iou > bestIou) [best, bestIou] = [instance, iou];
  }
  return best;
}

/** Rounds the corners to whole pixels and clips them to the image. */
function wholePixels({ x1, y1, x2, y2 }: Box, { sourceWidth, sourceHeight }: Mask): Box {
  const cut = (value: number, side: number) => Math.min(Math.max(Math.round(value), 0), side);
  const box = {
    x1: cut(x1, sourceWidth),
    y1: cut(y1, sourceHeight),
    x2: cut(x2, sourceWidth),
    y2: cut(y2, sourceHeight),
  };
  // Negated comparisons also refuse NaN.
  if (!(box.x2 > box.x1) || !(box.y2 > box.y1))
    throw badPrompt("box", `${x1}, ${y1}, ${x2}, ${y2}`, "a box with pixels of the image");
  return box;
}

function pixelsInside({ x, y, width, runs }: Mask, box: Box): number {
  let count = 0;
  forEachSpan(runs, width, (row, begin, end) => {
    if (y + row < box.y1 || y + row >= box.y2) return;
    count += Math.max(0, Math.min(x + end, box.x2) - Math.max(x + begin, box.x1));
  });
  return count;
}

function checkPoint({ x, y, label }: PromptPoint, index: number): void {
  if (!Number.isFinite(x) || !Number.isFinite(y))
    throw badPrompt(`points[${index}]`, `${x}, ${y}`, "finite numbers");
  if (label !== "foreground" && label !== "background")
    throw badPrompt(`points[${index}].label`, label, "'foreground' or 'background'");
}

function badPrompt(name: string, value: string, rule: string): MaskletError {
  return optionError("masks", name, value, rule);
}
