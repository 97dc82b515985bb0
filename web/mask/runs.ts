import type { Rect } from "../base/geometry.js";

/**
 * Run lengths over a crop, row by row. Background and object alternate, background first. Only the
 * first run may be 0. The runs add up to width * height.
 */
export type Runs = Uint32Array;

/** Number of object pixels. */
export function areaOfRuns(runs: Runs): number {
  let area = 0;
  for (let i = 1; i < runs.length; i += 2) area += runs[i]!;
  return area;
}

/** What is wrong with the runs of a crop of `pixels` pixels; undefined if they are valid. */
export function faultOfRuns(
  runs: Runs,
  pixels: number,
): { message: string; value: number } | undefined {
  let sum = 0;
  for (let i = 0; i < runs.length; ++i) {
    if (runs[i] === 0 && i > 0)
      return { message: `run ${i} is 0; only the first may be`, value: i };
    sum += runs[i]!;
  }
  if (sum !== pixels)
    return { message: `the runs add up to ${sum}; the crop has ${pixels} pixels`, value: sum };
  if (pixels === 0 && runs.length > 0)
    return { message: "an empty crop must not have runs", value: runs.length };
  return undefined;
}

/**
 * Calls `visit` for each stretch of object pixels, in reading order. A stretch may continue in the
 * next row.
 */
export function forEachStretch(runs: Runs, visit: (begin: number, end: number) => void): void {
  let position = 0;
  for (let i = 0; i + 1 < runs.length; i += 2) {
    const begin = position + runs[i]!;
    position = begin + runs[i + 1]!;
    visit(begin, position);
  }
}

/**
 * Calls `visit` for the object pixels [begin, end) of each row y of a crop of `width`, split at row
 * ends.
 */
export function forEachSpan(
  runs: Runs,
  width: number,
  visit: (y: number, begin: number, end: number) => void,
): void {
  forEachStretch(runs, (begin, end) => {
    let y = Math.floor(begin / width);
    let x = begin - y * width;
    for (let left = end - begin; left > 0; y += 1, x = 0) {
      const length = Math.min(left, width - x);
      visit(y, x, x + length);
      left -= length;
    }
  });
}

/** Whether pixel `index` of the crop, in reading order, belongs to the object. */
export function runsContain(runs: Runs, index: number): boolean {
  let end = 0;
  for (let i = 0; i < runs.length; ++i) {
    end += runs[i]!;
    if (index < end) return i % 2 === 1;
  }
  return false;
}

/** The tight rectangle around the object, relative to the crop; all 0 without object pixels. */
export function boundsOfRuns(runs: Runs, width: number): Rect {
  let [left, top, right, bottom] = [width, Number.POSITIVE_INFINITY, 0, 0];
  forEachSpan(runs, width, (y, begin, end) => {
    left = Math.min(left, begin);
    right = Math.max(right, end);
    top = Math.min(top, y);
    bottom = y + 1;
  });
  return bottom === 0
    ? { x: 0, y: 0, width: 0, height: 0 }
    : { x: left, y: top, width: right - left, height: bottom - top };
}

/** The runs of the nonzero values in `crop`, from rows of `stride` values. */
export function runsOfBytes(bytes: ArrayLike<number>, stride: number, crop: Rect): Runs {
  const runs: number[] = [];
  let length = 0;
  let inside = false;
  for (let y = crop.y; y < crop.y + crop.height; ++y) {
    for (let at = y * stride + crop.x, end = at + crop.width; at < end; ++at) {
      if ((bytes[at] !== 0) === inside) {
        length += 1;
      } else {
        runs.push(length);
        length = 1;
        inside = !inside;
      }
    }
  }
  if (length > 0) runs.push(length);
  return Uint32Array.from(runs);
}
