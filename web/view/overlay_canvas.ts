import type { PolygonRing } from "../base/geometry.js";
import type { Changes, OverlayRenderer, Scene } from "./overlay_renderer.js";
import type { Rgb } from "./palette.js";

type OverlayCanvas = HTMLCanvasElement | OffscreenCanvas;
type Context2d = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

const haloPx = 1.25;
/**
 * Passes of the binomial filter over a contour. They equal a Gaussian of 1.2 source pixels, which
 * smooths the staircase of the pixels.
 */
const smoothingPasses = 3;

/** Midpoints of the unit edges of a ring along pixel edges: x0, y0, x1, y1, … */
function unitEdges(points: Float32Array): Float32Array {
  const count = points.length / 2;
  const middles: number[] = [];
  for (let k = 0; k < count; k += 1) {
    const x = points[2 * k]!;
    const y = points[2 * k + 1]!;
    const dx = points[(2 * k + 2) % points.length]! - x;
    const dy = points[(2 * k + 3) % points.length]! - y;
    const length = Math.abs(dx) + Math.abs(dy);
    for (let step = 0.5; step < length; step += 1)
      middles.push(x + (dx * step) / length, y + (dy * step) / length);
  }
  return Float32Array.from(middles);
}

/** One pass of the filter 1 2 1 over a closed ring. */
function smooth(ring: Float32Array): Float32Array {
  const { length } = ring;
  return ring.map(
    (v, k) => (ring[(k + length - 2) % length]! + 2 * v + ring[(k + 2) % length]!) / 4,
  );
}

function addRing(path: Path2D, points: Float32Array): void {
  let ring = unitEdges(points);
  for (let pass = 0; pass < smoothingPasses; pass += 1) ring = smooth(ring);
  path.moveTo(ring[0]!, ring[1]!);
  for (let k = 2; k < ring.length; k += 2) path.lineTo(ring[k]!, ring[k + 1]!);
  path.closePath();
}

function pathOf(rings: readonly PolygonRing[]): Path2D {
  const path = new Path2D();
  for (const { points } of rings) addRing(path, points);
  return path;
}

const css = ([r, g, b]: Rgb): string => `rgb(${r} ${g} ${b})`;

/**
 * Canvas2D renderer, for machines without a fast WebGL2. It draws contours as paths, from bottom to
 * top, and erases what lies under each one. Overlaps therefore look the same as in WebGL2. It needs
 * the wasm core for the contours.
 */
export class CanvasRenderer implements OverlayRenderer {
  readonly name = "canvas2d";
  readonly maxSidePx = Number.POSITIVE_INFINITY;
  private paths: readonly Path2D[] = [];
  /** The instances without the image. It stays valid while only the image changes, as in video. */
  private readonly layer = new OffscreenCanvas(1, 1);
  private layerKey = "";
  /** The pixels of the highlighted object. */
  private readonly cutOut = new OffscreenCanvas(1, 1);

  private constructor(
    private readonly canvas: OverlayCanvas,
    private readonly context: Context2d,
  ) {}

  /** Undefined if the canvas already has a context of another kind. */
  static create(canvas: OverlayCanvas): CanvasRenderer | undefined {
    const context = canvas.getContext("2d") as Context2d | null;
    return context === null ? undefined : new CanvasRenderer(canvas, context);
  }

  draw(scene: Scene, changes: Changes): void {
    const { canvas, context } = this;
    if (changes.instances)
      this.paths = scene.instances.map(({ mask }) => pathOf(mask.toPolygons({ tolerance: 0 })));
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (scene.image === undefined) return;
    context.imageSmoothingQuality = "high";
    context.drawImage(scene.image, 0, 0, canvas.width, canvas.height);
    const { highlight } = scene.style;
    if (highlight >= 0) this.dim(scene);
    if (this.paths.length === 0) return;
    const layerKey = JSON.stringify([canvas.width, canvas.height, scene.style]);
    if (changes.instances || layerKey !== this.layerKey) this.drawInstances(scene);
    this.layerKey = layerKey;
    context.drawImage(this.layer, 0, 0);
  }

  dispose(): void {
    this.paths = [];
    for (const canvas of [this.layer, this.cutOut]) {
      canvas.width = 1;
      canvas.height = 1;
    }
  }

  /** Darkens everything and restores the visible pixels of the highlighted object. */
  private dim(scene: Scene): void {
    const { context, paths } = this;
    const { highlight } = scene.style;
    this.darken(scene);
    const path = paths[highlight];
    const layer = this.cleared(this.cutOut, scene);
    if (path === undefined || layer === null) return;
    layer.fill(path, "evenodd");
    layer.globalCompositeOperation = "destination-out";
    for (const above of scene.order.slice(scene.order.indexOf(highlight) + 1))
      layer.fill(paths[above]!, "evenodd");
    layer.globalCompositeOperation = "source-in";
    layer.drawImage(scene.image!, 0, 0, scene.widthSrc, scene.heightSrc);
    context.drawImage(this.cutOut, 0, 0);
  }

  /**
   * Reduces color and lightness by composition, because Safari's canvas lacks `filter`.
   */
  private darken({ image, style: { dimOthers }, ...scene }: Scene): void {
    const { canvas, context } = this;
    const shape = this.cleared(this.cutOut, scene);
    if (shape === null) return;
    shape.drawImage(image!, 0, 0, scene.widthSrc, scene.heightSrc);
    shape.globalCompositeOperation = "source-in";
    shape.fillRect(0, 0, scene.widthSrc, scene.heightSrc);
    context.save();
    context.globalAlpha = dimOthers * 0.7;
    context.globalCompositeOperation = "saturation";
    context.drawImage(this.cutOut, 0, 0);
    context.globalAlpha = dimOthers * 0.75;
    context.globalCompositeOperation = "source-over";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.restore();
  }

  /** Makes an empty layer of the canvas's size, with source pixels as its unit. */
  private cleared(
    layer: OffscreenCanvas,
    { widthSrc, heightSrc }: Pick<Scene, "widthSrc" | "heightSrc">,
  ): OffscreenCanvasRenderingContext2D | null {
    const { canvas } = this;
    layer.width = canvas.width;
    layer.height = canvas.height;
    const context = layer.getContext("2d");
    context?.scale(canvas.width / widthSrc, canvas.height / heightSrc);
    return context;
  }

  private drawInstances(scene: Scene): void {
    const { style, colors } = scene;
    const context = this.cleared(this.layer, scene);
    if (context === null) return;
    const srcPerPx = scene.widthSrc / this.canvas.width;
    context.lineJoin = "round";
    for (const index of scene.order) {
      const path = this.paths[index]!;
      const picked = index === style.highlight;
      const dim = style.highlight >= 0 && !picked ? style.dimOthers : 0;
      const color = css(colors[index]!);
      const widthPx = style.outlineWidthPx * (picked ? 1.5 : 1);
      if (widthPx > 0)
        this.stroke(
          context,
          path,
          "rgb(0 0 0)",
          (widthPx + 2 * haloPx) * srcPerPx,
          0.4 * (1 - 0.75 * dim),
        );
      context.globalCompositeOperation = "destination-out";
      context.globalAlpha = 1;
      context.fill(path, "evenodd");
      context.globalCompositeOperation = "source-over";
      context.fillStyle = color;
      context.globalAlpha = style.fillOpacity * (1 - dim) * (picked ? 0.6 : 1);
      context.fill(path, "evenodd");
      if (widthPx > 0) this.stroke(context, path, color, widthPx * srcPerPx, 1 - 0.75 * dim);
    }
  }

  private stroke(
    context: OffscreenCanvasRenderingContext2D,
    path: Path2D,
    style: string,
    width: number,
    alpha: number,
  ): void {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.globalAlpha = alpha;
    context.stroke(path);
  }
}
