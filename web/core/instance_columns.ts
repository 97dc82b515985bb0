import type { Placement } from "./geometry.js";

/** Settings of a decoder. */
export interface DecodeOptions {
  /** Keeps instances with a score above this, 0..1. */
  readonly scoreThreshold: number;
  /**
   * Class-aware NMS drops a box if its IoU with a better box is above this, 0..1. Decoders without
   * NMS ignore it.
   */
  readonly iouThreshold: number;
  /** Maximum number of instances, minimum 1. The best ones stay. */
  readonly maxInstances: number;
  /** One byte per class; 0 drops the class. If absent or empty, all classes stay. */
  readonly classFilter?: Uint8Array;
}

/** Input of every decoder. `soft` adds the coverage. */
export interface DecodeCall extends DecodeOptions {
  readonly soft: boolean;
  /** The placement of the image in the network's input. */
  readonly placement: Placement;
}

/**
 * The objects of one image as columns: row k of every column belongs to object k, best score first.
 * Every object has at least one pixel. JavaScript owns all arrays, so they can be transferred.
 */
export interface InstanceColumns {
  /** Number of objects. */
  readonly count: number;
  /** x1, y1, x2, y2 in source pixels, clipped to the image. */
  readonly boxes: Float32Array;
  /** Confidence of each object, 0..1. */
  readonly scores: Float32Array;
  /** Class of each object, from 0. */
  readonly classIds: Uint32Array;
  /** Crop of each mask: x, y, width, height in source pixels. */
  readonly rects: Int32Array;
  /** Run lengths of all masks, one mask after another. */
  readonly runs: Uint32Array;
  /** `count + 1` offsets into `runs`. */
  readonly runOffsets: Uint32Array;
  /** Number of object pixels of each mask. */
  readonly areas: Uint32Array;
  /**
   * Soft masks only: round(255 * probability) of each crop pixel, row by row, one mask after
   * another.
   */
  readonly coverage?: Uint8Array;
  /** `count + 1` offsets into `coverage`. */
  readonly coverageOffsets?: Uint32Array;
}
