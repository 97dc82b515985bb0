import { type Instance, instanceColor, type OverlayImage } from "../../index.js";
import { byId, make } from "../dom.js";
import { areaText, capitalized, percent } from "../format.js";
import { drawThumbnail } from "./thumbnails.js";

export interface ObjectListEvents {
  onHover(index: number): void;
  onSelect(index: number): void;
}

interface Row {
  readonly element: HTMLElement;
  readonly thumbnail: HTMLCanvasElement;
  readonly name: HTMLElement;
  readonly score: HTMLElement;
  readonly area: HTMLElement;
}

const thumbnailPx = 46 * Math.min(2, Math.ceil(devicePixelRatio));

/** List of the instances as an ARIA listbox: one tab stop, arrow keys move the selection. */
export class ObjectList {
  private readonly root = byId("object-list", HTMLElement);
  private readonly emptyText = byId("objects-empty", HTMLElement);
  private readonly hint = byId("keys-hint", HTMLElement);
  private readonly count = byId("count", HTMLOutputElement);
  private readonly rows: Row[] = [];
  private shown = 0;

  constructor(private readonly events: ObjectListEvents) {
    this.root.addEventListener("pointerleave", () => events.onHover(-1));
  }

  /** Shows the instances. Thumbnails are drawn from `image`; without it the old ones stay. */
  show(
    instances: readonly Instance[],
    size: { width: number; height: number },
    image?: OverlayImage,
  ): void {
    while (this.rows.length < instances.length) this.addRow();
    for (const [index, row] of this.rows.entries()) {
      const instance = instances[index];
      row.element.hidden = instance === undefined;
      if (instance === undefined) continue;
      row.name.textContent = capitalized(instance.label);
      row.score.textContent = percent(instance.score);
      row.area.textContent = areaText(instance.mask.area, size.width, size.height);
      if (image !== undefined) drawThumbnail(row.thumbnail, image, instance);
    }
    this.shown = instances.length;
    this.count.value = String(instances.length);
    this.root.hidden = instances.length === 0;
    this.hint.hidden = instances.length === 0;
    this.emptyText.hidden = instances.length > 0;
  }

  setEmptyText(text: string): void {
    this.emptyText.textContent = text;
  }

  mark(hovered: number, selected: number): void {
    for (const [index, { element }] of this.rows.entries()) {
      element.dataset.hover = String(index === hovered);
      element.setAttribute("aria-selected", String(index === selected));
    }
    const active = selected >= 0 && selected < this.shown ? this.rows[selected]! : undefined;
    if (active === undefined) this.root.removeAttribute("aria-activedescendant");
    else {
      this.root.setAttribute("aria-activedescendant", active.element.id);
      this.reveal(active.element);
    }
  }

  /** Scrolls the list, never the page. */
  private reveal(element: HTMLElement): void {
    const top = element.offsetTop - this.root.offsetTop;
    const bottom = top + element.offsetHeight;
    if (top < this.root.scrollTop) this.root.scrollTop = top;
    else if (bottom > this.root.scrollTop + this.root.clientHeight)
      this.root.scrollTop = bottom - this.root.clientHeight;
  }

  private addRow(): void {
    const index = this.rows.length;
    const element = make("div", { className: "object" });
    const thumbnail = make("canvas");
    const name = make("span", { className: "object-name" });
    const score = make("span", { className: "object-score" });
    const area = make("span", { className: "object-area" });
    element.id = `object-${index}`;
    element.setAttribute("role", "option");
    element.style.setProperty("--tint", instanceColor(index).join(" "));
    thumbnail.width = thumbnailPx;
    thumbnail.height = thumbnailPx;
    element.append(thumbnail, name, score, area);
    element.addEventListener("pointerenter", () => this.events.onHover(index));
    element.addEventListener("click", () => this.events.onSelect(index));
    this.root.append(element);
    this.rows.push({ element, thumbnail, name, score, area });
  }
}
