import { MaskletError } from "../base/errors.js";
import { pixelLimit, type RgbaImage, type Source } from "../base/image.js";
import { isDrawable, rasterize } from "./browser.js";
import { badSource, tagOf } from "./checks.js";

/**
 * The source as it is now: what the caller does to canvas, bitmap, frame or array afterwards does
 * not change the result. Files and addresses stay as they are; an image element that is still
 * loading is read when it has loaded.
 * @throws MaskletError `badSource` and the other errors of reading a drawable image
 */
export function captureSource(source: Source): Source | Promise<RgbaImage> {
  try {
    const tag = tagOf(source);
    if (tag === "URL") return String(source);
    if (tag === "ArrayBuffer") return (source as ArrayBuffer).slice(0);
    if (tag === "Uint8Array") return (source as Uint8Array).slice();
    if (tag === "ImageData" || tag === "Object") return capturePixels(source as RgbaImage);
    return isDrawable(tag) ? rasterize(source, tag, pixelLimit) : source;
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** Anything but pixels is left for the reader, who says what is wrong with it. */
function capturePixels(image: RgbaImage): RgbaImage {
  const { width, height, data } = image;
  return ArrayBuffer.isView(data) && typeof data.slice === "function"
    ? { width, height, data: data.slice() }
    : image;
}

/** Objects of all kinds may throw when they are looked at: proxies, getters, detached buffers. */
export function unreadable(cause: unknown): MaskletError {
  if (cause instanceof MaskletError) return cause;
  const reason = cause instanceof Error ? cause.message : "an error without a message";
  return badSource(`the source cannot be read: ${reason}`, reason, cause);
}
