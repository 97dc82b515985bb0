// Crops of an image, and the grid of points of an automatic mask generator (algorithm and constants
// of segment_anything.utils.amg).
import type { Box, Rect, Size } from "../base/geometry.js";
import type { RgbaImage } from "../base/image.js";
import { Mask } from "../mask/mask.js";

/** A part of the image that is segmented separately. */
export interface Crop extends Rect {
  /** The layer; 0 is the whole image. */
  readonly layer: number;
}

/** Overlap of crops as a fraction of the shorter side, for a layer of one crop. */
const overlapRatio = 512 / 1500;

/** A mask that ends within this distance of its crop's edge, in pixels, counts as cut off. */
const edgeTolerance = 20;

/** The cell centers of a regular grid with `perSide` points along each side, row by row. */
export function pointGrid(perSide: number, { width, height }: Size): { x: number; y: number }[] {
  const at = (i: number) => (i + 0.5) / perSide;
  return Array.from({ length: perSide * perSide }, (_, i) => ({
    x: at(i % perSide) * width,
    y: at(Math.floor(i / perSide)) * height,
  }));
}

/** Number of points along each side of a crop: half as many as in the previous layer. */
export function gridSizeOf(layer: number, gridSize: number): number {
  return Math.max(1, Math.floor(gridSize / 2 ** layer));
}

/** The whole image, then 4^n overlapping crops per layer n. Empty crops are omitted. */
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

/** Copies the pixels of a crop. */
export function cutOutCrop({ width, data }: RgbaImage, crop: Rect): RgbaImage {
  const out = new Uint8ClampedArray(crop.width * crop.height * 4);
  for (let row = 0; row < crop.height; ++row) {
    const from = ((crop.y + row) * width + crop.x) * 4;
    out.set(data.subarray(from, from + crop.width * 4), row * crop.width * 4);
  }
  return { width: crop.width, height: crop.height, data: out };
}

/** Converts a candidate of a crop to pixels of the whole image. */
export function moveToWhole<T extends { readonly mask: Mask; readonly box: Box }>(
  found: T,
  { x, y, layer }: Crop,
  { width, height }: Size,
): T {
  if (layer === 0) return found;
  const { mask, box } = found;
  const place = { x: mask.x + x, y: mask.y + y, sourceWidth: width, sourceHeight: height };
  return {
    ...found,
    mask: Mask.from({ ...mask, ...place }),
    box: { x1: box.x1 + x, y1: box.y1 + y, x2: box.x2 + x, y2: box.y2 + y },
  };
}

/** Whether a box ends at an edge of its crop that is not an edge of the image. */
export function isCutOff({ x1, y1, x2, y2 }: Box, crop: Rect, whole: Size): boolean {
  const ends: [side: number, ofCrop: number, ofImage: number][] = [
    [x1, crop.x, 0],
    [y1, crop.y, 0],
    [x2, crop.x + crop.width, whole.width],
    [y2, crop.y + crop.height, whole.height],
  ];
  return ends.some(
    ([side, ofCrop, ofImage]) =>
      Math.abs(side - ofCrop) <= edgeTolerance && Math.abs(side - ofImage) > edgeTolerance,
  );
}
