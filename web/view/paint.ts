import type { RgbaImage } from "../base/image.js";
import { checkNames, type OptionNames, optionError } from "../base/options.js";
import type { Instance } from "../mask/instances.js";
import { drawText, textHeightPx, textWidthPx } from "./bitmap_font.js";
import { checkPainted } from "./checks.js";
import { instanceColor } from "./palette.js";

/** Options of {@link paintOverlay}. */
export interface PaintOptions {
  /** Opacity of the fill, 0..1. 1 hides the object. @defaultValue `0.45` */
  fillOpacity?: number;
  /**
   * Width of the outline inside each mask, in source pixels. 0 omits it.
   * @defaultValue 1/400 of the shorter side of the image, minimum 1
   */
  outlineWidthPx?: number;
  /** Whether to draw label and score. @defaultValue `true` */
  labels?: boolean;
}

const paintNames = {
  fillOpacity: true,
  outlineWidthPx: true,
  labels: true,
} satisfies OptionNames<PaintOptions>;

type Color = readonly [number, number, number];

function blend(pixels: Uint8ClampedArray, offset: number, color: Color, opacity: number): void {
  for (let channel = 0; channel < 3; channel += 1) {
    pixels[offset + channel] =
      pixels[offset + channel]! * (1 - opacity) + color[channel]! * opacity;
  }
  pixels[offset + 3] = 255;
}

/**
 * Whether a pixel of the crop is on the outline: inside the object, with a pixel outside it at the
 * distance `reach`.
 */
function onOutline(
  inside: Uint8Array,
  width: number,
  height: number,
  x: number,
  y: number,
  reach: number,
): boolean {
  for (const [dx, dy] of [
    [-reach, 0],
    [reach, 0],
    [0, -reach],
    [0, reach],
  ] as const) {
    const nx = x + dx;
    const ny = y + dy;
    if (nx < 0 || ny < 0 || nx >= width || ny >= height || inside[ny * width + nx] === 0)
      return true;
  }
  return false;
}

function paintInstance(
  pixels: Uint8ClampedArray,
  width: number,
  { mask }: Instance,
  color: Color,
  fillOpacity: number,
  outlineWidthPx: number,
): void {
  const inside = mask.toBytes();
  for (let y = 0; y < mask.height; y += 1) {
    for (let x = 0; x < mask.width; x += 1) {
      if (inside[y * mask.width + x] === 0) continue;
      const edge =
        outlineWidthPx > 0 && onOutline(inside, mask.width, mask.height, x, y, outlineWidthPx);
      const opacity = edge ? 1 : fillOpacity;
      if (opacity > 0) blend(pixels, ((mask.y + y) * width + mask.x + x) * 4, color, opacity);
    }
  }
}

/** Black or white, whichever is easier to read on `color` (Rec. 709 luma). */
function inkOn([r, g, b]: Color): Color {
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 140 ? [0, 0, 0] : [255, 255, 255];
}

function paintLabel(
  pixels: Uint8ClampedArray,
  image: RgbaImage,
  instance: Instance,
  color: Color,
  scale: number,
): void {
  const text = `${instance.label} ${Math.round(instance.score * 100)}%`;
  const padding = 2 * scale;
  const tagWidth = textWidthPx(text) * scale + 2 * padding;
  const tagHeight = textHeightPx * scale + padding;
  const left = Math.max(0, Math.min(Math.round(instance.box.x1), image.width - tagWidth));
  const top = Math.max(0, Math.round(instance.box.y1) - tagHeight);
  const dot = (x: number, y: number, ink: Color) => {
    if (x < image.width && y < image.height) blend(pixels, (y * image.width + x) * 4, ink, 1);
  };
  for (let y = 0; y < tagHeight; y += 1)
    for (let x = 0; x < tagWidth; x += 1) dot(left + x, top + y, color);
  const ink = inkOn(color);
  drawText(text, (x, y) => {
    for (let sy = 0; sy < scale; sy += 1) {
      for (let sx = 0; sx < scale; sx += 1) {
        dot(left + padding + x * scale + sx, top + padding + y * scale + sy, ink);
      }
    }
  });
}

/**
 * Paints a fill, an outline and a label for every instance onto a copy of the image. The best
 * instance is on top. It serves files and environments without a GPU; on a page, use
 * {@link Overlay}.
 * @param image the image, which stays unchanged
 * @param instances the instances, best score first, with masks in pixels of the image
 * @param options fill, outline and labels
 * @returns a new RGBA image of the same size
 * @throws MaskletError `badOption` for a mask of an image of another size, and for anything but
 *   pixels and instances
 *
 * @example
 * ```ts
 * import { decodeImage, paintOverlay, Segmenter } from "masklet";
 *
 * const image = await decodeImage("photo.jpg");
 * const segmenter = await Segmenter.create();
 * const { instances } = await segmenter.segment(image);
 * const painted = paintOverlay(image, instances, { labels: false });
 * ```
 */
export function paintOverlay(
  image: RgbaImage,
  instances: readonly Instance[],
  options: PaintOptions = {},
): RgbaImage {
  checkNames("export", options, paintNames);
  if (!Array.isArray(instances))
    throw optionError("export", "instances", instances, "a list of instances");
  checkPainted(
    image,
    instances.map((instance) => instance?.mask),
  );
  const shorterSide = Math.min(image.width, image.height);
  const {
    fillOpacity = 0.45,
    outlineWidthPx = Math.max(1, Math.round(shorterSide / 400)),
    labels = true,
  } = options;
  const pixels = new Uint8ClampedArray(image.data);
  const worstFirst = [...instances.entries()].reverse();
  for (const [index, instance] of worstFirst) {
    paintInstance(pixels, image.width, instance, instanceColor(index), fillOpacity, outlineWidthPx);
  }
  const scale = Math.max(1, Math.round(shorterSide / 400));
  if (labels)
    for (const [index, instance] of worstFirst)
      paintLabel(pixels, image, instance, instanceColor(index), scale);
  return { width: image.width, height: image.height, data: pixels };
}
