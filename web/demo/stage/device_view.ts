import type { Device, Fallback, Timings } from "../../index.js";
import { byId, make } from "../dom.js";
import { deviceName, milliseconds } from "../format.js";

const parts = [
  ["source", "Image"],
  ["preprocess", "Prepare"],
  ["inference", "Model"],
  ["postprocess", "Masks"],
] as const;

/** Shows the device in use, why not a better one, and the time per stage. */
export class DeviceView {
  private readonly pill = byId("device-pill", HTMLElement);
  private readonly pillText = byId("device-pill-text", HTMLElement);
  private readonly pillTime = byId("device-pill-time", HTMLElement);
  private readonly now = byId("device-now", HTMLElement);
  private readonly fallbacks = byId("fallbacks", HTMLUListElement);
  private readonly timings = byId("timings", HTMLElement);
  private readonly total = byId("timings-total", HTMLElement);
  private readonly fps = byId("timings-fps", HTMLElement);
  private readonly bars = new Map<string, HTMLElement>();
  private readonly values = new Map<string, HTMLElement>();

  constructor() {
    for (const [part, title] of parts) {
      const bar = make("span");
      const term = make("dt", { text: title });
      const value = make("dd");
      bar.dataset.part = part;
      term.dataset.part = part;
      byId("timings-bar", HTMLElement).append(bar);
      byId("timings-list", HTMLDListElement).append(term, value);
      this.bars.set(part, bar);
      this.values.set(part, value);
    }
  }

  showDevice(device: Device, all: readonly Fallback[]): void {
    // Encoder and decoder of one model usually share a reason.
    const fallbacks = all.filter(
      ({ reason }, index) =>
        !all.slice(0, index).some((earlier) => reason.endsWith(earlier.reason)),
    );
    const name = deviceName(device);
    this.pill.hidden = false;
    this.pill.dataset.state = fallbacks.length > 0 ? "fallback" : "first-choice";
    this.pillText.textContent = name;
    this.now.replaceChildren("Running on ", make("strong", { text: name }));
    this.now.dataset.device = device;
    this.fallbacks.replaceChildren(
      ...fallbacks.map(({ device: missed, reason }) => {
        const item = make("li");
        item.append(make("strong", { text: `${deviceName(missed)} not used: ` }), reason);
        return item;
      }),
    );
  }

  showTimings(timings: Timings, framesPerSecond?: number): void {
    this.timings.hidden = false;
    this.total.textContent = `${milliseconds(timings.total)} total`;
    this.pillTime.textContent = ` · ${milliseconds(timings.total)}`;
    this.fps.textContent = framesPerSecond === undefined ? "" : `${framesPerSecond.toFixed(1)} fps`;
    for (const [part] of parts) {
      this.bars.get(part)!.style.flexGrow = String(Math.max(timings[part], 0.001));
      this.values.get(part)!.textContent = milliseconds(timings[part]);
    }
  }
}
