import type { CocoRle, PolygonRing, Rect } from "../base/geometry.js";
import { signed, unsigned } from "./arguments.js";
import type { CoreInstance, MaskHandle } from "./instance.js";

/** A mask as it crosses the boundary: a crop in source pixels and its runs (see `Mask`). */
export interface RunMask extends Rect {
  readonly runs: Uint32Array;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Rings one after another: x, y pairs in source pixels, and rings + 1 offsets in points. */
export interface PolygonColumns {
  readonly points: Float64Array;
  readonly offsets: Uint32Array;
}

/** COCO counts of either form: a compressed string or plain numbers. */
export type CocoCounts = string | ArrayLike<number>;

/** The numbers of `MergeOp` in `src/mask/rle.h`. */
export const mergeOps = { unite: 0, intersect: 1, subtract: 2, exclude: 3 } as const;
export type MergeOp = keyof typeof mergeOps;

const stage = "mask-operation";

/**
 * The mask operations of the C++ core. Each one checks its masks (`badSize`, `badRuns`) and may
 * fail with `outOfMemory`.
 * @throws MaskletError with stage `mask-operation`
 */
export class MaskOperations {
  readonly #run: <T>(work: (instance: CoreInstance) => T) => T;

  /** @internal */
  constructor(run: <T>(work: (instance: CoreInstance) => T) => T) {
    this.#run = run;
  }

  /** Compressed COCO RLE over an image of `size`, byte for byte as pycocotools. */
  cocoRle(mask: RunMask, size: Size): CocoRle {
    return this.#run(({ masks }) => {
      writeMasks(masks, [mask]);
      masks.check(masks.bound.cocoRle(...sides(size)), stage);
      return { size: [size.height, size.width], counts: masks.readText("text") };
    });
  }

  /**
   * The mask of COCO counts, cropped to its object. Fails with `badRleString`, `badRuns`,
   * `badSize`.
   */
  fromCocoRle(counts: CocoCounts, size: Size): RunMask {
    return this.#run(({ masks }) => {
      if (typeof counts === "string") {
        const text = asciiBytes(counts);
        masks.check(masks.bound.reserveText(text.length), stage);
        masks.write("text", text);
        masks.check(masks.bound.maskFromCocoRle(...sides(size)), stage);
      } else {
        const numbers = Uint32Array.from(counts, (count) => unsigned(count, "a count", stage));
        masks.check(masks.bound.reserveCounts(numbers.length), stage);
        masks.write("counts", numbers);
        masks.check(masks.bound.maskFromCocoCounts(...sides(size)), stage);
      }
      return readResult(masks);
    });
  }

  /**
   * The mask of polygons, cropped to its object. `evenOdd` takes the pixels whose center is inside;
   * a ring inside another is a hole. `coco` takes the union of the rings, as pycocotools does.
   * Fails with `badArgument`, `badSize`.
   */
  fromPolygons({ points, offsets }: PolygonColumns, size: Size, rule: "evenOdd" | "coco"): RunMask {
    return this.#run(({ masks }) => {
      masks.check(masks.bound.reservePolygons(points.length / 2, offsets.length - 1), stage);
      masks.write("polygonPoints", points);
      masks.write("polygonOffsets", offsets);
      masks.check(masks.bound.maskFromPolygons(...sides(size), rule === "coco"), stage);
      return readResult(masks);
    });
  }

  /**
   * The outline as rings that enclose exactly the object's pixels, simplified by at most
   * `tolerance` px. Fails with `badArgument`.
   */
  polygons(mask: RunMask, tolerance: number, minArea: number): PolygonRing[] {
    return this.#run(({ masks }) => {
      writeMasks(masks, [mask]);
      masks.check(masks.bound.polygons(tolerance, minArea), stage);
      return readRings(masks);
    });
  }

  /** The two masks combined, cropped to the result. */
  merge(a: RunMask, b: RunMask, op: MergeOp): RunMask {
    return this.#run(({ masks }) => {
      writeMasks(masks, [a, b]);
      masks.check(masks.bound.mergeMasks(mergeOps[op]), stage);
      return readResult(masks);
    });
  }

  /**
   * The mask without small regions, cropped. Background parts below `minArea` pixels become object.
   * Then object parts below it are dropped, but never the largest one. Parts that touch at a corner
   * count as one. Fails with `badSize`.
   */
  removeSmallRegions(
    mask: RunMask & { readonly sourceWidth: number; readonly sourceHeight: number },
    minArea: number,
  ): RunMask {
    const size = { width: mask.sourceWidth, height: mask.sourceHeight };
    const limit = unsigned(Math.ceil(minArea), "minArea", stage);
    return this.#run(({ masks }) => {
      writeMasks(masks, [mask]);
      masks.check(masks.bound.removeSmallRegions(...sides(size), limit), stage);
      return readResult(masks);
    });
  }

  /** Number of pixels in both masks. */
  intersectionArea(a: RunMask, b: RunMask): number {
    return this.#run(({ masks }) => {
      writeMasks(masks, [a, b]);
      masks.check(masks.bound.intersectMasks(), stage);
      return masks.read("sharedArea")[0]!;
    });
  }

  /**
   * IoU of each mask of `rows` with each mask of `columns`, row by row, in one call of the core. If
   * `crowds` of a column is not 0, the intersection over the area of the row's mask (COCO's measure
   * against a crowd).
   */
  iouMatrix(
    rows: readonly RunMask[],
    columns: readonly RunMask[],
    crowds?: Uint8Array,
  ): Float64Array {
    return this.#run(({ masks }) => {
      const same = rows === columns;
      writeMasks(masks, same ? rows : [...rows, ...columns]);
      if (crowds) masks.write("crowds", new Uint8Array(same ? 0 : rows.length), crowds);
      masks.check(masks.bound.iouMatrix(rows.length, same ? 0 : rows.length), stage);
      return masks.read("ious");
    });
  }
}

function sides({ width, height }: Size): [number, number] {
  return [signed(width, "the image's width", stage), signed(height, "the image's height", stage)];
}

/**
 * One byte per character. A character outside ASCII becomes a byte that is invalid in a COCO
 * string, so that the core reports its position.
 */
function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; ++k) bytes[k] = Math.min(text.charCodeAt(k), 0xff);
  return bytes;
}

/** Writes the masks as operands, in order. */
function writeMasks(handle: MaskHandle, operands: readonly RunMask[]): void {
  const rects = new Int32Array(operands.length * 4);
  const offsets = new Uint32Array(operands.length + 1);
  for (const [k, { x, y, width, height, runs }] of operands.entries()) {
    rects[4 * k] = signed(x, "the mask's x", stage);
    rects[4 * k + 1] = signed(y, "the mask's y", stage);
    rects[4 * k + 2] = signed(width, "the mask's width", stage);
    rects[4 * k + 3] = signed(height, "the mask's height", stage);
    offsets[k + 1] = offsets[k]! + runs.length;
  }
  handle.check(handle.bound.reserveMasks(operands.length, offsets[operands.length]!), stage);
  handle.write("rects", rects);
  handle.write("runOffsets", offsets);
  handle.write("runs", ...operands.map(({ runs }) => runs));
}

function readResult(handle: MaskHandle): RunMask {
  const [x, y, width, height] = handle.read("resultRect");
  return { x: x!, y: y!, width: width!, height: height!, runs: handle.read("resultRuns") };
}

function readRings(handle: MaskHandle): PolygonRing[] {
  const points = handle.read("ringPoints");
  const offsets = handle.read("ringOffsets");
  return Array.from(handle.read("ringParents"), (parent, ring) => ({
    points: points.slice(offsets[ring]! * 2, offsets[ring + 1]! * 2),
    isHole: parent >= 0,
    parent,
  }));
}
