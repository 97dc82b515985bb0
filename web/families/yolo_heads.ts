import type { Size } from "../base/geometry.js";
import type { ModelFamily } from "./family.js";

/** What Ultralytics' networks, YOLOv5 and v7 were trained with. */
export const yoloPreprocessing: ModelFamily["preprocessing"] = {
  resizeMode: "letterbox-center",
  colorOrder: "rgb",
  inputScale: 1 / 255,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  fill: 114,
};

/**
 * Strides of the levels of YOLO heads: the usual three, with a coarser one (P6), with a finer one
 * (P2), and without the finest (tiny).
 */
const pyramids = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [4, 8, 16, 32],
  [16, 32],
];

/** End-to-end heads give at most a few hundred rows; thousands of rows are anchors. */
export const maxFinalRows = 1000;

/** Cells of all levels of an input of this size. */
export function cellCount({ width, height }: Size, strides: readonly number[]): number {
  return strides.reduce(
    (sum, stride) => sum + Math.floor(width / stride) * Math.floor(height / stride),
    0,
  );
}

/**
 * How many rows a head gives for each of its cells, from the number of its rows: 1 without anchor
 * boxes (YOLOv8 and later, YOLOX), 3 with them (YOLOv5, v7). No number of rows is both. Undefined
 * for any other number, an open one, or an open input size.
 */
export function rowsPerCell(
  rowCount: number | string | undefined,
  inputSize: Size | undefined,
): 1 | 3 | undefined {
  if (inputSize === undefined || typeof rowCount !== "number") return undefined;
  const cells = pyramids
    .map((strides) => cellCount(inputSize, strides))
    .filter((count) => count > 0);
  if (cells.includes(rowCount)) return 1;
  return cells.includes(rowCount / 3) ? 3 : undefined;
}
