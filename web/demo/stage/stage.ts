import { type Instance, instanceColor, Overlay, type OverlayImage } from "../../index.js";
import { byId } from "../dom.js";
import { LabelLayer } from "./label_layer.js";

export interface StageLooks {
  fillOpacity: number;
  outlines: boolean;
  labels: boolean;
}

export interface StageEvents {
  onHover(index: number): void;
  onSelect(index: number): void;
}

const outlineCssPx = 2;
/** A click selects an object within this distance, for fingers and thin objects. */
const pickRadiusCssPx = 6;
/** A ratio above 2 costs time without a visible gain. */
const maxPixelRatio = 2;
const narrow = matchMedia("(max-width: 900px)");
/** Maximum share of the window height that the image takes on a narrow page. */
const narrowHeightShare = 0.62;

/** The image with its overlay and labels: size, drawing (at most once a frame), hover, click. */
export class Stage {
  private readonly root = byId("stage", HTMLElement);
  private readonly holder = byId("image", HTMLElement);
  private readonly canvas = byId("overlay", HTMLCanvasElement);
  private readonly labels = new LabelLayer(byId("labels", HTMLElement));
  private readonly overlay: Overlay;
  private instances: readonly Instance[] = [];
  private looks: StageLooks = { fillOpacity: 0.4, outlines: true, labels: true };
  private size = { width: 0, height: 0 };
  private highlight = -1;
  private firstColor = 0;
  private scheduled = 0;

  constructor(renderer: "auto" | "webgl2" | "canvas2d", events: StageEvents) {
    this.overlay = new Overlay(this.canvas, {
      renderer,
      onTop: "smallest",
      color: (index) => instanceColor(index + this.firstColor),
    });
    this.root.dataset.renderer = this.overlay.rendererName;
    new ResizeObserver(() => this.fit()).observe(this.root);
    addEventListener("resize", () => this.fit());
    this.canvas.addEventListener("pointermove", (event) => {
      if (event.pointerType === "touch") return;
      const index = this.indexAt(event);
      this.canvas.dataset.hit = String(index >= 0);
      events.onHover(index);
    });
    this.canvas.addEventListener("pointerleave", () => events.onHover(-1));
    this.canvas.addEventListener("click", (event) => events.onSelect(this.indexAt(event)));
  }

  /** Shows an image of `width` x `height` with its instances, best score first. */
  show(
    image: OverlayImage,
    size: { width: number; height: number },
    instances: readonly Instance[],
  ): void {
    const resized = size.width !== this.size.width || size.height !== this.size.height;
    this.size = { width: size.width, height: size.height };
    this.root.dataset.state = "image";
    byId("empty", HTMLElement).hidden = true;
    this.holder.hidden = false;
    this.overlay.setImage(image);
    this.setInstances(instances);
    if (resized) this.fit();
  }

  /** Shows another frame of the same video under the current masks. */
  showFrame(image: OverlayImage): void {
    this.overlay.setImage(image);
    this.overlay.draw();
  }

  /** `firstColor` is the palette index of the first instance. */
  setInstances(instances: readonly Instance[], firstColor = 0): void {
    this.instances = instances;
    this.firstColor = firstColor;
    this.overlay.setInstances(instances);
    this.canvas.setAttribute("aria-label", description(instances));
    this.redraw();
  }

  setHighlight(index: number): void {
    if (index === this.highlight) return;
    this.highlight = index;
    this.redraw();
  }

  setLooks(looks: Partial<StageLooks>): void {
    this.looks = { ...this.looks, ...looks };
    this.redraw();
  }

  /** Draws at once, for video: its frame may be closed right after. */
  drawNow(): void {
    cancelAnimationFrame(this.scheduled);
    this.scheduled = 0;
    const { fillOpacity, outlines, labels } = this.looks;
    const ratio = this.canvas.width / Math.max(1, this.holder.clientWidth);
    const highlight = this.highlight < this.instances.length ? this.highlight : -1;
    this.overlay.setStyle({
      fillOpacity,
      outlineWidthPx: outlines ? outlineCssPx * ratio : 0,
      highlight,
    });
    this.overlay.draw();
    if (labels)
      this.labels.show(this.instances, this.holder.clientWidth / this.size.width, highlight);
    else this.labels.clear();
  }

  focus(): void {
    this.canvas.focus({ preventScroll: true });
  }

  private redraw(): void {
    if (this.scheduled !== 0 || this.size.width === 0) return;
    this.scheduled = requestAnimationFrame(() => this.drawNow());
  }

  private indexAt(event: MouseEvent): number {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.size.width / box.width;
    return this.overlay.pick(
      (event.clientX - box.left) * scale,
      (event.clientY - box.top) * scale,
      pickRadiusCssPx * scale,
    );
  }

  /** Fits the image into the stage, with one canvas pixel per screen pixel. */
  private fit(): void {
    const { width, height } = this.size;
    if (width === 0) return;
    const roomWidth = this.root.clientWidth;
    const narrowHeight = Math.min((roomWidth * height) / width, innerHeight * narrowHeightShare);
    this.root.style.height = narrow.matches ? `${Math.round(narrowHeight)}px` : "";
    const scale = Math.min(roomWidth / width, this.root.clientHeight / height);
    const shownWidth = Math.max(1, Math.round(width * scale));
    const shownHeight = Math.max(1, Math.round(height * scale));
    this.holder.style.width = `${shownWidth}px`;
    this.holder.style.height = `${shownHeight}px`;
    const ratio = Math.min(devicePixelRatio, maxPixelRatio);
    this.canvas.width = Math.round(shownWidth * ratio);
    this.canvas.height = Math.round(shownHeight * ratio);
    this.drawNow();
  }
}

/** "Image with 4 objects: 2 × cup, laptop, person". */
function description(instances: readonly Instance[]): string {
  if (instances.length === 0) return "Image, no objects found";
  const counts = new Map<string, number>();
  for (const { label } of instances) counts.set(label, (counts.get(label) ?? 0) + 1);
  const parts = [...counts].map(([label, count]) => (count > 1 ? `${count} × ${label}` : label));
  const total = instances.length === 1 ? "1 object" : `${instances.length} objects`;
  return `Image with ${total}: ${parts.join(", ")}`;
}
