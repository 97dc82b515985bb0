import { MaskletError } from "../base/errors.js";
import type { CocoRle, PolygonRing, Rect } from "../base/geometry.js";
import { checkNames, type OptionNames, optionError } from "../base/options.js";
import { currentCore } from "../core/load.js";
import type { MergeOp, RunMask } from "../core/mask_operations.js";
import {
  checkCrop,
  lengthError,
  type RingInput,
  type RleInput,
  ringColumns,
  type SourceSize,
  sizeError,
} from "./input.js";
import {
  type MaskImageOptions,
  maskImageNames,
  maskToBytes,
  maskToImageData,
  type PixelMap,
  paintMask,
} from "./pixels.js";
import { areaOfRuns, boundsOfRuns, faultOfRuns, runsContain, runsOfBytes } from "./runs.js";

export type { RunMask } from "../core/mask_operations.js";
export type { RingInput, RleInput, SourceSize } from "./input.js";
export type { MaskImageOptions, PixelMap } from "./pixels.js";

/** The data of a {@link Mask}; what `structuredClone` and `postMessage` make of one. */
export interface MaskData extends Rect {
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  readonly runs: Uint32Array;
  /** Object pixels; counted from the runs when absent. */
  readonly area?: number;
  readonly coverage?: Uint8Array;
}

export interface PolygonOptions {
  /**
   * Greatest distance of a left-out corner from the simplified outline, in source pixels; 0 keeps
   * the exact pixel outline. Default 0.5.
   */
  tolerance?: number;
  /** Rings that enclose less than this, in square pixels, are left out. Default 0. */
  minArea?: number;
}

const polygonNames = { tolerance: true, minArea: true } satisfies OptionNames<PolygonOptions>;

/**
 * The pixels of one object: a crop of the source, and run lengths over it.
 *
 * All fields are plain data, so a mask can be cloned and posted to a worker; `Mask.from` gives the
 * clone its methods back. A mask is never changed after it is made. Methods that combine, measure
 * or convert work in the C++ core, at once, and need it loaded in this realm (`Segmenter.create` or
 * `loadCore` does that): otherwise they throw `coreNotLoaded`.
 */
export class Mask implements RunMask {
  /** Left edge of the crop in source pixels. */
  readonly x: number;
  /** Top edge of the crop in source pixels. */
  readonly y: number;
  /**
   * Size of the crop in source pixels; 0 by 0 for a mask without pixels that was cropped to its
   * object.
   */
  readonly width: number;
  readonly height: number;
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  /**
   * Run lengths over the crop in reading order, alternately background and object, beginning with
   * background (the first may be 0). They add up to width * height; a run may go on over the end of
   * a row.
   */
  readonly runs: Uint32Array;
  /** Number of object pixels. */
  readonly area: number;
  /**
   * Soft masks only: round(255 * probability) of each crop pixel, in reading order. Pixels of 128
   * and more are the object's; of networks whose masks compete for each pixel (DETR panoptic) those
   * above 0 are, however weak the claim.
   */
  declare readonly coverage?: Uint8Array;

  private constructor(data: MaskData) {
    this.x = data.x;
    this.y = data.y;
    this.width = data.width;
    this.height = data.height;
    this.sourceWidth = data.sourceWidth;
    this.sourceHeight = data.sourceHeight;
    this.runs = data.runs;
    this.area = data.area ?? areaOfRuns(data.runs);
    if (data.coverage) this.coverage = data.coverage;
  }

  /**
   * A mask from its data, for example from a clone. The arrays are shared, not copied.
   * @throws MaskletError `badSize` (crop outside the source), `badRuns`, `bufferTooSmall` (coverage
   *   of another length than the crop)
   */
  static from(data: MaskData): Mask {
    checkCrop(data, data.sourceWidth, data.sourceHeight);
    const pixels = data.width * data.height;
    const fault = faultOfRuns(data.runs, pixels);
    if (fault)
      throw new MaskletError("badRuns", "mask-operation", fault.message, { value: fault.value });
    if (data.coverage && data.coverage.length !== pixels)
      throw lengthError("the coverage", data.coverage.length, pixels);
    return new Mask(data);
  }

  /**
   * The mask of a COCO RLE, with the compressed string or plain counts, cropped to its object.
   * `size` is [height, width].
   * @throws MaskletError `badRleString`, `badRuns` (counts that do not add up to the size),
   *   `badSize`
   */
  static fromRle({ size, counts }: RleInput): Mask {
    const [height = 0, width = 0] = size;
    return fromRuns(currentCore().masks.fromCocoRle(counts, { width, height }), width, height);
  }

  /**
   * The pixels of the source whose center lies inside `rings` by the even-odd rule: a ring within
   * another is a hole. The inverse of `toPolygons({ tolerance: 0 })`.
   * @throws MaskletError `badArgument` (coordinates not finite or more than 2^20 px away),
   *   `badSize`
   */
  static fromPolygons(rings: readonly RingInput[], { width, height }: SourceSize): Mask {
    return fromRuns(
      currentCore().masks.fromPolygons(ringColumns(rings), { width, height }, "evenOdd"),
      width,
      height,
    );
  }

  /**
   * The union of `rings` pixel for pixel as pycocotools draws the polygons of a COCO annotation;
   * otherwise as `fromPolygons`.
   */
  static fromCocoPolygons(rings: readonly RingInput[], { width, height }: SourceSize): Mask {
    return fromRuns(
      currentCore().masks.fromPolygons(ringColumns(rings), { width, height }, "coco"),
      width,
      height,
    );
  }

  /**
   * The pixels with a value other than 0 of an image with one value a pixel.
   * @param crop the part to look at, and the crop of the mask; default all of it
   * @throws MaskletError `bufferTooSmall`, `badSize` (crop outside the image)
   */
  static fromBytes(
    bytes: ArrayLike<number>,
    { width, height }: SourceSize,
    crop: Rect = { x: 0, y: 0, width, height },
  ): Mask {
    checkCrop(crop, width, height);
    if (bytes.length !== width * height)
      throw lengthError("the image", bytes.length, width * height);
    return fromRuns(
      {
        x: crop.x,
        y: crop.y,
        width: crop.width,
        height: crop.height,
        runs: runsOfBytes(bytes, width, crop),
      },
      width,
      height,
    );
  }

  /** COCO RLE over the whole source, byte for byte that of pycocotools. */
  toRle(): CocoRle {
    return currentCore().masks.cocoRle(this, {
      width: this.sourceWidth,
      height: this.sourceHeight,
    });
  }

  /**
   * The outline as closed rings, holes after the ring they lie in. With `tolerance: 0` the rings
   * enclose exactly the object's pixels.
   * @throws MaskletError `badArgument` (an option negative or not finite)
   */
  toPolygons(options: PolygonOptions = {}): PolygonRing[] {
    checkNames("mask-operation", options, polygonNames);
    const { tolerance = 0.5, minArea = 0 } = options;
    return currentCore().masks.polygons(this, tolerance, minArea);
  }

  /**
   * The mask as an image: the color where the object is, transparent elsewhere; soft masks fade at
   * the edge. In Node, where there is no ImageData, a plain object with the same fields.
   */
  toImageData(options: MaskImageOptions = {}): ImageData {
    checkNames("mask-operation", options, maskImageNames);
    return maskToImageData(this, options);
  }

  /**
   * {@link toImageData} as a bitmap, for drawing.
   * @throws MaskletError `unsupported` in Node, `badSize` for a mask without a crop
   */
  async toBitmap(options: MaskImageOptions = {}): Promise<ImageBitmap> {
    if (typeof createImageBitmap !== "function") {
      throw new MaskletError(
        "unsupported",
        "mask-operation",
        "there are no bitmaps in this environment; toImageData gives the pixels",
      );
    }
    const image = this.toImageData(options);
    if (image.width === 0) throw sizeError("an empty mask has no bitmap", 0);
    return createImageBitmap(image);
  }

  /** One byte a pixel, 1 for the object: of the crop, or of the whole source when `full`. */
  toBytes(full = false): Uint8Array {
    return maskToBytes(this, full);
  }

  /**
   * Writes `value` at the object's pixels into a map of the whole source with rows of `stride`
   * entries, and leaves all others.
   * @throws MaskletError `bufferTooSmall`
   */
  paint(target: PixelMap, stride: number, value: number): void {
    paintMask(this, target, stride, value);
  }

  /** Whether the object covers point (x, y), in source pixels. */
  contains(x: number, y: number): boolean {
    const column = Math.floor(x) - this.x;
    const row = Math.floor(y) - this.y;
    if (!(column >= 0 && column < this.width && row >= 0 && row < this.height)) return false;
    return runsContain(this.runs, row * this.width + column);
  }

  /**
   * Smallest rectangle in source pixels that holds the object; the crop may be larger. All 0 for an
   * object without pixels.
   */
  bounds(): Rect {
    const tight = boundsOfRuns(this.runs, this.width);
    return this.area === 0 ? tight : { ...tight, x: tight.x + this.x, y: tight.y + this.y };
  }

  /** Pixels that belong to both masks, which must be of one source size (else `badArgument`). */
  intersectionArea(other: Mask): number {
    this.#checkSource(other);
    return currentCore().masks.intersectionArea(this, other);
  }

  /**
   * Intersection over union with a mask of the same source size (else `badArgument`); 0 when both
   * are empty.
   */
  iou(other: Mask): number {
    const intersection = this.intersectionArea(other);
    const union = this.area + other.area - intersection;
    return union === 0 ? 0 : intersection / union;
  }

  /**
   * The pixels of either mask. All three need masks of one source size (else `badArgument`) and
   * drop soft coverage.
   */
  union(other: Mask): Mask {
    return this.#merge(other, "unite");
  }

  /** The pixels that belong to both masks. */
  intersect(other: Mask): Mask {
    return this.#merge(other, "intersect");
  }

  /** The pixels of this mask that do not belong to the other. */
  subtract(other: Mask): Mask {
    return this.#merge(other, "subtract");
  }

  /**
   * This mask without its small regions: holes (and corners of the image that it cuts off) of less
   * than `minArea` pixels are filled, then parts of less are dropped, all but the largest if need
   * be. Parts that touch by a corner are one. Coverage is not kept.
   * @throws MaskletError `badOption` (an area negative or not finite)
   */
  removeSmallRegions(minArea: number): Mask {
    if (!(Number.isFinite(minArea) && minArea >= 0))
      throw optionError("mask-operation", "minArea", minArea, "a number of at least 0");
    return fromRuns(
      currentCore().masks.removeSmallRegions(this, minArea),
      this.sourceWidth,
      this.sourceHeight,
    );
  }

  #merge(other: Mask, op: MergeOp): Mask {
    this.#checkSource(other);
    return fromRuns(
      currentCore().masks.merge(this, other, op),
      this.sourceWidth,
      this.sourceHeight,
    );
  }

  #checkSource({ sourceWidth, sourceHeight }: Mask): void {
    if (sourceWidth === this.sourceWidth && sourceHeight === this.sourceHeight) return;
    const message = `masks of different sources: ${this.sourceWidth} x ${this.sourceHeight} and ${sourceWidth} x ${sourceHeight}`;
    throw new MaskletError("badArgument", "mask-operation", message, { value: sourceWidth });
  }
}

function fromRuns(mask: RunMask, sourceWidth: number, sourceHeight: number): Mask {
  return Mask.from({ ...mask, sourceWidth, sourceHeight });
}
