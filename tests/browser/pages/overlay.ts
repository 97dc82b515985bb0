/// Draws known shapes with the public Overlay and reads the pixels back, for
/// tests/browser/overlay.spec.ts.
import {
  loadCore,
  Mask,
  Overlay,
  type OverlayOptions,
  type RendererName,
} from "../../../web/index.js";

type Inside = (x: number, y: number) => boolean;

export interface Drawn {
  width: number;
  height: number;
  /** RGBA, row-major. */
  pixels: number[];
}

function maskOf(width: number, height: number, inside: Inside): Mask {
  const bytes = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) bytes[y * width + x] = Number(inside(x + 0.5, y + 0.5));
  }
  return Mask.fromBytes(bytes, { width, height });
}

/** A uniform gray image, so that every other color on the canvas comes from the overlay. */
function grayImage(width: number, height: number): OffscreenCanvas {
  const image = new OffscreenCanvas(width, height);
  const context = image.getContext("2d")!;
  context.fillStyle = "rgb(128 128 128)";
  context.fillRect(0, 0, width, height);
  return image;
}

const offscreenHasGl = new OffscreenCanvas(1, 1).getContext("webgl2") !== null;

/** An offscreen canvas if that supports WebGL2, else an element. */
function canvasOf(width: number, height: number): OffscreenCanvas | HTMLCanvasElement {
  return offscreenHasGl
    ? new OffscreenCanvas(width, height)
    : Object.assign(document.createElement("canvas"), { width, height });
}

function pixelsOf(canvas: OffscreenCanvas | HTMLCanvasElement): Drawn {
  const { width, height } = canvas;
  const context = new OffscreenCanvas(width, height).getContext("2d")!;
  context.drawImage(canvas, 0, 0);
  return { width, height, pixels: [...context.getImageData(0, 0, width, height).data] };
}

/** Draws masks of a gray image of `size` on a canvas `scale` times as large. */
function draw(
  renderer: RendererName,
  size: [number, number],
  shapes: Inside[],
  scale: number,
  options: OverlayOptions = {},
): Drawn {
  const [width, height] = size;
  const canvas = canvasOf(Math.round(width * scale), Math.round(height * scale));
  const overlay = new Overlay(canvas, { ...options, renderer });
  overlay.setScene(
    grayImage(width, height),
    shapes.map((inside) => ({ mask: maskOf(width, height, inside) })),
  );
  overlay.draw();
  const drawn = pixelsOf(canvas);
  overlay.dispose();
  return drawn;
}

const bench = { draw, canvasOf, maskOf, grayImage, pixelsOf, Overlay, Mask };

declare global {
  interface Window {
    bench: Promise<typeof bench>;
  }
}

window.bench = loadCore().then(() => bench);
