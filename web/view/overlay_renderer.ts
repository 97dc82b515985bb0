import type { Instance } from "../mask/instances.js";
import type { Rgb } from "./palette.js";

/** A drawable image: an image, a video or a canvas. */
export type OverlayImage =
  | ImageBitmap
  | HTMLImageElement
  | HTMLVideoElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | VideoFrame;

/** The part of an instance that the overlay draws. */
export type OverlayInstance = Pick<Instance, "mask">;

/**
 * Every renderer of {@link Overlay}.
 *
 * @example
 * ```ts
 * import { type RendererName, rendererNames } from "masklet";
 *
 * const isRenderer = (text: string) => rendererNames.includes(text as RendererName);
 * ```
 */
export const rendererNames = ["webgl2", "canvas2d"] as const;
/** A renderer of {@link Overlay}. */
export type RendererName = (typeof rendererNames)[number];

/**
 * Every {@link Stacking}.
 *
 * @example
 * ```ts
 * import { type Stacking, stackings } from "masklet";
 *
 * const isStacking = (text: string) => stackings.includes(text as Stacking);
 * ```
 */
export const stackings = ["bestScore", "smallest"] as const;
/** Which of two overlapping instances is on top: the better score, or the smaller area. */
export type Stacking = (typeof stackings)[number];

/** The style of an overlay. Widths are in pixels of the canvas, at any size of the image. */
export interface OverlayStyle {
  /** Opacity of the fill, 0..1. @defaultValue `0.4` */
  fillOpacity: number;
  /** Width of the outlines in canvas pixels, 0..100. 0 omits them. @defaultValue `2` */
  outlineWidthPx: number;
  /** Index of the highlighted instance, or -1. @defaultValue `-1` */
  highlight: number;
  /** How much the rest is darkened beside a highlighted instance, 0..1. @defaultValue `0.55` */
  dimOthers: number;
}

/**
 * The owner of each pixel of the image: 0 for the background, else index + 1. Rows have no padding.
 * `scale` is 1 unless the image exceeds the maximum texture size. One entry then stands for `scale`
 * x `scale` pixels.
 */
export interface IdMap {
  readonly ids: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

/** Everything that a drawing depends on. */
export interface Scene {
  readonly image: OverlayImage | undefined;
  /** Size of the image and of the masks, in source pixels. */
  readonly widthSrc: number;
  readonly heightSrc: number;
  readonly instances: readonly OverlayInstance[];
  /** Indices of the instances, from bottom to top. */
  readonly order: readonly number[];
  readonly idMap: IdMap;
  /** Color by instance index. */
  readonly colors: readonly Rgb[];
  readonly style: OverlayStyle;
}

/** What changed since the last drawing. */
export interface Changes {
  image: boolean;
  instances: boolean;
}

/** Draws a scene over the whole of its canvas. */
export interface OverlayRenderer {
  readonly name: RendererName;
  /** Maximum side of an ID map. */
  readonly maxSidePx: number;
  draw(scene: Scene, changes: Changes): void;
  dispose(): void;
}
