import type { Device, Fallback, OverlayImage, SegmentResult, Timings } from "../../index.js";
import { DeviceView } from "./device_view.js";
import type { Shown } from "./export_files.js";
import { ObjectList } from "./object_list.js";
import { Selection } from "./selection.js";
import type { Settings } from "./settings.js";
import { Stage } from "./stage.js";

/**
 * `objects`: those above the minimum score are shown. `regions`: all are shown. `candidates`: one
 * is shown, the one hovered in the list or else the selected one.
 */
export type FoundKind = "objects" | "regions" | "candidates";

/** An image and its instances down to the score `askedScore`. */
export interface Found {
  /** Default `objects`. */
  readonly kind?: FoundKind;
  readonly image: OverlayImage;
  readonly name: string;
  readonly result: SegmentResult;
  readonly askedScore: number;
}

/** Minimum time between two updates of the thumbnails of live video. */
const liveThumbnailsMs = 600;

/** Keeps everything that shows a result in step: stage, list, selection and timings. */
export class ResultView {
  readonly selection = new Selection(() => this.showSelection());
  /** The result on the stage; undefined until the image has one. */
  found: Found | undefined;
  private readonly list = new ObjectList({
    onHover: (index) => this.selection.hover(index),
    onSelect: (index) => this.select(index),
  });
  private readonly stage: Stage;
  private readonly devices = new DeviceView();
  private thumbnailsAt = 0;
  private changed: () => void = () => undefined;
  private chosen: (index: number) => void = () => undefined;

  constructor(
    renderer: "auto" | "webgl2" | "canvas2d",
    private readonly settings: Settings,
  ) {
    this.stage = new Stage(renderer, {
      onHover: (index) => this.selection.hover(index),
      onSelect: (index) => this.select(index),
    });
  }

  /** `chosen` is called when another candidate is chosen. */
  onChosen(chosen: (index: number) => void): void {
    this.chosen = chosen;
  }

  /** `changed` is called on every change of the result shown, with undefined without a result. */
  onShown(changed: (shown: Shown | undefined, selected: number) => void): void {
    this.changed = () => {
      const { found } = this;
      const isOne = found?.kind === "candidates";
      changed(
        found && { ...found, instances: this.drawn() },
        isOne && this.drawn().length > 0 ? 0 : this.selection.selected,
      );
    };
  }

  showDevice(device: Device, fallbacks: readonly Fallback[]): void {
    this.devices.showDevice(device, fallbacks);
  }

  /** Shows an image without a result. */
  showImage(image: ImageBitmap): void {
    this.found = undefined;
    this.selection.clear();
    this.stage.show(image, image, []);
    this.list.show([], image);
    this.changed();
  }

  /** Shows the result of an image; returns the number of visible instances. */
  showFound(found: Found): number {
    this.found = found;
    this.showTimings(found.result.timingsMs);
    this.stage.show(found.image, found.result, []);
    return this.showVisible();
  }

  /** Shows a frame of live video at once: it may be closed after the next one. */
  showLive(found: Found, framesPerSecond: number): void {
    this.found = found;
    const visible = this.visible();
    this.selection.setCount(visible.length);
    this.stage.show(found.image, found.result, visible);
    this.stage.drawNow();
    const now = performance.now();
    const thumbnails = now - this.thumbnailsAt > liveThumbnailsMs;
    if (thumbnails) this.thumbnailsAt = now;
    this.list.show(visible, found.result, thumbnails ? found.image : undefined);
    this.showTimings(found.result.timingsMs, framesPerSecond);
    this.changed();
  }

  /** Shows another frame of the video under the current masks. */
  showFrame(video: HTMLVideoElement): void {
    this.stage.showFrame(video);
  }

  /** Draws the thumbnails of the last frame, which stays. */
  endLive(): void {
    if (this.found !== undefined)
      this.list.show(this.visible(), this.found.result, this.found.image);
  }

  /** Shows the instances that pass the settings; returns their number. */
  showVisible(): number {
    const { found } = this;
    if (found === undefined) return 0;
    const visible = this.visible();
    this.selection.setCount(visible.length);
    this.applyLooks();
    this.drawVisible();
    const someFound = found.result.instances.length > 0;
    if (this.isObjects)
      this.setEmptyText(
        someFound
          ? "All objects are below the minimum score. Try a lower one."
          : "No objects found.",
      );
    this.list.show(visible, found.result, found.image);
    this.mark();
    this.changed();
    return visible.length;
  }

  setEmptyText(text: string): void {
    this.list.setEmptyText(text);
  }

  applyLooks(): void {
    this.stage.setLooks({ ...this.settings, labels: this.settings.labels && this.isObjects });
  }

  /** Instances above the minimum score. The best come first, so indices and colors stay. */
  private visible(): SegmentResult["instances"] {
    const { scoreThreshold } = this.settings;
    if (!this.isObjects) return this.found?.result.instances ?? [];
    return this.found?.result.instances.filter(({ score }) => score > scoreThreshold) ?? [];
  }

  showTimings(timings: Timings, framesPerSecond?: number): void {
    this.devices.showTimings(timings, framesPerSecond);
  }

  private get isObjects(): boolean {
    return (this.found?.kind ?? "objects") === "objects";
  }

  /** One candidate is always selected; the selection of other kinds can be cleared. */
  private select(index: number): void {
    if (this.found?.kind !== "candidates") this.selection.toggle(index);
    else if (index >= 0) {
      this.selection.choose(index);
      this.chosen(index);
    }
  }

  private showSelection(): void {
    if (this.found?.kind === "candidates") this.drawVisible();
    else this.stage.setHighlight(this.selection.highlight);
    this.mark();
    this.changed();
  }

  private mark(): void {
    const { hovered, selected } = this.selection;
    this.list.mark(hovered, this.found?.kind === "candidates" ? Math.max(0, selected) : selected);
  }

  private drawn(): SegmentResult["instances"] {
    const visible = this.visible();
    if (this.found?.kind !== "candidates") return visible;
    const shown = Math.max(0, this.selection.highlight);
    return visible.slice(shown, shown + 1);
  }

  private drawVisible(): void {
    const isOne = this.found?.kind === "candidates";
    const { highlight } = this.selection;
    this.stage.setInstances(this.drawn(), isOne ? Math.max(0, highlight) : 0);
    this.stage.setHighlight(isOne ? -1 : highlight);
  }
}
