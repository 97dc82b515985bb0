import {
  cutOut,
  type Instance,
  instanceColor,
  Overlay,
  type OverlayImage,
  placeLabels,
  type SegmentResult,
  toCocoDataset,
} from "../../index.js";
import { percent } from "../format.js";

/** An image and its visible instances. */
export interface Shown {
  readonly image: OverlayImage;
  readonly name: string;
  readonly result: SegmentResult;
  readonly instances: readonly Instance[];
}

export interface OverlayLooks {
  readonly fillOpacity: number;
  readonly outlines: boolean;
  readonly labels: boolean;
  readonly renderer: "auto" | "webgl2" | "canvas2d";
}

/** Lines and labels scale with the shorter side of the image, relative to this side. */
const referenceSidePx = 720;

function drawLabels(
  context: OffscreenCanvasRenderingContext2D,
  instances: readonly Instance[],
  unit: number,
): void {
  const height = 22 * unit;
  context.font = `600 ${12.5 * unit}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  const texts = instances.map(({ label, score }) => `${label} ${percent(score)}`);
  const wishes = instances.map(({ box }, index) => {
    return { ...box, width: context.measureText(texts[index]!).width + 30 * unit, height };
  });
  for (const [index, spot] of placeLabels(wishes, context.canvas).entries()) {
    if (spot === undefined) continue;
    context.fillStyle = "rgb(16 17 21 / 84%)";
    context.beginPath();
    context.roundRect(spot.x, spot.y, wishes[index]!.width, height, 7 * unit);
    context.fill();
    context.fillStyle = `rgb(${instanceColor(index).join(" ")})`;
    context.beginPath();
    context.arc(spot.x + 12 * unit, spot.y + height / 2, 4 * unit, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = "#ffffff";
    context.fillText(texts[index]!, spot.x + 21 * unit, spot.y + height / 2 + 0.5 * unit);
  }
}

/** The image with its overlay, at full resolution, as PNG. */
export async function overlayPng(
  { image, result, instances }: Shown,
  looks: OverlayLooks,
): Promise<Blob> {
  const { width, height } = result;
  const unit = Math.max(0.6, Math.min(width, height) / referenceSidePx);
  const drawing = new OffscreenCanvas(width, height);
  const overlay = new Overlay(drawing, {
    renderer: looks.renderer,
    onTop: "smallest",
    fillOpacity: looks.fillOpacity,
    outlineWidthPx: looks.outlines ? 2 * unit : 0,
  });
  const page = new OffscreenCanvas(width, height);
  const context = page.getContext("2d");
  if (context === null) throw new Error("The browser cannot create another canvas");
  overlay.setScene(image, instances);
  overlay.draw();
  context.drawImage(drawing, 0, 0);
  overlay.dispose();
  if (looks.labels) drawLabels(context, instances, unit);
  return page.convertToBlob({ type: "image/png" });
}

/**
 * One instance cut out to its box, as PNG. With `only` undefined: all instances, in place on a
 * transparent image.
 */
export async function cutOutPng(
  { image, result, instances }: Shown,
  only: number | undefined,
): Promise<Blob> {
  const source = new OffscreenCanvas(result.width, result.height);
  const context = source.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("The browser cannot create another canvas");
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, result.width, result.height);
  const chosen = only === undefined ? instances : instances.slice(only, only + 1);
  const origin = only === undefined ? { x: 0, y: 0 } : chosen[0]!.mask;
  const page =
    only === undefined
      ? new OffscreenCanvas(result.width, result.height)
      : new OffscreenCanvas(chosen[0]!.mask.width, chosen[0]!.mask.height);
  const target = page.getContext("2d");
  for (const { mask } of chosen) {
    const piece = cutOut(pixels, mask);
    const bitmap = await createImageBitmap(
      new ImageData(new Uint8ClampedArray(piece.data), piece.width, piece.height),
    );
    target?.drawImage(bitmap, mask.x - origin.x, mask.y - origin.y);
    bitmap.close();
  }
  return page.convertToBlob({ type: "image/png" });
}

/** The visible instances as a COCO data set with RLE masks. */
export function cocoJson({ name, result, instances }: Shown): Blob {
  const dataset = toCocoDataset([{ fileName: name, result: { ...result, instances } }]);
  return new Blob([JSON.stringify(dataset)], { type: "application/json" });
}

/** Saves a file as a download of the browser. */
export function download(blob: Blob, fileName: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  // The browser has read the address by then; keeping it would only hold memory.
  setTimeout(() => URL.revokeObjectURL(link.href), 30_000);
}
