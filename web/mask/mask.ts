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

/**
 * The data of a {@link Mask}, for example its clone by `structuredClone` or `postMessage`. The
 * fields have the same meaning.
 */
export interface MaskData extends Rect {
  /** Width of the source in pixels. */
  readonly sourceWidth: number;
  /** Height of the source in pixels. */
  readonly sourceHeight: number;
  /** Run lengths over the crop. */
  readonly runs: Uint32Array;
  /**
   * Number of object pixels.
   * @defaultValue counted from the runs
   */
  readonly area?: number;
  /** Soft coverage of each crop pixel. */
  readonly coverage?: Uint8Array;
}

/** Options of {@link Mask.toPolygons}. */
export interface PolygonOptions {
  /**
   * Maximum distance of a removed corner from the simplified outline, in source pixels. 0 keeps the
   * exact pixel outline.
   * @defaultValue `0.5`
   */
  tolerance?: number;
  /**
   * Minimum area of a ring, in square source pixels. Smaller rings are omitted.
   * @defaultValue `0`
   */
  minArea?: number;
}

const polygonNames = { tolerance: true, minArea: true } satisfies OptionNames<PolygonOptions>;

/**
 * The pixels of one object: a crop of the source, and run lengths over it.
 *
 * All fields are plain data, so you can clone a mask or post it to a worker; `Mask.from` gives the
 * clone its methods back. A mask is immutable. Methods that combine, measure or convert masks run
 * synchronously in the C++ core. Load it first, with `Segmenter.create` or `loadCore`; else they
 * throw `coreNotLoaded`.
 *
 * @example
 * ```ts
 * import { loadCore, Mask } from "masklet";
 *
 * await loadCore();
 * const source = { width: 100, height: 80 };
 * const square = Mask.fromPolygons([[10, 10, 30, 10, 30, 30, 10, 30]], source);
 * const shifted = Mask.fromPolygons([[20, 10, 40, 10, 40, 30, 20, 30]], source);
 * console.log(square.area, square.intersectionArea(shifted)); // 400 200
 * console.log(square.union(shifted).toRle());
 * ```
 */
export class Mask implements RunMask {
  /** Left edge of the crop in source pixels. */
  readonly x: number;
  /** Top edge of the crop in source pixels. */
  readonly y: number;
  /** Width of the crop in source pixels; 0 for an empty mask cropped to its object. */
  readonly width: number;
  /** Height of the crop in source pixels; 0 for an empty mask cropped to its object. */
  readonly height: number;
  /** Width of the source in pixels. */
  readonly sourceWidth: number;
  /** Height of the source in pixels. */
  readonly sourceHeight: number;
  /**
   * Run lengths over the crop, row by row. Background and object alternate, background first. Only
   * the first run may be 0. The runs add up to width * height. A run may continue in the next row.
   */
  readonly runs: Uint32Array;
  /** Number of object pixels. */
  readonly area: number;
  /**
   * Soft masks only: round(255 * probability) of each crop pixel, row by row. A pixel of at least
   * 128 belongs to the object. If the masks compete for each pixel (DETR panoptic), a pixel above 0
   * belongs to it.
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
   * Makes a mask from its data, for example from a clone. The mask shares the arrays.
   *
   * @example
   * ```ts
   * import { Mask, type MaskData } from "masklet";
   *
   * addEventListener("message", ({ data }: MessageEvent<MaskData>) => {
   *   console.log(Mask.from(data).bounds());
   * });
   * ```
   *
   * @throws MaskletError `badSize` (the crop exceeds the source), `badRuns`, `bufferTooSmall`
   *   (coverage and crop differ in length)
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
   * Makes a mask from a COCO RLE, with a compressed string or plain counts. `size` is [height,
   * width]. The mask is cropped to its object.
   *
   * @example
   * ```ts
   * import { loadCore, Mask } from "masklet";
   *
   * await loadCore();
   * const mask = Mask.fromRle({ size: [2, 3], counts: [2, 2, 2] });
   * console.log(mask.bounds()); // { x: 1, y: 0, width: 1, height: 2 }
   * ```
   *
   * @throws MaskletError `badRleString`, `badRuns` (the counts do not add up to the size),
   *   `badSize`
   */
  static fromRle({ size, counts }: RleInput): Mask {
    const [height = 0, width = 0] = size;
    return fromRuns(currentCore().masks.fromCocoRle(counts, { width, height }), width, height);
  }

  /**
   * Makes a mask of all pixels whose center lies inside `rings`. By the even-odd rule, a ring
   * inside another is a hole. The inverse of `toPolygons({ tolerance: 0 })`.
   *
   * @example
   * ```ts
   * import { loadCore, Mask } from "masklet";
   *
   * await loadCore();
   * const outer = [10, 10, 30, 10, 30, 30, 10, 30];
   * const hole = [15, 15, 25, 15, 25, 25, 15, 25];
   * const mask = Mask.fromPolygons([outer, hole], { width: 100, height: 80 });
   * console.log(mask.area); // 300
   * ```
   *
   * @throws MaskletError `badArgument` (coordinates not finite or beyond 2^20 pixels), `badSize`
   */
  static fromPolygons(rings: readonly RingInput[], { width, height }: SourceSize): Mask {
    return fromRuns(
      currentCore().masks.fromPolygons(ringColumns(rings), { width, height }, "evenOdd"),
      width,
      height,
    );
  }

  /**
   * Makes a mask of the union of `rings`, pixel for pixel as pycocotools draws the polygons of a
   * COCO annotation.
   *
   * @example
   * ```ts
   * import { loadCore, Mask } from "masklet";
   *
   * await loadCore();
   * const segmentation = [[10, 10, 30, 10, 30, 30, 10, 30]]; // of a COCO annotation
   * const mask = Mask.fromCocoPolygons(segmentation, { width: 100, height: 80 });
   * console.log(mask.area);
   * ```
   *
   * @throws MaskletError as {@link Mask.fromPolygons}
   */
  static fromCocoPolygons(rings: readonly RingInput[], { width, height }: SourceSize): Mask {
    return fromRuns(
      currentCore().masks.fromPolygons(ringColumns(rings), { width, height }, "coco"),
      width,
      height,
    );
  }

  /**
   * Makes a mask of all nonzero pixels of an image with one value per pixel, row by row.
   * @param bytes `width * height` values
   * @param crop the crop of the mask (default: the whole image)
   *
   * @example
   * ```ts
   * import { Mask } from "masklet";
   *
   * const mask = Mask.fromBytes([0, 1, 1, 0, 1, 0], { width: 3, height: 2 });
   * console.log(mask.area); // 3
   * ```
   *
   * @throws MaskletError `bufferTooSmall`, `badSize` (the crop exceeds the image)
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

  /**
   * Encodes the mask as COCO RLE over the whole source, byte for byte as pycocotools.
   *
   * @example
   * ```ts
   * import { Segmenter } from "masklet";
   *
   * using segmenter = await Segmenter.create();
   * const { instances } = await segmenter.segment("photo.jpg");
   * console.log(instances.map(({ mask }) => mask.toRle()));
   * ```
   */
  toRle(): CocoRle {
    return currentCore().masks.cocoRle(this, {
      width: this.sourceWidth,
      height: this.sourceHeight,
    });
  }

  /**
   * Traces the outline as closed rings. Holes follow the ring around them. With `tolerance: 0`, the
   * rings enclose exactly the object's pixels.
   *
   * @example
   * ```ts
   * import { Segmenter } from "masklet";
   *
   * using segmenter = await Segmenter.create();
   * const { instances } = await segmenter.segment("photo.jpg");
   * const rings = instances[0]?.mask.toPolygons({ tolerance: 1, minArea: 4 });
   * console.log(rings?.length);
   * ```
   *
   * @throws MaskletError `badArgument` (an option is negative or not finite)
   */
  toPolygons(options: PolygonOptions = {}): PolygonRing[] {
    checkNames("mask-operation", options, polygonNames);
    const { tolerance = 0.5, minArea = 0 } = options;
    return currentCore().masks.polygons(this, tolerance, minArea);
  }

  /**
   * Renders the mask as an image: the object in one color, the rest transparent. Soft masks fade at
   * the edge. In Node, which lacks ImageData, it returns a plain object with the same fields.
   */
  toImageData(options: MaskImageOptions = {}): ImageData {
    checkNames("mask-operation", options, maskImageNames);
    return maskToImageData(this, options);
  }

  /**
   * Renders the mask as {@link toImageData}, as a bitmap for a canvas.
   * @throws MaskletError `unsupported` (Node), `badSize` (an empty crop)
   */
  async toBitmap(options: MaskImageOptions = {}): Promise<ImageBitmap> {
    if (typeof createImageBitmap !== "function") {
      throw new MaskletError(
        "unsupported",
        "mask-operation",
        "this environment lacks createImageBitmap; use toImageData instead",
      );
    }
    const image = this.toImageData(options);
    if (image.width === 0) throw sizeError("an empty mask has no bitmap", 0);
    return createImageBitmap(image);
  }

  /** One byte per pixel, 1 for the object: of the crop, or of the whole source if `full`. */
  toBytes(full = false): Uint8Array {
    return maskToBytes(this, full);
  }

  /**
   * Writes `value` at the object's pixels into a map of the whole source. All other entries stay.
   * @param target the map, row by row
   * @param stride entries per row
   * @throws MaskletError `bufferTooSmall` (the mask does not fit into the map)
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
   * The tight rectangle around the object, in source pixels; all 0 for an empty mask. The crop may
   * be larger.
   */
  bounds(): Rect {
    const tight = boundsOfRuns(this.runs, this.width);
    return this.area === 0 ? tight : { ...tight, x: tight.x + this.x, y: tight.y + this.y };
  }

  /**
   * Number of pixels in both masks.
   * @throws MaskletError `badArgument` (the masks' sources differ in size)
   */
  intersectionArea(other: Mask): number {
    this.#checkSource(other);
    return currentCore().masks.intersectionArea(this, other);
  }

  /**
   * Intersection over union, 0..1; 0 if both masks are empty.
   * @throws MaskletError `badArgument` (the masks' sources differ in size)
   */
  iou(other: Mask): number {
    const intersection = this.intersectionArea(other);
    const union = this.area + other.area - intersection;
    return union === 0 ? 0 : intersection / union;
  }

  /**
   * The pixels of either mask, without soft coverage.
   * @throws MaskletError `badArgument` (the masks' sources differ in size)
   */
  union(other: Mask): Mask {
    return this.#merge(other, "unite");
  }

  /**
   * The pixels of both masks, without soft coverage.
   * @throws MaskletError `badArgument` (the masks' sources differ in size)
   */
  intersect(other: Mask): Mask {
    return this.#merge(other, "intersect");
  }

  /**
   * The pixels of this mask outside the other one, without soft coverage.
   * @throws MaskletError `badArgument` (the masks' sources differ in size)
   */
  subtract(other: Mask): Mask {
    return this.#merge(other, "subtract");
  }

  /**
   * Removes small regions. It first fills holes below `minArea` pixels (also image corners that the
   * object cuts off). It then drops parts below `minArea`, but never the largest one. Parts that
   * touch at a corner count as one. The result has no soft coverage.
   * @throws MaskletError `badOption` (`minArea` is negative or not finite)
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
    const [mine, its] = [this, { sourceWidth, sourceHeight }].map(
      (mask) => `${mask.sourceWidth} x ${mask.sourceHeight}`,
    );
    const message = `the masks' sources differ: ${mine} and ${its}`;
    throw new MaskletError("badArgument", "mask-operation", message, { value: sourceWidth });
  }
}

function fromRuns(mask: RunMask, sourceWidth: number, sourceHeight: number): Mask {
  return Mask.from({ ...mask, sourceWidth, sourceHeight });
}
