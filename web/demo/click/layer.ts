import type { Box, Mask } from "../../index.js";
import { byId, make } from "../dom.js";

export type PointLabel = "foreground" | "background";
/** What a click without Shift does; dragging with a mouse draws a box with any tool. */
export type Tool = PointLabel | "box";

/** A prompt point, in image pixels. */
export interface ClickPoint {
  readonly x: number;
  readonly y: number;
  readonly label: PointLabel;
}

export interface ClickEvents {
  onPoint(point: ClickPoint): void;
  onBox(box: Box): void;
  onRemove(index: number): void;
  /** Position of the pointer, in image pixels; undefined when it has left. */
  onHover(at: { x: number; y: number } | undefined): void;
}

/** A pointer that moves further than this between down and up is dragged. */
const dragCssPx = 6;
/** Arrow keys aim in steps of this share of the longer side; with Shift, of one image pixel. */
const aimStep = 1 / 40;
/** Maximum error of the outline of a preview, in image pixels. */
const previewTolerancePx = 0.75;

function svg(name: string, className: string): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  element.setAttribute("class", className);
  return element;
}

/** The layer over the image in Click mode: takes clicks, drags and keys; shows the prompts. */
export class ClickLayer {
  private tool: Tool = "foreground";
  private readonly root = byId("clicks", HTMLElement);
  private readonly drawing = svg("svg", "");
  private readonly preview = svg("path", "click-preview");
  private readonly box = svg("rect", "click-box");
  private readonly aim = make("span", { className: "click-aim" });
  private points: HTMLButtonElement[] = [];
  private size = { width: 1, height: 1 };
  private aimed = { x: 0, y: 0 };
  private down:
    | { readonly id: number; readonly x: number; readonly y: number; dragged: boolean }
    | undefined;
  private shownBox: Box | undefined;

  constructor(private readonly events: ClickEvents) {
    this.drawing.setAttribute("preserveAspectRatio", "none");
    this.drawing.setAttribute("aria-hidden", "true");
    this.drawing.append(this.preview, this.box);
    this.root.append(this.drawing, this.aim);
    this.aim.hidden = true;
    this.root.tabIndex = 0;
    this.root.addEventListener("pointerdown", (event) => this.begin(event));
    this.root.addEventListener("pointermove", (event) => this.move(event));
    this.root.addEventListener("pointerup", (event) => this.end(event));
    this.root.addEventListener("pointercancel", () => this.cancel());
    this.root.addEventListener("pointerleave", () => events.onHover(undefined));
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.root.addEventListener("blur", () => {
      this.aim.hidden = true;
    });
    this.root.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  setVisible(visible: boolean): void {
    this.root.hidden = !visible;
    if (!visible) this.cancel();
  }

  setTool(tool: Tool): void {
    this.tool = tool;
    this.root.dataset.tool = tool;
  }

  /** Sets a new image, without prompts. */
  setImage({
    name,
    image: { width, height },
  }: {
    name: string;
    image: { width: number; height: number };
  }): void {
    this.root.setAttribute("aria-label", `Clickable image: ${name}`);
    this.size = { width, height };
    this.aimed = { x: width / 2, y: height / 2 };
    this.drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.show([], undefined);
    this.showPreview(undefined);
  }

  show(points: readonly ClickPoint[], box: Box | undefined): void {
    const hadFocus = this.points.some((button) => button === document.activeElement);
    for (const button of this.points) button.remove();
    this.points = points.map((point, index) => this.pointButton(point, index));
    this.root.append(...this.points);
    this.shownBox = box;
    this.drawBox(box, false);
    if (hadFocus) this.root.focus({ preventScroll: true });
  }

  showPreview(mask: Mask | undefined): void {
    const rings =
      mask === undefined || mask.area === 0
        ? []
        : mask.toPolygons({ tolerance: previewTolerancePx });
    this.preview.setAttribute("d", rings.map(({ points }) => `M${points.join(" ")}Z`).join(""));
    this.root.dataset.preview = String(rings.length > 0);
  }

  private pointButton({ x, y, label }: ClickPoint, index: number): HTMLButtonElement {
    const button = make("button", { className: "click-point" });
    button.type = "button";
    button.dataset.label = label;
    button.title = "Remove this point";
    button.setAttribute(
      "aria-label",
      `Remove ${label} point ${index + 1} at ${Math.round(x)}, ${Math.round(y)}`,
    );
    this.place(button, { x, y });
    button.addEventListener("click", () => this.events.onRemove(index));
    for (const type of ["pointerdown", "pointerup"])
      button.addEventListener(type, (event) => event.stopPropagation());
    button.addEventListener("keydown", (event) => {
      if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
      if (event.key === "Delete" || event.key === "Backspace") this.events.onRemove(index);
    });
    return button;
  }

  private place(element: HTMLElement, { x, y }: { x: number; y: number }): void {
    element.style.left = `${(100 * x) / this.size.width}%`;
    element.style.top = `${(100 * y) / this.size.height}%`;
  }

  private drawBox(box: Box | undefined, isDrawing: boolean): void {
    const { x1, y1, x2, y2 } = box ?? { x1: 0, y1: 0, x2: 0, y2: 0 };
    const sides = { x: x1, y: y1, width: x2 - x1, height: y2 - y1 };
    for (const [name, value] of Object.entries(sides)) this.box.setAttribute(name, String(value));
    this.box.dataset.drawing = String(isDrawing);
    this.box.toggleAttribute("hidden", box === undefined);
  }

  /** In image pixels, inside the image. */
  private at({ clientX, clientY }: { clientX: number; clientY: number }): { x: number; y: number } {
    const { left, top, width, height } = this.root.getBoundingClientRect();
    const clamp = (share: number) => Math.min(1, Math.max(0, share));
    return {
      x: clamp((clientX - left) / width) * this.size.width,
      y: clamp((clientY - top) / height) * this.size.height,
    };
  }

  private begin(event: PointerEvent): void {
    if (event.button !== 0 || this.down !== undefined) return;
    this.down = { id: event.pointerId, x: event.clientX, y: event.clientY, dragged: false };
    this.root.setPointerCapture(event.pointerId);
    this.aim.hidden = true;
  }

  private move(event: PointerEvent): void {
    const { down } = this;
    if (down === undefined) {
      if (event.pointerType !== "touch") this.events.onHover(this.at(event));
      return;
    }
    if (event.pointerId !== down.id) return;
    // A finger scrolls the page, except with the box tool.
    if (
      !down.dragged &&
      hasMoved(event, down) &&
      (event.pointerType !== "touch" || this.tool === "box")
    ) {
      this.events.onHover(undefined);
      down.dragged = true;
    }
    if (down.dragged) this.drawBox(this.boxTo(event, down), true);
  }

  private end(event: PointerEvent): void {
    const { down } = this;
    if (down === undefined || event.pointerId !== down.id) return;
    this.down = undefined;
    if (down.dragged) {
      const box = this.boxTo(event, down);
      this.drawBox(this.shownBox, false);
      if (box.x2 - box.x1 >= 1 && box.y2 - box.y1 >= 1) this.events.onBox(box);
    } else if (!hasMoved(event, down) && (this.tool !== "box" || event.shiftKey)) {
      this.events.onPoint({ ...this.at(event), label: this.labelFor(event) });
    }
  }

  private cancel(): void {
    this.down = undefined;
    this.drawBox(this.shownBox, false);
    this.events.onHover(undefined);
  }

  private labelFor({ shiftKey }: { shiftKey: boolean }): PointLabel {
    return shiftKey || this.tool === "background" ? "background" : "foreground";
  }

  private boxTo(event: PointerEvent, down: { x: number; y: number }): Box {
    const from = this.at({ clientX: down.x, clientY: down.y });
    const to = this.at(event);
    return {
      x1: Math.min(from.x, to.x),
      y1: Math.min(from.y, to.y),
      x2: Math.max(from.x, to.x),
      y2: Math.max(from.y, to.y),
    };
  }

  /** Arrow keys aim, Enter and Space click there; with Shift they subtract. */
  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 1 : Math.max(this.size.width, this.size.height) * aimStep;
    const ways: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    const way = ways[event.key];
    if (way !== undefined) this.aimBy(...way);
    else if (event.key === "Enter" || event.key === " ") {
      if (this.aim.hidden) this.aimBy(0, 0);
      else this.events.onPoint({ ...this.aimed, label: this.labelFor(event) });
    } else return;
    event.preventDefault();
  }

  private aimBy(dx: number, dy: number): void {
    const inside = (value: number, end: number) => Math.min(end - 0.5, Math.max(0.5, value));
    this.aimed = {
      x: inside(this.aimed.x + dx, this.size.width),
      y: inside(this.aimed.y + dy, this.size.height),
    };
    this.place(this.aim, this.aimed);
    this.aim.hidden = false;
    this.events.onHover(this.aimed);
  }
}

function hasMoved(event: PointerEvent, down: { x: number; y: number }): boolean {
  return Math.hypot(event.clientX - down.x, event.clientY - down.y) > dragCssPx;
}
