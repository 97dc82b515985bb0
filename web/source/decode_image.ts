import { throwIfAborted } from "../base/errors.js";
import type { RgbaImage, Source } from "../base/image.js";
import { checkNames, type OptionNames } from "../base/options.js";
import { isNode } from "../base/realm.js";
import { loadCore } from "../core/load.js";
import { rasterize } from "./browser.js";
import { fetchSource, readImageFile } from "./bytes.js";
import { badSource, checkPixelCount, pixelLimit, tagOf, toBytes } from "./checks.js";

export interface DecodeImageOptions {
  /**
   * An image with more pixels is refused before its pixels are allocated, where its header can be
   * read. Default 2^26 (67 megapixels).
   */
  maxPixels?: number;
  signal?: AbortSignal;
}

const decodeImageNames = {
  maxPixels: true,
  signal: true,
} satisfies OptionNames<DecodeImageOptions>;

/**
 * Turns any {@link Source} into RGBA pixels, EXIF orientation applied. In the browser the browser
 * decodes and converts to sRGB; in Node the core decodes JPEG, PNG and BMP. The source is never
 * changed; decoded pixels are given back as they are, not copied.
 * @throws MaskletError `badSource`, `badImageFile`, `tooManyPixels`, `networkError`, `aborted`.
 */
export async function decodeImage(
  source: Source,
  options: DecodeImageOptions = {},
): Promise<RgbaImage> {
  checkNames("source", options, decodeImageNames);
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

/** ImageData, or a plain object of the same shape. */
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
      `pixel data is to be a Uint8ClampedArray or Uint8Array, not ${dataTag}`,
      dataTag,
    );
  }
  for (const side of [width, height]) {
    if (!Number.isInteger(side) || side < 1)
      throw badSource(`a side of the image is ${side} pixels`, side);
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
