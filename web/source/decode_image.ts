import { throwIfAborted } from "../base/errors.js";
import { pixelLimit, type RgbaImage, type Source } from "../base/image.js";
import { isNode } from "../base/realm.js";
import { loadCore } from "../core/load.js";
import { rasterize } from "./browser.js";
import { fetchSource, readImageFile } from "./bytes.js";
import { badSource, checkPixelCount, tagOf, toBytes } from "./checks.js";

/** Options of {@link decodeImage}. */
export interface DecodeImageOptions {
  /**
   * Maximum number of pixels. A larger image is rejected, before decoding if its header states the
   * size.
   * @defaultValue `67108864` (2^26)
   */
  maxPixels?: number;
  /** Aborts the call. @defaultValue `undefined` */
  signal?: AbortSignal;
}

/**
 * Decodes any {@link Source} to RGBA pixels and applies the EXIF orientation. A browser decodes
 * with its own codecs and converts to sRGB. In Node, the core decodes JPEG, PNG and BMP. The
 * source stays unchanged, and decoded pixels are returned without a copy.
 * @returns pixels of at least 1 x 1 and at most `maxPixels` pixels
 * @throws MaskletError `badSource` for a source that is empty, closed or not an image,
 *   `badImageFile` for a file that cannot be decoded, `tooManyPixels`, `networkError`,
 *   `unsupported`, `aborted`.
 *
 * @example
 * ```ts
 * import { decodeImage } from "masklet";
 *
 * const { width, height, data } = await decodeImage("photo.jpg", { maxPixels: 50e6 });
 * console.log(width, height, data.length); // data.length is width * height * 4
 * ```
 */
export async function decodeImage(
  source: Source,
  options: DecodeImageOptions = {},
): Promise<RgbaImage> {
  const { maxPixels = pixelLimit, signal } = options;
  throwIfAborted(signal, "source");
  const image = await toPixels(source, maxPixels, signal);
  throwIfAborted(signal, "source");
  return image;
}

async function toPixels(
  source: Source,
  maxPixels: number,
  signal: AbortSignal | undefined,
): Promise<RgbaImage> {
  const tag = tagOf(source);
  if (tag === "String" || tag === "URL") return decodeAddress(String(source), maxPixels, signal);
  if (tag === "ArrayBuffer" || tag === "Uint8Array")
    return decodeBytes(toBytes(source as ArrayBuffer), maxPixels);
  if (tag === "Blob" || tag === "File") return decodeBlob(source as Blob, maxPixels);
  if (isPixels(source)) return checkPixels(source, maxPixels);
  return rasterize(source, tag, maxPixels);
}

async function decodeAddress(
  address: string,
  maxPixels: number,
  signal: AbortSignal | undefined,
): Promise<RgbaImage> {
  const file = await readImageFile(address);
  return file
    ? decodeBytes(file, maxPixels)
    : decodeBlob(await fetchSource(address, signal), maxPixels);
}

async function decodeBlob(blob: Blob, maxPixels: number): Promise<RgbaImage> {
  if (blob.size === 0) throw badSource("the image file is empty", 0);
  return isNode()
    ? decodeBytes(await readBytes(blob), maxPixels)
    : rasterize(blob, "Blob", maxPixels);
}

async function decodeBytes(bytes: Uint8Array, maxPixels: number): Promise<RgbaImage> {
  if (!isNode()) return rasterize(new Blob([bytes as BlobPart]), "Blob", maxPixels);
  return (await loadCore({})).decodeImage(bytes, { maxPixels });
}

async function readBytes(blob: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    throw badSource(`the image file cannot be read: ${(cause as Error).message}`, blob.size, cause);
  }
}

/** Whether the source is an ImageData or a plain object of the same shape. */
function isPixels(source: unknown): source is RgbaImage {
  return (
    typeof source === "object" &&
    source !== null &&
    "data" in source &&
    "width" in source &&
    "height" in source
  );
}

function checkPixels(image: RgbaImage, maxPixels: number): RgbaImage {
  const { width, height, data } = image;
  const dataTag = tagOf(data);
  if (dataTag !== "Uint8ClampedArray" && dataTag !== "Uint8Array") {
    throw badSource(
      `the pixel data is ${dataTag}; it must be Uint8ClampedArray or Uint8Array`,
      dataTag,
    );
  }
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1)
      throw badSource(`a side of the image is ${side}; it must be a positive integer`, side);
  }
  checkPixelCount(width, height, maxPixels);
  if (data.length !== width * height * 4) {
    const needed = `${width} x ${height} RGBA pixels need ${width * height * 4}`;
    throw badSource(
      `the pixel data has ${data.length} bytes, ${needed} (is its buffer detached?)`,
      data.length,
    );
  }
  return image;
}
