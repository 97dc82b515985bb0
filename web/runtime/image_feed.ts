import { MaskletError } from "../base/errors.js";
import type { Size } from "../base/geometry.js";
import { type ImageInput, imageDims } from "../model/image_input.js";
import { type Feed, makeFeed } from "./feed.js";

/**
 * Makes the image input of a run. Zeros complete a batch of fixed length.
 * @param planar the images one after the other, each [3, height, width], all of the same size
 * @throws MaskletError `badShape` for an incomplete image, or more images than the batch holds.
 */
export function makeImageFeed(input: ImageInput, planar: Float32Array, size: Size): Feed {
  const imageLength = 3 * size.width * size.height;
  const count = planar.length / imageLength;
  const batch = input.batch === "open" ? count : input.batch;
  if (!Number.isInteger(count) || count < 1 || count > batch) {
    const images = `${batch} images of ${size.width} x ${size.height}`;
    const message = `${planar.length} values do not fit ${images}`;
    throw new MaskletError("badShape", "preprocess", message, { value: planar.length });
  }
  const dims = imageDims(input.layout, size, batch);
  const channelsFirst = input.layout === "nchw" || input.layout === "chw";
  const ordered = channelsFirst ? planar : interleave(planar, size);
  const whole = count === batch ? ordered : filledUp(ordered, batch * imageLength);
  return input.type === "uint8"
    ? { type: "uint8", dims, data: toLevels(whole) }
    : makeFeed(input.type, dims, whole);
}

/** From [N, 3, height, width] to [N, height, width, 3]. */
function interleave(planar: Float32Array, { width, height }: Size): Float32Array {
  const out = new Float32Array(planar.length);
  const plane = width * height;
  for (let image = 0; image < planar.length; image += 3 * plane) {
    for (let channel = 0; channel < 3; ++channel) {
      const from = image + channel * plane;
      for (let i = 0, to = image + channel; i < plane; ++i, to += 3) out[to] = planar[from + i]!;
    }
  }
  return out;
}

function filledUp(values: Float32Array, length: number): Float32Array {
  const out = new Float32Array(length);
  out.set(values);
  return out;
}

/** Rounds to the nearest level 0..255, halves to even. */
function toLevels(values: Float32Array): Uint8Array {
  return new Uint8Array(Uint8ClampedArray.from(values).buffer);
}
