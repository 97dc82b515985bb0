// What only a browser can do to a source. DOM names serve as types; no call means no DOM access.
import { MaskletError } from "../base/errors.js";
import type { RgbaImage, Source } from "../base/image.js";
import { badSource, checkPixelCount, tagOf, toBytes } from "./checks.js";

type Drawable =
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | HTMLVideoElement
  | OffscreenCanvas
  | VideoFrame;

/**
 * A canvas up to this size is kept for the next call. Video frames share one size, and a new canvas
 * per frame costs more than drawing.
 */
const keptCanvasPixels = 2 ** 22;

let kept: OffscreenCanvas | undefined;

/**
 * Returns the sRGB pixels of an image file or of anything a canvas can draw. EXIF orientation is
 * applied. Fully transparent pixels lose their color, because canvases premultiply it.
 * @throws MaskletError `badSource` for a source that is closed, empty, not loaded, tainted or not
 *   an image, `badImageFile`, `tooManyPixels`, `unsupported`.
 */
export async function rasterize(
  source: unknown,
  tag: string,
  maxPixels: number,
): Promise<RgbaImage> {
  if (tag === "Blob") {
    const bitmap = await decodeBitmap(source as Blob);
    try {
      return draw(bitmap, bitmap.width, bitmap.height, maxPixels);
    } finally {
      bitmap.close();
    }
  }
  const drawable = asDrawable(source, tag);
  if (tag === "HTMLImageElement") await loadElement(drawable as HTMLImageElement);
  const { width, height } = sizeOf(drawable, tag);
  return draw(drawable, width, height, maxPixels);
}

/**
 * A source that can be posted to a worker, and the objects to transfer with it. If `owned` is true,
 * the worker must close the source.
 */
export interface PackedSource {
  readonly source: Source;
  readonly transfer: Transferable[];
  readonly owned: boolean;
}

/**
 * Prepares a source for a worker and leaves the caller's object intact. It takes a snapshot of
 * elements and bitmaps, copies pixels and bytes, and makes addresses absolute.
 */
export async function packSource(source: Source, maxPixels: number): Promise<PackedSource> {
  const tag = tagOf(source);
  if (tag === "String" || tag === "URL") {
    const base = (globalThis as { location?: { href: string } }).location?.href;
    return { source: absolute(String(source), base), transfer: [], owned: false };
  }
  if (tag === "Blob" || tag === "File") return { source, transfer: [], owned: false };
  if (tag === "ArrayBuffer" || tag === "Uint8Array")
    return packBytes(source as ArrayBuffer | Uint8Array);
  if (tag === "ImageData" || tag === "Object") return packPixels(source as RgbaImage);
  const drawable = asDrawable(source, tag);
  if (tag === "HTMLImageElement") await loadElement(drawable as HTMLImageElement);
  const { width, height } = sizeOf(drawable, tag);
  checkPixelCount(width, height, maxPixels);
  const copy = await guarded<ImageBitmap | VideoFrame>(tag, () =>
    tag === "VideoFrame" ? (drawable as VideoFrame).clone() : createImageBitmap(drawable),
  );
  return { source: copy, transfer: [copy], owned: true };
}

function packBytes(source: ArrayBuffer | Uint8Array): PackedSource {
  const copy = toBytes(source).slice();
  return { source: copy, transfer: [copy.buffer], owned: false };
}

function packPixels({ width, height, data }: RgbaImage): PackedSource {
  // Anything but pixel data is posted unchanged. The worker rejects it with the usual error.
  if (!ArrayBuffer.isView(data))
    return { source: { width, height, data }, transfer: [], owned: false };
  const copy = data.slice();
  return { source: { width, height, data: copy }, transfer: [copy.buffer], owned: false };
}

function absolute(address: string, base: string | undefined): string {
  try {
    return new URL(address, base).href;
  } catch (cause) {
    throw badSource(`'${address}' must be a URL`, address, cause);
  }
}

async function decodeBitmap(blob: Blob): Promise<ImageBitmap> {
  if (typeof createImageBitmap !== "function") {
    throw new MaskletError(
      "unsupported",
      "source",
      "images cannot be decoded here: createImageBitmap is missing",
    );
  }
  try {
    return await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch (cause) {
    const what = `${blob.size} bytes${blob.type ? ` of ${blob.type}` : ""}`;
    const reason = (cause as Error).message;
    const message = `the browser cannot decode the image file (${what}): ${reason}`;
    throw new MaskletError("badImageFile", "source", message, { value: blob.size, cause });
  }
}

const drawableTags = [
  "ImageBitmap",
  "HTMLImageElement",
  "HTMLCanvasElement",
  "HTMLVideoElement",
  "OffscreenCanvas",
  "VideoFrame",
];

/** Whether a class of this name is drawn to be read. */
export function isDrawable(tag: string): boolean {
  return drawableTags.includes(tag);
}

function asDrawable(source: unknown, tag: string): Drawable {
  if (isDrawable(tag)) return source as Drawable;
  throw badSource(
    `the source is ${tag}; it must be a URL, a file, bytes, pixels or a drawable image`,
    tag,
  );
}

async function loadElement(image: HTMLImageElement): Promise<void> {
  if (!image.complete) await guarded("HTMLImageElement", () => image.decode());
}

/**
 * The natural size in pixels, not the size on the page. It is 0 or undefined for a closed bitmap or
 * frame and for an element without an image.
 */
function sizeOf(drawable: Drawable, tag: string): { width: number; height: number } {
  const d = drawable as unknown as Record<string, number>;
  const [width, height] =
    tag === "HTMLImageElement"
      ? [d.naturalWidth, d.naturalHeight]
      : tag === "HTMLVideoElement"
        ? [d.videoWidth, d.videoHeight]
        : tag === "VideoFrame"
          ? [d.displayWidth, d.displayHeight]
          : [d.width, d.height];
  if (!width || !height)
    throw badSource(
      `the ${tag} has ${width} x ${height} pixels: is it closed, empty or not loaded?`,
      0,
    );
  if (tag === "HTMLVideoElement" && d.readyState! < 2)
    throw badSource("the video has not loaded a frame yet", d.readyState!);
  return { width, height };
}

function draw(drawable: Drawable, width: number, height: number, maxPixels: number): RgbaImage {
  checkPixelCount(width, height, maxPixels);
  const context = canvasFor(width, height);
  try {
    context.drawImage(drawable, 0, 0, width, height);
    return context.getImageData(0, 0, width, height, { colorSpace: "srgb" });
  } catch (cause) {
    throw badSource(
      `the pixels cannot be read: ${(cause as Error).message}`,
      `${width} x ${height}`,
      cause,
    );
  }
}

function canvasFor(width: number, height: number): OffscreenCanvasRenderingContext2D {
  if (typeof OffscreenCanvas !== "function") {
    throw new MaskletError(
      "unsupported",
      "source",
      "pixels cannot be read here: OffscreenCanvas is missing",
    );
  }
  const canvas =
    kept?.width === width && kept.height === height ? kept : new OffscreenCanvas(width, height);
  if (width * height <= keptCanvasPixels) kept = canvas;
  // The pixels are read back at once, so the canvas stays in main memory.
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context)
    throw badSource(
      `a canvas of ${width} x ${height} pixels is too large for this browser`,
      width * height,
    );
  // Also clears what a kept canvas holds under transparent pixels.
  context.globalCompositeOperation = "copy";
  return context;
}

async function guarded<T>(tag: string, task: () => T | Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (cause) {
    throw badSource(`the ${tag} cannot be read: ${(cause as Error).message}`, tag, cause);
  }
}
