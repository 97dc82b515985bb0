import { MaskletError } from "../base/errors.js";
import {
  checkChoice,
  checkFraction,
  checkNames,
  type OptionNames,
  optionError,
} from "../base/options.js";
import { CanvasRenderer } from "./overlay_canvas.js";
import { GlRenderer } from "./overlay_gl.js";
import { paintIds, paintOrder, pickInstance } from "./overlay_ids.js";
import {
  type Changes,
  type IdMap,
  type OverlayImage,
  type OverlayInstance,
  type OverlayRenderer,
  type OverlayStyle,
  type RendererName,
  rendererNames,
  type Stacking,
  stackings,
} from "./overlay_renderer.js";
import { instanceColor, type Rgb } from "./palette.js";

/** Options of {@link Overlay}; the style can be changed at any time. */
export interface OverlayOptions extends Partial<OverlayStyle> {
  /**
   * `auto` (the default) takes WebGL2 on a GPU, else Canvas2D. `webgl2` also accepts a software
   * WebGL2.
   */
  renderer?: "auto" | RendererName;
  /** Which of two overlapping instances is on top. Default `bestScore`. */
  onTop?: Stacking;
  /** Color by instance index. Default {@link instanceColor}. */
  color?: (index: number) => Rgb;
}

const styleNames = {
  fillOpacity: true,
  outlineWidthPx: true,
  highlight: true,
  dimOthers: true,
} satisfies OptionNames<OverlayStyle>;

const overlayNames = {
  ...styleNames,
  renderer: true,
  onTop: true,
  color: true,
} satisfies OptionNames<OverlayOptions>;

const defaultStyle: OverlayStyle = {
  fillOpacity: 0.4,
  outlineWidthPx: 2,
  highlight: -1,
  dimOthers: 0.55,
};
const noIds: IdMap = { ids: new Uint8Array(1), width: 1, height: 1, scale: 1 };

function createRenderer(
  canvas: HTMLCanvasElement | OffscreenCanvas,
  wanted: "auto" | RendererName,
  onRestored: () => void,
): OverlayRenderer {
  const renderer =
    wanted === "canvas2d"
      ? CanvasRenderer.create(canvas)
      : (GlRenderer.create(canvas, wanted === "webgl2", onRestored) ??
        (wanted === "auto" ? CanvasRenderer.create(canvas) : undefined));
  if (renderer !== undefined) return renderer;
  throw new MaskletError("unsupported", "export", `the canvas gives no ${wanted} context`, {
    value: wanted,
  });
}

/** Size of an image in its own pixels. */
function sizeOf(image: OverlayImage): [width: number, height: number] {
  if ("videoWidth" in image) return [image.videoWidth, image.videoHeight];
  if ("naturalWidth" in image) return [image.naturalWidth, image.naturalHeight];
  if ("displayWidth" in image) return [image.displayWidth, image.displayHeight];
  return [image.width, image.height];
}

/**
 * Draws an image with the masks of its instances over the whole of a canvas: fill, anti-aliased
 * outline of constant width on screen, and one highlighted instance. The image, an ID map (which
 * instance owns each source pixel) and a palette are put together by the GPU; without a fast
 * WebGL2, by Canvas2D. Where instances overlap, the better score is on top, or as `onTop` says.
 *
 * The canvas may have any size; give it the size on screen times `devicePixelRatio`, or the image's
 * own size to export at full resolution. Nothing is drawn before {@link draw}.
 */
export class Overlay {
  private readonly renderer: OverlayRenderer;
  private readonly onTop: Stacking;
  private readonly color: (index: number) => Rgb;
  private style: OverlayStyle = { ...defaultStyle };
  private image: OverlayImage | undefined;
  private widthSrc = 0;
  private heightSrc = 0;
  private instances: readonly OverlayInstance[] = [];
  private order: readonly number[] = [];
  private idMap: IdMap = noIds;
  private changes: Changes = { image: true, instances: true };
  private disposed = false;

  /** Throws `unsupported` where the canvas gives no context of the kind asked for. */
  constructor(
    readonly canvas: HTMLCanvasElement | OffscreenCanvas,
    options: OverlayOptions = {},
  ) {
    checkNames("export", options, overlayNames);
    const { renderer = "auto", onTop = "bestScore", color = instanceColor, ...style } = options;
    checkChoice("export", "renderer", renderer, ["auto", ...rendererNames]);
    checkChoice("export", "onTop", onTop, stackings);
    this.onTop = onTop;
    this.color = color;
    this.setStyle(style);
    this.renderer = createRenderer(canvas, renderer, () => {
      this.changes = { image: true, instances: true };
      this.draw();
    });
  }

  /** What really draws. */
  get rendererName(): RendererName {
    return this.renderer.name;
  }

  /** Changes some of the looks. Throws `badOption` for a value out of range. */
  setStyle(style: Partial<OverlayStyle>): void {
    checkNames("export", style, styleNames);
    const given = Object.entries(style).filter(([, value]) => value !== undefined);
    const next: OverlayStyle = { ...this.style, ...Object.fromEntries(given) };
    checkFraction("export", "fillOpacity", next.fillOpacity);
    checkFraction("export", "dimOthers", next.dimOthers);
    const { outlineWidthPx: width, highlight } = next;
    if (!(width >= 0 && width <= 100))
      throw optionError("export", "outlineWidthPx", width, "a number from 0 to 100");
    if (!Number.isInteger(highlight) || highlight < -1)
      throw optionError("export", "highlight", highlight, "an index or -1");
    this.style = next;
  }

  /**
   * The image and what was found in it, best score first. Masks are in the image's pixels. The
   * image is read in the next {@link draw}, and once more should the GPU lose its context, so keep
   * an ImageBitmap open until the next call or {@link dispose}.
   */
  setScene(image: OverlayImage, instances: readonly OverlayInstance[]): void {
    this.setImage(image);
    this.setInstances(instances);
  }

  /**
   * A new image (or video frame) of the same size under the same masks; of another size, without
   * masks.
   */
  setImage(image: OverlayImage): void {
    const [width, height] = sizeOf(image);
    if (width < 1 || height < 1) {
      throw new MaskletError("badSource", "source", `the image is empty (${width} x ${height})`);
    }
    const sameSize = width === this.widthSrc && height === this.heightSrc;
    this.image = image;
    this.widthSrc = width;
    this.heightSrc = height;
    this.changes.image = true;
    if (!sameSize) this.setInstances([]);
  }

  /** Other masks for the image, best score first. */
  setInstances(instances: readonly OverlayInstance[]): void {
    for (const { mask } of instances) {
      if (mask.x + mask.width > this.widthSrc || mask.y + mask.height > this.heightSrc) {
        const size = `${this.widthSrc} x ${this.heightSrc}`;
        throw new MaskletError(
          "badSize",
          "export",
          `a mask reaches outside the image of ${size} pixels`,
        );
      }
    }
    this.instances = instances;
    this.order = paintOrder(instances, this.onTop);
    const previous =
      this.idMap.width === this.widthSrc && this.idMap.height === this.heightSrc
        ? this.idMap
        : undefined;
    this.idMap =
      this.widthSrc === 0
        ? noIds
        : paintIds(
            instances,
            this.order,
            this.widthSrc,
            this.heightSrc,
            this.renderer.maxSidePx,
            previous,
          );
    this.changes.instances = true;
  }

  /** Draws image and masks over the whole canvas. */
  draw(): void {
    if (this.disposed) return;
    const { image, widthSrc, heightSrc, instances, order, idMap, style } = this;
    const colors = instances.map((_, index) => this.color(index));
    this.renderer.draw(
      { image, widthSrc, heightSrc, instances, order, idMap, colors, style },
      this.changes,
    );
    this.changes = { image: false, instances: false };
  }

  /**
   * Index of the instance at source pixel (x, y), the one on top where two overlap; with `radiusPx`
   * (source pixels) the nearest within it, for fingers and thin objects. -1 where there is none.
   */
  pick(x: number, y: number, radiusPx = 0): number {
    return pickInstance(this.idMap, x, y, radiusPx);
  }

  /** Frees every GPU object. The canvas stays as it is; further calls draw nothing. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.renderer.dispose();
    this.image = undefined;
    this.instances = [];
    this.idMap = noIds;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
