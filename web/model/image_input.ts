import { MaskletError } from "../base/errors.js";
import type { Size } from "../base/geometry.js";
import { maxInputSide, maxInputValues } from "../base/limits.js";
import type { TensorInfo } from "../base/tensor.js";

/** Order of the axes of an image input: n = batch, c = channels, h = height, w = width. */
export type ImageLayout = "nchw" | "nhwc" | "chw" | "hwc";

/** Supported element types of an image input. */
export const imageTypes = ["float32", "float16", "uint8"] as const;
export type ImageType = (typeof imageTypes)[number];

/** The input of a network for the image. */
export interface ImageInput {
  readonly name: string;
  readonly type: ImageType;
  readonly layout: ImageLayout;
  /**
   * Images per run: a number if the graph fixes it, `"open"` if any number is allowed, 1 for a
   * layout without a batch axis.
   */
  readonly batch: number | "open";
  /** Sides in pixels, as far as the graph fixes them. */
  readonly width: number | undefined;
  readonly height: number | undefined;
}

/**
 * Finds the image input: float32, float16 or uint8, of rank 4 (with a batch axis) or 3, with three
 * channels before or after height and width. A fixed 3 is better evidence than an open dimension.
 * Undefined if no input fits, or if several fit equally.
 */
export function findImageInput(inputs: readonly TensorInfo[]): ImageInput | undefined {
  const fitting = inputs.flatMap((input) => readImageInput(input) ?? []);
  const certain = fitting.filter(({ fixesChannels }) => fixesChannels);
  const [best, ...others] = certain.length > 0 ? certain : fitting;
  return best && others.length === 0 ? best.input : undefined;
}

function readImageInput({
  name,
  type,
  dims,
}: TensorInfo): { input: ImageInput; fixesChannels: boolean } | undefined {
  const known = imageTypes.find((known) => known === type);
  if (!known || (dims?.length !== 3 && dims?.length !== 4)) return undefined;
  const [channels, height, width] = dims.slice(-3) as [Dim, Dim, Dim];
  const hasBatch = dims.length === 4;
  const batch = hasBatch ? (fixed(dims[0]!) ?? ("open" as const)) : 1;
  const base = { name, type: known, batch };
  // Three rows or columns with open channels, and a 3 at both ends, are ambiguous. Channels then
  // come first, as in nearly all exports.
  if (channels === 3 || (typeof channels === "string" && isSide(height) && isSide(width))) {
    const layout = hasBatch ? "nchw" : "chw";
    return {
      input: { ...base, layout, height: fixed(height), width: fixed(width) },
      fixesChannels: channels === 3,
    };
  }
  if (width !== 3) return undefined;
  return {
    input: {
      ...base,
      layout: hasBatch ? "nhwc" : "hwc",
      height: fixed(channels),
      width: fixed(height),
    },
    fixesChannels: true,
  };
}

type Dim = number | string;

/** Next to open channels, a smaller side means points [points, 2] rather than an image. */
const minSide = 8;

function isSide(dim: Dim): boolean {
  return typeof dim === "string" || dim >= minSide;
}

function fixed(dim: Dim): number | undefined {
  return typeof dim === "number" ? dim : undefined;
}

/**
 * Refuses an input that no memory holds.
 * @throws MaskletError `unsupported` naming the side, or the batch
 */
export function checkImageInput({ name, width = 1, height = 1, batch }: ImageInput): void {
  const refuse = (what: string, value: number, most: number): never => {
    const message = `the image input '${name}' has ${what} of ${value}; the maximum is ${most}`;
    throw new MaskletError("unsupported", "load", message, { value });
  };
  if (width > maxInputSide) refuse("a width", width, maxInputSide);
  if (height > maxInputSide) refuse("a height", height, maxInputSide);
  const images = batch === "open" ? 1 : batch;
  const most = Math.floor(maxInputValues / (3 * width * height));
  if (images > most) refuse(`a batch (of ${width} x ${height} pixels)`, images, most);
}

/** The size of the input, if the graph fixes both sides. */
export function fixedSize({ width, height }: ImageInput): Size | undefined {
  return width === undefined || height === undefined ? undefined : { width, height };
}

/** The shape of the input for `batch` images of this size. */
export function imageDims(layout: ImageLayout, { width, height }: Size, batch = 1): number[] {
  const image = layout.endsWith("chw") ? [3, height, width] : [height, width, 3];
  return layout.startsWith("n") ? [batch, ...image] : image;
}
