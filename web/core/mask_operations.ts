import type { CocoRle, PolygonRing, Rect } from "../base/geometry.js";
import { signed, unsigned } from "./arguments.js";
import type { CoreInstance } from "./instance.js";

/** A mask as it crosses the boundary: a crop in source pixels and its runs (see `Mask`). */
export interface RunMask extends Rect {
  readonly runs: Uint32Array;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Rings one after the other: x, y pairs in source pixels, and rings + 1 offsets in points. */
export interface PolygonColumns {
  readonly points: Float64Array;
  readonly offsets: Uint32Array;
}

/** COCO counts of any form: the compressed string, or plain numbers. */
export type CocoCounts = string | ArrayLike<number>;

/** The numbers of `MergeOp` in `src/mask/rle.h`. */
export const mergeOps = { unite: 0, intersect: 1, subtract: 2, exclude: 3 } as const;
export type MergeOp = keyof typeof mergeOps;

const stage = "mask-operation";

/**
 * What is done with masks in C++. Every operation checks its masks: `badSize`, `badRuns`; all may
 * fail with `outOfMemory`.
 * @throws MaskletError with stage `mask-operation`
 */
export class MaskOperations {
  readonly #run: <T>(work: (instance: CoreInstance) => T) => T;

  /** @internal */
  constructor(run: <T>(work: (instance: CoreInstance) => T) => T) {
    this.#run = run;
  }

  /** Compressed COCO RLE over an image of `size`, byte for byte that of pycocotools. */
  cocoRle(mask: RunMask, size: Size): CocoRle {
    return this.#run((instance) => {
      const { workspace, heap, check } = instance;
      writeMask(instance, 0, mask);
      check(workspace.cocoRle(...sides(size)), stage);
      const counts = heap.readText(workspace.textAddress(), workspace.textBytes());
      return { size: [size.height, size.width], counts };
    });
  }

  /**
   * The mask of COCO counts, cropped to its object. Fails with `badRleString`, `badRuns`,
   * `badSize`.
   */
  fromCocoRle(counts: CocoCounts, size: Size): RunMask {
    return this.#run((instance) => {
      const { workspace, heap, check } = instance;
      if (typeof counts === "string") {
        const text = asciiBytes(counts);
        check(workspace.reserveText(text.length), stage);
        heap.write(Uint8Array, workspace.textAddress(), text);
        check(workspace.maskFromCocoRle(...sides(size)), stage);
      } else {
        const numbers = Uint32Array.from(counts, (count) => unsigned(count, "a count", stage));
        check(workspace.reserveCounts(numbers.length), stage);
        heap.write(Uint32Array, workspace.countsAddress(), numbers);
        check(workspace.maskFromCocoCounts(...sides(size)), stage);
      }
      return readResult(instance);
    });
  }

  /**
   * The mask of polygons, cropped to its object. `evenOdd` takes the pixels whose center is inside,
   * rings within rings being holes; `coco` takes the union of the rings as pycocotools draws them.
   * Fails with `badArgument`, `badSize`.
   */
  fromPolygons({ points, offsets }: PolygonColumns, size: Size, rule: "evenOdd" | "coco"): RunMask {
    return this.#run((instance) => {
      const { workspace, heap, check } = instance;
      check(workspace.reservePolygons(points.length / 2, offsets.length - 1), stage);
      heap.write(Float64Array, workspace.polygonPointsAddress(), points);
      heap.write(Uint32Array, workspace.polygonOffsetsAddress(), offsets);
      check(workspace.maskFromPolygons(...sides(size), rule === "coco"), stage);
      return readResult(instance);
    });
  }

  /**
   * The outline as rings that enclose exactly the object's pixels, simplified by at most
   * `tolerance` px. Fails with `badArgument`.
   */
  polygons(mask: RunMask, tolerance: number, minArea: number): PolygonRing[] {
    return this.#run((instance) => {
      writeMask(instance, 0, mask);
      instance.check(instance.workspace.polygons(tolerance, minArea), stage);
      return readRings(instance);
    });
  }

  /** The two masks combined, cropped to the result. */
  merge(a: RunMask, b: RunMask, op: MergeOp): RunMask {
    return this.#run((instance) => {
      writeMask(instance, 0, a);
      writeMask(instance, 1, b);
      instance.check(instance.workspace.mergeMasks(mergeOps[op]), stage);
      return readResult(instance);
    });
  }

  /**
   * The mask, cropped, with small regions cleaned away: background parts of less than `minArea`
   * pixels become object, then object parts of less are dropped, all but the largest if need be.
   * Parts that touch by a corner are one. Fails with `badSize`.
   */
  removeSmallRegions(
    mask: RunMask & { readonly sourceWidth: number; readonly sourceHeight: number },
    minArea: number,
  ): RunMask {
    const size = { width: mask.sourceWidth, height: mask.sourceHeight };
    const limit = unsigned(Math.ceil(minArea), "minArea", stage);
    return this.#run((instance) => {
      writeMask(instance, 0, mask);
      instance.check(instance.workspace.removeSmallRegions(...sides(size), limit), stage);
      return readResult(instance);
    });
  }

  /** Pixels that belong to both. */
  intersectionArea(a: RunMask, b: RunMask): number {
    return this.#run((instance) => {
      writeMask(instance, 0, a);
      writeMask(instance, 1, b);
      instance.check(instance.workspace.intersectMasks(), stage);
      return instance.workspace.measuredArea();
    });
  }
}

function sides({ width, height }: Size): [number, number] {
  return [signed(width, "the image's width", stage), signed(height, "the image's height", stage)];
}

/**
 * One byte per character; what is not ASCII becomes a byte that no COCO string may hold, so that
 * the core names its place.
 */
function asciiBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => Math.min(character.charCodeAt(0), 0xff));
}

function writeMask({ workspace, heap, check }: CoreInstance, slot: number, mask: RunMask): void {
  const [x, y] = [signed(mask.x, "the mask's x", stage), signed(mask.y, "the mask's y", stage)];
  const [width, height] = [
    signed(mask.width, "the mask's width", stage),
    signed(mask.height, "the mask's height", stage),
  ];
  check(workspace.reserveMask(slot, x, y, width, height, mask.runs.length), stage);
  heap.write(Uint32Array, workspace.maskAddress(slot), mask.runs);
}

function readResult({ workspace, heap }: CoreInstance): RunMask {
  return {
    x: workspace.resultX(),
    y: workspace.resultY(),
    width: workspace.resultWidth(),
    height: workspace.resultHeight(),
    runs: heap.read(Uint32Array, workspace.resultAddress(), workspace.resultRunCount()),
  };
}

function readRings({ workspace, heap }: CoreInstance): PolygonRing[] {
  const count = workspace.ringCount();
  const points = heap.read(
    Float32Array,
    workspace.ringPointsAddress(),
    workspace.ringPointCount() * 2,
  );
  const offsets = heap.read(
    Uint32Array,
    workspace.ringOffsetsAddress(),
    count === 0 ? 0 : count + 1,
  );
  const parents = heap.read(Int32Array, workspace.ringParentsAddress(), count);
  return Array.from(parents, (parent, ring) => ({
    points: points.slice(offsets[ring]! * 2, offsets[ring + 1]! * 2),
    isHole: parent >= 0,
    parent,
  }));
}
