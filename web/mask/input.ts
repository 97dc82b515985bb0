import { MaskletError } from "../base/errors.js";
import type { PolygonRing, Rect } from "../base/geometry.js";
import type { PolygonColumns } from "../core/mask_operations.js";

/** Size of a source in pixels. */
export interface SourceSize {
  readonly width: number;
  readonly height: number;
}

/** COCO RLE of either kind: a compressed string, or plain counts. */
export interface RleInput {
  /** Height and width of the source in pixels, in this order. */
  readonly size: readonly number[];
  /** The run lengths, column by column: a compressed string or plain numbers. */
  readonly counts: string | ArrayLike<number>;
}

/** The corners of a ring, x0, y0, x1, y1, … in source pixels. The ring closes itself. */
export type RingInput = ArrayLike<number> | Pick<PolygonRing, "points">;

/** Throws `badSize` unless all numbers are integers and the crop lies within the source. */
export function checkCrop(
  { x, y, width, height }: Rect,
  sourceWidth: number,
  sourceHeight: number,
): void {
  for (const side of [x, y, width, height, sourceWidth, sourceHeight]) {
    if (!Number.isInteger(side) || side < 0)
      throw sizeError(`${side} is not an integer; all sides must be whole pixels`, side);
  }
  const crop = `a crop of ${width} x ${height} at (${x}, ${y})`;
  const source = `the source of ${sourceWidth} x ${sourceHeight}`;
  if (x + width > sourceWidth || y + height > sourceHeight)
    throw sizeError(`${crop} exceeds ${source}`, x + width);
}

export function sizeError(message: string, value: number): MaskletError {
  return new MaskletError("badSize", "mask-operation", message, { value });
}

export function lengthError(what: string, length: number, needed: number): MaskletError {
  const message = `${what} has ${length} values; it must have ${needed}`;
  return new MaskletError("bufferTooSmall", "mask-operation", message, { value: length });
}

/** Joins rings into columns. Throws `badArgument` for an odd number of coordinates. */
export function ringColumns(rings: readonly RingInput[]): PolygonColumns {
  const lists = rings.map((ring) => ("points" in ring ? ring.points : ring));
  const offsets = new Uint32Array(lists.length + 1);
  for (const [index, list] of lists.entries()) {
    if (list.length % 2 !== 0) {
      const message = `ring ${index} has ${list.length} coordinates; the number must be even`;
      throw new MaskletError("badArgument", "mask-operation", message, { value: list.length });
    }
    offsets[index + 1] = offsets[index]! + list.length / 2;
  }
  const points = new Float64Array(offsets[lists.length]! * 2);
  for (const [index, list] of lists.entries()) points.set(list, offsets[index]! * 2);
  return { points, offsets };
}
