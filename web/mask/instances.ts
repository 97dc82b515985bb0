import type { Box, Size } from "../base/geometry.js";
import type { InstanceColumns } from "../core/core.js";
import { Mask } from "./mask.js";

/** One object. */
export interface Instance {
  readonly label: string;
  readonly classId: number;
  /** 0..1. */
  readonly score: number;
  readonly box: Box;
  readonly mask: Mask;
}

/** The objects of one image; a `SegmentResult` is one. */
export interface FoundInstances extends Size {
  readonly instances: readonly Instance[];
}

/** The instances of one image as objects. */
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
 * Box and mask of one row. They own their arrays: an instance that is kept must not keep all others
 * of its image, and each mask can be transferred alone.
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
