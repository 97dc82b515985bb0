/**
 * Maximum number of pixels of an image: 67 megapixels. Larger images are refused unless the caller
 * allows them.
 */
export const pixelLimit = 2 ** 26;

/**
 * Decoded pixels: RGBA, 8 bits per channel, alpha not premultiplied, rows without padding. An
 * `ImageData` fits.
 */
export interface RgbaImage {
  /** Pixels per row, at least 1. */
  readonly width: number;
  /** Number of rows, at least 1. */
  readonly height: number;
  /** The pixels, row by row: `width * height * 4` values. */
  readonly data: Uint8ClampedArray | Uint8Array;
}

/**
 * Where an image comes from: a URL, an image file as bytes, Blob or File, or decoded pixels. In
 * Node, a string may also be a path, and files must be JPEG, PNG or BMP. In a browser, the source
 * may also be anything that a canvas can draw, and a file may have any format that the browser
 * decodes. EXIF orientation is applied.
 */
export type Source =
  | string
  | URL
  | Blob
  | ArrayBuffer
  | Uint8Array
  | RgbaImage
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | HTMLVideoElement
  | OffscreenCanvas
  | VideoFrame;
