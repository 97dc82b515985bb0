import type { PolygonRing } from "../types.js";
import type { Changes, OverlayRenderer, Scene } from "./overlay_renderer.js";
import type { Rgb } from "./palette.js";

type OverlayCanvas = HTMLCanvasElement | OffscreenCanvas;
type Context2d = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** How much of an edge next to a corner is rounded, in source pixels: half a pixel turns the staircase of a contour into a smooth line. */
const roundingSrc = 0.5;
const haloPx = 1.25;

/** Adds a closed ring to the path, its corners replaced by quadratic curves. */
function addRing(path: Path2D, points: Float32Array): void {
  const count = points.length / 2;
  const at = (k: number): [number, number] => {
    const wrapped = ((k + count) % count) * 2;
    return [points[wrapped]!, points[wrapped + 1]!];
  };
  /** The point on the edge from corner `k` to its neighbour where the rounding of `k` ends. */
  const near = (k: number, neighbour: number): [number, number] => {
    const [x, y] = at(k);
    const [nx, ny] = at(neighbour);
    const length = Math.hypot(nx - x, ny - y);
    const t = length === 0 ? 0 : Math.min(0.5, roundingSrc / length);
    return [x + (nx - x) * t, y + (ny - y) * t];
  };
  path.moveTo(...near(0, 1));
  for (let k = 1; k <= count; k += 1) {
    path.lineTo(...near(k, k - 1));
    path.quadraticCurveTo(...at(k), ...near(k, k + 1));
  }
  path.closePath();
}

function pathOf(rings: readonly PolygonRing[]): Path2D {
  const path = new Path2D();
  for (const { points } of rings) addRing(path, points);
  return path;
}

const css = ([r, g, b]: Rgb): string => `rgb(${r} ${g} ${b})`;

/**
 * Canvas2D renderer, for machines without a fast WebGL2: contours as paths, filled and stroked by the canvas. The worst score is drawn
 * first and erased under the better ones, so overlaps look as they do in WebGL2. Needs the wasm core for the contours.
 */
export class CanvasRenderer implements OverlayRenderer {
  readonly name = "canvas2d";
  readonly maxSidePx = Number.POSITIVE_INFINITY;
  private paths: readonly Path2D[] = [];
  private readonly layer = new OffscreenCanvas(1, 1);

  private constructor(
    private readonly canvas: OverlayCanvas,
    private readonly context: Context2d,
  ) {}

  /** Undefined where the canvas already has a context of another kind. */
  static create(canvas: OverlayCanvas): CanvasRenderer | undefined {
    const context = canvas.getContext("2d") as Context2d | null;
    return context === null ? undefined : new CanvasRenderer(canvas, context);
  }

  draw(scene: Scene, changes: Changes): void {
    const { canvas, context } = this;
    if (changes.instances) this.paths = scene.instances.map(({ mask }) => pathOf(mask.toPolygons({ tolerance: 0 })));
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (scene.picture === undefined) return;
    context.imageSmoothingQuality = "high";
    context.drawImage(scene.picture, 0, 0, canvas.width, canvas.height);
    const { highlight } = scene.style;
    if (highlight >= 0) this.dim(scene);
    if (this.paths.length === 0) return;
    this.drawInstances(scene);
    context.drawImage(this.layer, 0, 0);
  }

  dispose(): void {
    this.paths = [];
    this.layer.width = 1;
    this.layer.height = 1;
  }

  /** Darkens everything and puts the highlighted object's own pixels back. */
  private dim(scene: Scene): void {
    const { canvas, context } = this;
    const { highlight, dimOthers } = scene.style;
    context.save();
    context.filter = `grayscale(${dimOthers * 0.7}) brightness(${1 - dimOthers * 0.75})`;
    context.drawImage(scene.picture!, 0, 0, canvas.width, canvas.height);
    context.restore();
    const path = this.paths[highlight];
    if (path === undefined) return;
    context.save();
    context.scale(canvas.width / scene.widthSrc, canvas.height / scene.heightSrc);
    context.clip(path, "evenodd");
    context.drawImage(scene.picture!, 0, 0, scene.widthSrc, scene.heightSrc);
    context.restore();
  }

  private drawInstances({ style, colours, widthSrc, heightSrc }: Scene): void {
    const { layer, canvas } = this;
    layer.width = canvas.width;
    layer.height = canvas.height;
    const context = layer.getContext("2d");
    if (context === null) return;
    const srcPerPx = widthSrc / canvas.width;
    context.scale(canvas.width / widthSrc, canvas.height / heightSrc);
    context.lineJoin = "round";
    for (let index = this.paths.length - 1; index >= 0; index -= 1) {
      const path = this.paths[index]!;
      const picked = index === style.highlight;
      const dim = style.highlight >= 0 && !picked ? style.dimOthers : 0;
      const colour = css(colours[index]!);
      const widthPx = style.outlineWidthPx * (picked ? 1.5 : 1);
      if (widthPx > 0) this.stroke(context, path, "rgb(0 0 0)", (widthPx + 2 * haloPx) * srcPerPx, 0.4 * (1 - 0.75 * dim));
      context.globalCompositeOperation = "destination-out";
      context.globalAlpha = 1;
      context.fill(path, "evenodd");
      context.globalCompositeOperation = "source-over";
      context.fillStyle = colour;
      context.globalAlpha = style.fillOpacity * (1 - dim) * (picked ? 0.6 : 1);
      context.fill(path, "evenodd");
      if (widthPx > 0) this.stroke(context, path, colour, widthPx * srcPerPx, 1 - 0.75 * dim);
    }
  }

  private stroke(context: OffscreenCanvasRenderingContext2D, path: Path2D, style: string, width: number, alpha: number): void {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.globalAlpha = alpha;
    context.stroke(path);
  }
}
