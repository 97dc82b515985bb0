/** A size in pixels. Both sides are positive integers. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * An axis-aligned box in source pixels, with x1 < x2 and y1 < y2. A box in a result lies inside the
 * image. Pixel k covers [k, k + 1), so the box of one whole pixel is { x1: k, x2: k + 1 }.
 */
export interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** A rectangle of whole source pixels. `x` and `y` are its top left pixel. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** COCO run-length encoding of a mask: column-major, over the whole source. */
export interface CocoRle {
  /** Height and width of the source in pixels, in this order. */
  readonly size: readonly [height: number, width: number];
  /** The run lengths as the compressed string that pycocotools writes. */
  readonly counts: string;
}

/**
 * One closed ring of a contour. Its corners lie on pixel edges, in source pixels. The first point
 * is not repeated at the end.
 */
export interface PolygonRing {
  /** The corners: x0, y0, x1, y1, … */
  readonly points: Float32Array;
  /** Whether the ring bounds a hole. */
  readonly isHole: boolean;
  /** For a hole, the index of its outer ring. For an outer ring, -1. */
  readonly parent: number;
}
