import type { Instance } from "../mask/instances.js";
import type { Rgb } from "./palette.js";

/** What the overlay can draw: an image, a video or a canvas. */
export type OverlayImage =
  | ImageBitmap
  | HTMLImageElement
  | HTMLVideoElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | VideoFrame;

/** The part of an instance that is drawn. */
export type OverlayInstance = Pick<Instance, "mask">;

export const rendererNames = ["webgl2", "canvas2d"] as const;
export type RendererName = (typeof rendererNames)[number];

export const stackings = ["bestScore", "smallest"] as const;
/**
 * Which of two overlapping instances is on top: the one with the better score, or the one with the
 * smaller area.
 */
export type Stacking = (typeof stackings)[number];

/** Looks of the overlay. Widths are in pixels of the canvas, whatever the size of the image. */
export interface OverlayStyle {
  /** Opacity of the fill, 0..1. Default 0.4. */
  fillOpacity: number;
  /** Width of the outlines; 0 draws none. Default 2. */
  outlineWidthPx: number;
  /** Index of the instance to pick out, -1 for none. */
  highlight: number;
  /** How far everything but the highlighted instance is darkened, 0..1. Default 0.55. */
  dimOthers: number;
}

/**
 * Which instance owns each pixel of the image: 0 for none, else index + 1. Rows are tightly packed.
 * `scale` is 1 unless the image is larger than the GPU's textures, when one entry stands for
 * `scale` x `scale` pixels.
 */
export interface IdMap {
  readonly ids: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

/** Everything one drawing depends on. */
export interface Scene {
  readonly image: OverlayImage | undefined;
  /** Size of the image and of the masks, in source pixels. */
  readonly widthSrc: number;
  readonly heightSrc: number;
  readonly instances: readonly OverlayInstance[];
  /** Indices of the instances, the one on top last. */
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
  /** Longest side of an ID map that it takes. */
  readonly maxSidePx: number;
  draw(scene: Scene, changes: Changes): void;
  dispose(): void;
}
