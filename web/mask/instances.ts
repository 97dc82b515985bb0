import type { Box, Size } from "../base/geometry.js";
import type { InstanceColumns } from "../core/core.js";
import { Mask } from "./mask.js";

/** One object of an image. */
export interface Instance {
  /** Name of its class; `class 7` if the class has no name. */
  readonly label: string;
  /** Index of its class, from 0. */
  readonly classId: number;
  /** Confidence of the model, 0..1. */
  readonly score: number;
  /** The model's box, in source pixels. It need not be tight around the mask. */
  readonly box: Box;
  /** The pixels of the object. */
  readonly mask: Mask;
}

/** The objects of one image and its size in pixels, for example a `SegmentResult`. */
export interface FoundInstances extends Size {
  /** The objects, best score first. */
  readonly instances: readonly Instance[];
}

/** Turns the columns of one image into objects. */
export function toInstances(
  columns: InstanceColumns,
  source: Size,
  labels: readonly string[],
): Instance[] {
  return Array.from({ length: columns.count }, (_, i) => toInstance(columns, i, source, labels));
}

function toInstance(
  columns: InstanceColumns,
  i: number,
  source: Size,
  labels: readonly string[],
): Instance {
  const classId = columns.classIds[i]!;
  const { box, mask } = rowOf(columns, i, source);
  return {
    label: labels[classId] ?? `class ${classId}`,
    classId,
    score: columns.scores[i]!,
    box,
    mask,
  };
}

/**
 * Box and mask of one row. Each mask owns its arrays, so that it can be transferred alone and does
 * not keep the whole image's columns in memory.
 */
export function rowOf(
  columns: InstanceColumns,
  i: number,
  source: Size,
): Pick<Instance, "box" | "mask"> {
  const [x1, y1, x2, y2] = columns.boxes.subarray(i * 4, i * 4 + 4) as unknown as [
    number,
    number,
    number,
    number,
  ];
  const [x, y, width, height] = columns.rects.subarray(i * 4, i * 4 + 4) as unknown as [
    number,
    number,
    number,
    number,
  ];
  const runs = columns.runs.slice(columns.runOffsets[i]!, columns.runOffsets[i + 1]!);
  const { coverage, coverageOffsets } = columns;
  const soft =
    coverage && coverageOffsets
      ? { coverage: coverage.slice(coverageOffsets[i]!, coverageOffsets[i + 1]!) }
      : {};
  const size = { sourceWidth: source.width, sourceHeight: source.height };
  return {
    box: { x1, y1, x2, y2 },
    mask: Mask.from({ x, y, width, height, ...size, runs, area: columns.areas[i]!, ...soft }),
  };
}
