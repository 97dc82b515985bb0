// Removes duplicates among candidates for the same object.

import type { Box } from "../base/geometry.js";
import type { Core } from "../core/core.js";
import type { Mask } from "./mask.js";

/**
 * Indices of the candidates that stay, best rating first. If the IoU of two boxes is above the
 * threshold, only the better one stays.
 */
export function suppressBoxes(
  boxes: readonly Box[],
  ratings: readonly number[],
  threshold: number,
): number[] {
  return suppress(ratings, (kept, index) => boxIou(boxes[kept]!, boxes[index]!) > threshold);
}

/** The input of mask suppression. */
export interface RatedMask {
  readonly mask: Mask;
  readonly box: Box;
  /** Higher is better. */
  readonly predictedIou: number;
}

/** As {@link suppressBoxes}, with the IoU of the masks. */
export function suppressMasks(
  core: Core,
  candidates: readonly RatedMask[],
  threshold: number,
): number[] {
  const ratings = candidates.map(({ predictedIou }) => predictedIou);
  const masks = candidates.map(({ mask }) => mask);
  const ious = core.masks.iouMatrix(masks, masks);
  return suppress(ratings, (kept, index) => ious[kept * masks.length + index]! > threshold);
}

/** Candidates with equal ratings keep their order. */
function suppress(
  ratings: readonly number[],
  overlaps: (kept: number, index: number) => boolean,
): number[] {
  const order = [...ratings.keys()].sort((a, b) => ratings[b]! - ratings[a]!);
  const stay: number[] = [];
  for (const index of order) if (!stay.some((kept) => overlaps(kept, index))) stay.push(index);
  return stay;
}

/** Intersection over union; 0 for boxes without an area. */
export function boxIou(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  if (!(width > 0 && height > 0)) return 0;
  return (width * height) / (areaOf(a) + areaOf(b) - width * height);
}

function areaOf({ x1, y1, x2, y2 }: Box): number {
  return (x2 - x1) * (y2 - y1);
}
