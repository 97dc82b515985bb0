import type { Instance, OverlayImage } from "../../index.js";

/** Margin around the object, as a share of the side of the thumbnail. */
const margin = 0.08;

/** Draws the object on its faded surroundings into a square canvas. */
export function drawThumbnail(
  canvas: HTMLCanvasElement,
  source: OverlayImage,
  { mask }: Instance,
): void {
  const context = canvas.getContext("2d");
  if (context === null || mask.width === 0 || mask.height === 0) return;
  const side = canvas.width;
  const scale = (side * (1 - 2 * margin)) / Math.max(mask.width, mask.height);
  const left = (side - mask.width * scale) / 2 - mask.x * scale;
  const top = (side - mask.height * scale) / 2 - mask.y * scale;
  const drawSource = (target: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D) => {
    target.imageSmoothingQuality = "high";
    target.drawImage(source, left, top, mask.sourceWidth * scale, mask.sourceHeight * scale);
  };

  const object = new OffscreenCanvas(side, side);
  const objectContext = object.getContext("2d");
  const shape = new OffscreenCanvas(mask.width, mask.height);
  shape.getContext("2d")?.putImageData(mask.toImageData() as ImageData, 0, 0);
  if (objectContext === null) return;
  objectContext.imageSmoothingQuality = "high";
  objectContext.drawImage(
    shape,
    mask.x * scale + left,
    mask.y * scale + top,
    mask.width * scale,
    mask.height * scale,
  );
  objectContext.globalCompositeOperation = "source-in";
  drawSource(objectContext);

  context.clearRect(0, 0, side, side);
  context.globalAlpha = 0.22;
  drawSource(context);
  context.globalAlpha = 1;
  context.drawImage(object, 0, 0);
}
