/**
 * Larger images are taken for an attack on the memory unless the caller allows them: 67 megapixels.
 */
export const pixelLimit = 2 ** 26;

/**
 * RGBA, 8 bits a channel, straight alpha, rows tightly packed: `data.length === width * height *
 * 4`. An `ImageData` is one.
 */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray | Uint8Array;
}

/**
 * An image. Encoded bytes (JPEG, PNG, BMP; in the browser everything it can decode), a Blob or File
 * of them, a URL to fetch, decoded pixels, or anything a browser can draw. In Node: encoded bytes,
 * a Blob, decoded pixels, a URL, or a file path. EXIF orientation is applied.
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
