import type { Placement } from "./geometry.js";

/** Settings of a decoder. */
export interface DecodeOptions {
  /** Keep score > threshold, 0..1. */
  readonly scoreThreshold: number;
  /**
   * Class-aware NMS drops a box whose IoU with a better one is greater, 0..1; decoders without NMS
   * do not use it.
   */
  readonly iouThreshold: number;
  /** At most this many, best first; at least 1. */
  readonly maxInstances: number;
  /** One byte per class: 0 drops the class. Absent or empty keeps all. */
  readonly classFilter?: Uint8Array;
}

/** What every decoder is asked: `soft` adds the coverage. */
export interface DecodeCall extends DecodeOptions {
  readonly soft: boolean;
  /** Where the image lies in the input that the outputs belong to. */
  readonly placement: Placement;
}

/**
 * The objects of one image as columns: row k of every column belongs to object k, best score first.
 * Every object has at least one pixel. All arrays are JavaScript's own and may be transferred.
 */
export interface InstanceColumns {
  readonly count: number;
  /** x1, y1, x2, y2 in source pixels, clipped to the image. */
  readonly boxes: Float32Array;
  readonly scores: Float32Array;
  readonly classIds: Uint32Array;
  /** Crop of each mask: x, y, width, height in source pixels. */
  readonly rects: Int32Array;
  /** Run lengths of all masks, one after the other. */
  readonly runs: Uint32Array;
  /** count + 1 offsets into `runs`. */
  readonly runOffsets: Uint32Array;
  /** Object pixels of each mask. */
  readonly areas: Uint32Array;
  /**
   * With soft masks: round(255 * probability) of each crop pixel, row after row, one mask after the
   * other.
   */
  readonly coverage?: Uint8Array;
  /** count + 1 offsets into `coverage`. */
  readonly coverageOffsets?: Uint32Array;
}
