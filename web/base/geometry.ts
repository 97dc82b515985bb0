/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Corners in source pixels, x1 < x2, y1 < y2, inside the image. Pixel r covers [r, r + 1). */
export interface Box {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Mask crop in source pixels. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** COCO run-length encoding: column-major over the whole source; `size` is [height, width]. */
export interface CocoRle {
  readonly size: readonly [height: number, width: number];
  /** Compressed string as pycocotools writes it. */
  readonly counts: string;
}

/**
 * One closed ring of a contour. Corners at pixel edges in source pixels; the last point is not
 * repeated.
 */
export interface PolygonRing {
  /** x0, y0, x1, y1, … */
  readonly points: Float32Array;
  readonly isHole: boolean;
  /** Index of the outer ring that a hole lies in; -1 for an outer ring. */
  readonly parent: number;
}
