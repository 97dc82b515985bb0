import { MaskletError } from "../base/errors.js";
import { CanvasRenderer } from "./overlay_canvas.js";
import { GlRenderer } from "./overlay_gl.js";
import { paintIds, paintOrder, pickInstance } from "./overlay_ids.js";
import type {
  Changes,
  IdMap,
  OverlayImage,
  OverlayInstance,
  OverlayRenderer,
  OverlayStyle,
  RendererName,
  Stacking,
} from "./overlay_renderer.js";
import { instanceColor, type Rgb } from "./palette.js";

/** Options of {@link Overlay}. {@link Overlay.setStyle} can change the style at any time. */
export interface OverlayOptions extends Partial<OverlayStyle> {
  /**
   * The renderer. `auto` uses WebGL2 on a GPU, else Canvas2D. `webgl2` also accepts software
   * rendering.
   * @defaultValue `"auto"`
   */
  renderer?: "auto" | RendererName;
  /** Which of two overlapping instances is on top. @defaultValue `"bestScore"` */
  onTop?: Stacking;
  /** The color of an instance by its index. @defaultValue {@link instanceColor} */
  color?: (index: number) => Rgb;
}

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
  const message = `the canvas does not provide a ${wanted} context`;
  throw new MaskletError("unsupported", "export", message, {
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
 * Draws an image and the masks of its instances over a whole canvas. Each mask has a fill and an
 * anti-aliased outline of constant width in canvas pixels. One instance may be highlighted. The GPU
 * composes the image, an ID map (the owner of each source pixel) and a palette. Without a fast
 * WebGL2, Canvas2D draws instead.
 *
 * The canvas may have any size. On screen, use its size in CSS pixels times `devicePixelRatio`. For
 * an export at full resolution, use the size of the image. Only {@link draw} draws.
 *
 * @example
 * ```ts
 * import { Overlay, Segmenter } from "masklet";
 *
 * const image = document.querySelector("img")!;
 * const segmenter = await Segmenter.create();
 * const { instances } = await segmenter.segment(image);
 * const overlay = new Overlay(document.querySelector("canvas")!, { fillOpacity: 0.5 });
 * overlay.setScene(image, instances);
 * overlay.draw();
 * ```
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

  /**
   * @param canvas the canvas to draw on
   * @param options the renderer and the style
   * @throws MaskletError `unsupported` if the canvas does not provide the context; `badOption` for
   *   a style out of range.
   */
  constructor(
    /** The canvas. */
    readonly canvas: HTMLCanvasElement | OffscreenCanvas,
    {
      renderer = "auto",
      onTop = "bestScore",
      color = instanceColor,
      ...style
    }: OverlayOptions = {},
  ) {
    this.onTop = onTop;
    this.color = color;
    this.setStyle(style);
    this.renderer = createRenderer(canvas, renderer, () => {
      this.changes = { image: true, instances: true };
      this.draw();
    });
  }

  /** The renderer in use. */
  get rendererName(): RendererName {
    return this.renderer.name;
  }

  /**
   * Changes parts of the style. The next {@link draw} shows the change.
   * @throws MaskletError `badOption` for a value out of range.
   */
  setStyle(style: Partial<OverlayStyle>): void {
    const next = { ...this.style, ...style };
    for (const name of ["fillOpacity", "dimOthers"] as const) {
      if (!(next[name] >= 0 && next[name] <= 1))
        throw badOption(name, next[name], "a number from 0 to 1");
    }
    if (!(next.outlineWidthPx >= 0 && next.outlineWidthPx <= 100)) {
      throw badOption("outlineWidthPx", next.outlineWidthPx, "a number from 0 to 100");
    }
    if (!Number.isInteger(next.highlight) || next.highlight < -1) {
      throw badOption("highlight", next.highlight, "an index, or -1 for none");
    }
    this.style = next;
  }

  /**
   * Sets the image and its instances. The next {@link draw} reads the image, and reads it again
   * after the GPU lost its context. An ImageBitmap must therefore stay open until the next call or
   * {@link dispose}.
   * @param image an image of at least 1 x 1 pixels
   * @param instances the instances, best score first, with masks in pixels of the image
   * @throws MaskletError `badSource` for an empty image, `badSize` for a mask outside the image.
   */
  setScene(image: OverlayImage, instances: readonly OverlayInstance[]): void {
    this.setImage(image);
    this.setInstances(instances);
  }

  /**
   * Replaces the image, for example by the next frame of a video. An image of the same size keeps
   * the instances; another size removes them.
   * @throws MaskletError `badSource` for an empty image.
   */
  setImage(image: OverlayImage): void {
    const [width, height] = sizeOf(image);
    if (width < 1 || height < 1) {
      const message = `the image has ${width} x ${height} pixels; it must not be empty`;
      throw new MaskletError("badSource", "source", message);
    }
    const sameSize = width === this.widthSrc && height === this.heightSrc;
    this.image = image;
    this.widthSrc = width;
    this.heightSrc = height;
    this.changes.image = true;
    if (!sameSize) this.setInstances([]);
  }

  /**
   * Replaces the instances of the image.
   * @param instances the instances, best score first; at most 65,535
   * @throws MaskletError `badSize` for a mask outside the image.
   */
  setInstances(instances: readonly OverlayInstance[]): void {
    for (const { mask } of instances) {
      if (mask.x + mask.width > this.widthSrc || mask.y + mask.height > this.heightSrc) {
        const size = `${this.widthSrc} x ${this.heightSrc}`;
        throw new MaskletError(
          "badSize",
          "export",
          `a mask extends beyond the image of ${size} pixels`,
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

  /** Draws the image and the masks over the whole canvas. */
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
   * Finds the instance at a point. Of overlapping instances, it returns the one on top.
   * @param x horizontal position in source pixels
   * @param y vertical position in source pixels
   * @param radiusPx search radius in source pixels, for fingers and thin objects; the nearest
   *   instance wins
   * @returns the index of the instance, or -1
   */
  pick(x: number, y: number, radiusPx = 0): number {
    return pickInstance(this.idMap, x, y, radiusPx);
  }

  /** Frees all GPU objects. The canvas keeps its content, and later calls draw nothing. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.renderer.dispose();
    this.image = undefined;
    this.instances = [];
    this.idMap = noIds;
  }

  /** Same as {@link dispose}, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function badOption(name: string, value: number, range: string): MaskletError {
  return new MaskletError("badOption", "export", `${name} is ${value}; it must be ${range}`, {
    value,
  });
}
