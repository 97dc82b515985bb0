import type { Device, Fallback, OverlayImage, SegmentResult, Timings } from "../../index.js";
import { DeviceView } from "./device_view.js";
import type { Shown } from "./export_files.js";
import { ObjectList } from "./object_list.js";
import { Selection } from "./selection.js";
import type { Settings } from "./settings.js";
import { Stage } from "./stage.js";

/**
 * `objects`: those above the slider's score are shown. `regions`: all are. `candidates`: one of
 * them is, the one pointed at in the list or else the chosen one.
 */
export type FoundKind = "objects" | "regions" | "candidates";

/** An image and all that was found in it down to `askedScore`. */
export interface Found {
  /** Default `objects`. */
  readonly kind?: FoundKind;
  readonly image: OverlayImage;
  readonly name: string;
  readonly result: SegmentResult;
  readonly askedScore: number;
}

/** Thumbnails of live video are drawn this often; more would only cost time. */
const liveThumbnailsMs = 600;

/** Everything that shows a result: stage, list, selection and numbers, kept in step. */
export class ResultView {
  readonly selection = new Selection(() => this.showSelection());
  /**
   * What is on the stage now; undefined before the first result and for a new photo until its own.
   */
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

  /** Called when another candidate is chosen. */
  onChosen(chosen: (index: number) => void): void {
    this.chosen = chosen;
  }

  /** Called whenever what is shown changes, with undefined while nothing is. */
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

  /** A photo of which nothing is known yet. */
  showPhoto(photo: ImageBitmap): void {
    this.found = undefined;
    this.selection.clear();
    this.stage.show(photo, photo, []);
    this.list.show([], photo);
    this.changed();
  }

  /** What was found in the photo; gives how many are shown. */
  showFound(found: Found): number {
    this.found = found;
    this.showTimings(found.result.timingsMs);
    this.stage.show(found.image, found.result, []);
    return this.showVisible();
  }

  /** A frame of live video, drawn at once: it may be closed after the next one. */
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

  /** Only another frame of the video, under the masks that are there. */
  showFrame(video: HTMLVideoElement): void {
    this.stage.showFrame(video);
  }

  /** The last frame stays: its thumbnails are drawn for good. */
  endLive(): void {
    if (this.found !== undefined)
      this.list.show(this.visible(), this.found.result, this.found.image);
  }

  /** Shows the instances that the settings let through; gives how many. */
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
          ? "Nothing above this score. Try a lower one."
          : "Nothing found that this model knows.",
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

  /**
   * Instances above the slider's score: a prefix, as the best come first, so indices and colors
   * stay.
   */
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

  /** Of candidates one is always chosen; of the rest the chosen one can be let go. */
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
