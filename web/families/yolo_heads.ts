import type { Size } from "../base/geometry.js";
import type { ModelFamily } from "./family.js";

/** The training preprocessing of Ultralytics' networks, YOLOv5 and v7. */
export const yoloPreprocessing: ModelFamily["preprocessing"] = {
  resizeMode: "letterbox-center",
  colorOrder: "rgb",
  inputScale: 1 / 255,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  fill: 114,
};

/**
 * Strides of the levels of YOLO heads: the usual three, these and a coarser one (P6), these and a
 * finer one (P2), and these without the finest (tiny).
 */
const pyramids = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [4, 8, 16, 32],
  [16, 32],
];

/** Maximum number of final rows. End-to-end heads have a few hundred; anchors are thousands. */
export const maxFinalRows = 1000;

/** The number of cells of all levels, for an input of this size. */
export function cellCount({ width, height }: Size, strides: readonly number[]): number {
  return strides.reduce(
    (sum, stride) => sum + Math.floor(width / stride) * Math.floor(height / stride),
    0,
  );
}

/**
 * Rows per cell of a head, derived from its number of rows: 1 without anchor boxes (YOLOv8 and
 * later, YOLOX), 3 with them (YOLOv5, v7). The two never coincide. Undefined for any other or open
 * number of rows, and for an open input size.
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
