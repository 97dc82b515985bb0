import { type Instance, instanceColor, placeLabels } from "../../index.js";
import { make } from "../dom.js";
import { percent } from "../format.js";

interface Label {
  readonly element: HTMLElement;
  readonly name: Text;
  readonly score: HTMLElement;
}

/** Labels over the image. They are DOM elements, so they stay sharp and use system fonts. */
export class LabelLayer {
  private readonly labels: Label[] = [];

  constructor(private readonly root: HTMLElement) {}

  /**
   * `scale` is in CSS pixels per image pixel. The label of the highlighted instance is placed
   * first, so it is always shown.
   */
  show(instances: readonly Instance[], scale: number, highlight: number): void {
    const order = instances.map((_, index) => index);
    if (highlight >= 0 && highlight < order.length) {
      order.splice(highlight, 1);
      order.unshift(highlight);
    }
    while (this.labels.length < instances.length) this.labels.push(this.add());
    for (const [index, label] of this.labels.entries()) {
      const instance = instances[index];
      label.element.hidden = instance === undefined;
      if (instance !== undefined)
        this.fill(label, instance, index, highlight >= 0 && index !== highlight);
    }
    const wishes = order.map((index) => {
      const { x1, y1, x2, y2 } = instances[index]!.box;
      const { offsetWidth, offsetHeight } = this.labels[index]!.element;
      return {
        x1: x1 * scale,
        y1: y1 * scale,
        x2: x2 * scale,
        y2: y2 * scale,
        width: offsetWidth,
        height: offsetHeight,
      };
    });
    const spots = placeLabels(wishes, {
      width: this.root.clientWidth,
      height: this.root.clientHeight,
    });
    for (const [rank, index] of order.entries()) {
      const spot = spots[rank];
      const { element } = this.labels[index]!;
      element.hidden = spot === undefined;
      if (spot !== undefined)
        element.style.transform = `translate(${Math.round(spot.x)}px, ${Math.round(spot.y)}px)`;
    }
  }

  clear(): void {
    for (const { element } of this.labels) element.hidden = true;
  }

  private fill(
    { element, name, score }: Label,
    instance: Instance,
    index: number,
    dimmed: boolean,
  ): void {
    name.data = instance.label;
    score.textContent = percent(instance.score);
    element.style.setProperty("--color", `rgb(${instanceColor(index).join(" ")})`);
    element.dataset.dimmed = String(dimmed);
  }

  private add(): Label {
    const element = make("span", { className: "label" });
    const name = new Text();
    const score = make("small");
    element.append(name, score);
    this.root.append(element);
    return { element, name, score };
  }
}
