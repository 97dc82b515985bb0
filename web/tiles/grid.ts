// Where an automatic mask generator points (facts of segment_anything.utils.amg).
import type { Rect, Size } from "../base/geometry.js";

/** A part of the image that is looked at on its own. */
export interface Crop extends Rect {
  /** 0 is the whole image. */
  readonly layer: number;
}

/** Overlap of crops in parts of the shorter side, were there as many as one. */
const overlapRatio = 512 / 1500;

/**
 * The points of a regular grid with `perSide` points along each side, row by row, in the middle of
 * their cells.
 */
export function pointGrid(perSide: number, { width, height }: Size): { x: number; y: number }[] {
  const at = (i: number) => (i + 0.5) / perSide;
  return Array.from({ length: perSide * perSide }, (_, i) => ({
    x: at(i % perSide) * width,
    y: at(Math.floor(i / perSide)) * height,
  }));
}

/** Points along each side of a crop of this layer: half as many as one layer up. */
export function gridSizeOf(layer: number, gridSize: number): number {
  return Math.max(1, Math.floor(gridSize / 2 ** layer));
}

/**
 * The whole image, then 4^n overlapping crops for each layer n. Crops without a pixel are left out.
 */
export function cropsOf({ width, height }: Size, layers: number): Crop[] {
  const crops: Crop[] = [{ x: 0, y: 0, width, height, layer: 0 }];
  for (let layer = 1; layer <= layers; ++layer) {
    const perSide = 2 ** layer;
    const overlap = Math.floor(overlapRatio * Math.min(width, height) * (2 / perSide));
    const columns = spans(width, perSide, overlap);
    const rows = spans(height, perSide, overlap);
    for (const [x, right] of columns) {
      for (const [y, bottom] of rows) {
        if (right > x && bottom > y)
          crops.push({ x, y, width: right - x, height: bottom - y, layer });
      }
    }
  }
  return crops;
}

function spans(side: number, count: number, overlap: number): [from: number, to: number][] {
  const length = Math.ceil((overlap * (count - 1) + side) / count);
  return Array.from({ length: count }, (_, i) => [
    (length - overlap) * i,
    Math.min((length - overlap) * i + length, side),
  ]);
}
