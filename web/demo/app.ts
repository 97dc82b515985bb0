import type { Device, OverlayPicture, SegmentResult } from "../index.js";
import { Camera } from "./camera.js";
import { CameraButtons } from "./camera_buttons.js";
import { DeviceView } from "./device_view.js";
import { isAbort } from "./dom.js";
import type { Shown } from "./export_files.js";
import { type ModelChoice, ModelLoader } from "./model_loader.js";
import { ModelView } from "./model_view.js";
import { Notices } from "./notices.js";
import { ObjectList } from "./object_list.js";
import { Selection } from "./selection.js";
import { bindSettings, type Settings } from "./settings.js";
import { Stage } from "./stage.js";

/** What the address may ask for, mostly for tests: `?renderer=canvas2d&device=wasm&software`. */
export interface AppOptions {
  readonly renderer: "auto" | "webgl2" | "canvas2d";
  readonly device: "auto" | Device;
  readonly allowSoftwareAdapter: boolean;
}

interface Photo {
  readonly picture: ImageBitmap;
  readonly name: string;
}

/** A photo is segmented down to this score once; the slider then filters what was found. Greedy NMS keeps the same boxes above it. */
const scoreFloor = 0.15;
const rerunDelayMs = 200;
/** Thumbnails of live video are drawn this often; more would only cost time. */
const liveThumbnailsMs = 600;

/** Puts the parts of the page together: photo or camera in, instances out, into stage, list and numbers. */
export class App {
  readonly notices = new Notices(() => this.loader.cancel());
  readonly selection = new Selection(() => this.showSelection());
  private readonly list = new ObjectList({
    onHover: (index) => this.selection.hover(index),
    onSelect: (index) => this.selection.toggle(index),
  });
  private readonly stage: Stage;
  private readonly devices = new DeviceView();
  private readonly models = new ModelView();
  private readonly cameraButtons = new CameraButtons();
  private readonly camera: Camera;
  private readonly settings: Settings;
  private readonly loader: ModelLoader;
  /** As asked for; the one really used may be another. */
  device: AppOptions["device"];
  private photo: Photo | undefined;
  /** What is on the stage now. */
  private current: { picture: OverlayPicture; name: string; result: SegmentResult; askedScore: number } | undefined;
  private running: AbortController | undefined;
  private rerunTimer: ReturnType<typeof setTimeout> | undefined;
  private thumbnailsAt = 0;
  private changed: () => void = () => undefined;

  constructor(readonly options: AppOptions) {
    this.device = options.device;
    this.loader = new ModelLoader(this.notices, { allowSoftwareAdapter: options.allowSoftwareAdapter });
    this.stage = new Stage(options.renderer, {
      onHover: (index) => this.selection.hover(index),
      onSelect: (index) => this.selection.toggle(index),
    });
    this.settings = bindSettings((settings, name) => this.applySettings(settings, name));
    this.camera = new Camera({
      segment: (frame) => this.segmentFrame(frame),
      onResult: (frame, result, framesPerSecond) => this.showLive(frame, result, framesPerSecond),
      onVideoFrame: (video) => {
        if (this.settings.smoothVideo) this.stage.showFrame(video);
      },
      onError: (error) => {
        this.stopCamera();
        if (!isAbort(error)) this.notices.showError("The camera picture could not be segmented", error);
      },
      onEnded: () => this.stopCamera(),
    });
  }

  /** Called whenever what is shown changes, with undefined while nothing is. */
  onShown(changed: (shown: Shown | undefined, selected: number) => void): void {
    this.changed = () => changed(this.shown(), this.selection.selected);
  }

  /**
   * Loads a model for a device; both default to those in use. What is on the stage is then done anew. False when that was cancelled or
   * failed: the old ones stay.
   */
  async useModel(choice: ModelChoice = this.loader.choice, device = this.device): Promise<boolean> {
    this.notices.clearError();
    if (!(await this.loader.load(choice, device))) {
      if (this.running === undefined) this.notices.setBusy(undefined);
      return false;
    }
    this.device = device;
    const segmenter = this.loader.segmenter!;
    this.devices.showDevice(segmenter.device, segmenter.fallbacks);
    this.models.show(choice, segmenter.info, segmenter.labels.length);
    if (!this.camera.running) await this.segmentPhoto();
    return true;
  }

  async openPhoto(file: Blob, name: string): Promise<void> {
    this.stopCamera();
    this.notices.clearError();
    let picture: ImageBitmap;
    try {
      picture = await createImageBitmap(file);
    } catch {
      const kind = file.type === "" ? "no known type" : file.type;
      this.notices.showError(`${name} cannot be shown`, new Error(`the browser cannot decode it (${kind}, ${file.size} bytes)`));
      return;
    }
    this.photo?.picture.close();
    this.photo = { picture, name };
    this.selection.clear();
    this.current = undefined;
    this.stage.show(picture, picture, []);
    this.list.show([], picture);
    this.changed();
    await this.segmentPhoto();
  }

  async toggleCamera(): Promise<void> {
    if (this.camera.running) this.stopCamera();
    else await this.startCamera();
  }

  async flipCamera(): Promise<void> {
    this.cameraButtons.flip();
    await this.startCamera();
  }

  private async startCamera(): Promise<void> {
    this.running?.abort();
    this.notices.clearError();
    try {
      await this.camera.start(this.cameraButtons.facing);
    } catch (error) {
      this.stopCamera();
      this.notices.showError("The camera cannot be used", error);
      return;
    }
    this.selection.clear();
    await this.cameraButtons.show(this.camera.running);
    this.notices.setBusy(this.loader.isLoading ? "Waiting for the model …" : "Starting …");
  }

  private stopCamera(): void {
    if (!this.camera.running) return;
    this.camera.stop();
    this.notices.setBusy(undefined);
    void this.cameraButtons.show(false);
    const { current } = this;
    if (current !== undefined) this.list.show(this.visible(), current.result, current.picture);
  }

  private async segmentFrame(frame: ImageBitmap): Promise<SegmentResult> {
    while (this.loader.segmenter === undefined) {
      if (!this.loader.isLoading) throw new Error("there is no model to run");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const { segmenter } = this.loader;
    const { scoreThreshold, iouThreshold } = this.settings;
    try {
      return await segmenter.segment(frame, { scoreThreshold, iouThreshold });
    } catch (error) {
      // Another model or device took its place meanwhile.
      if (segmenter !== this.loader.segmenter) return this.segmentFrame(frame);
      throw error;
    }
  }

  private showLive(frame: ImageBitmap, result: SegmentResult, framesPerSecond: number): void {
    this.notices.setBusy(undefined);
    const name = "camera";
    this.current = { picture: frame, name, result, askedScore: this.settings.scoreThreshold };
    const visible = this.visible();
    this.selection.setCount(visible.length);
    this.stage.show(frame, result, visible);
    this.stage.drawNow();
    const now = performance.now();
    const thumbnails = now - this.thumbnailsAt > liveThumbnailsMs;
    if (thumbnails) this.thumbnailsAt = now;
    this.list.show(visible, result, thumbnails ? frame : undefined);
    this.devices.showTimings(result.timingsMs, framesPerSecond);
    this.cameraButtons.showRate(framesPerSecond);
    this.changed();
  }

  /** Segments the photo; a newer call ends an older one. */
  private async segmentPhoto(): Promise<void> {
    const { photo } = this;
    const { segmenter } = this.loader;
    clearTimeout(this.rerunTimer);
    if (photo === undefined) return;
    if (segmenter === undefined) {
      if (this.loader.isLoading) this.notices.setBusy("Waiting for the model …");
      else this.list.setEmptyText("No model is loaded.");
      return;
    }
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    this.notices.setBusy("Looking …");
    const { scoreThreshold, iouThreshold } = this.settings;
    const askedScore = Math.min(scoreThreshold, scoreFloor);
    try {
      const result = await segmenter.segment(photo.picture, {
        scoreThreshold: askedScore,
        iouThreshold,
        soft: true,
        signal: running.signal,
      });
      if (running !== this.running) return;
      this.current = { ...photo, result, askedScore };
      this.showResult();
    } catch (error) {
      if (running === this.running && !isAbort(error)) {
        this.notices.showError(`${photo.name} could not be segmented`, error);
      }
    } finally {
      if (running === this.running) {
        this.running = undefined;
        this.notices.setBusy(undefined);
      }
    }
  }

  private showResult(): void {
    const { current } = this;
    const { segmenter } = this.loader;
    if (current === undefined || segmenter === undefined) return;
    const { result, picture } = current;
    this.devices.showDevice(result.device, segmenter.fallbacks);
    this.devices.showTimings(result.timingsMs);
    this.stage.show(picture, result, []);
    this.showVisible();
    const found = this.visible().length;
    this.notices.announce(found === 1 ? "1 object found" : `${found} objects found`);
  }

  /** Instances above the slider's score: a prefix, as the best come first, so indices and colours stay. */
  private visible(): SegmentResult["instances"] {
    const { scoreThreshold } = this.settings;
    return this.current?.result.instances.filter(({ score }) => score > scoreThreshold) ?? [];
  }

  private showVisible(): void {
    const { current } = this;
    if (current === undefined) return;
    const visible = this.visible();
    this.selection.setCount(visible.length);
    this.stage.setInstances(visible);
    const text =
      current.result.instances.length > 0 ? "Nothing above this score. Try a lower one." : "Nothing found that this model knows.";
    this.list.setEmptyText(text);
    this.list.show(visible, current.result, current.picture);
    this.list.mark(this.selection.hovered, this.selection.selected);
    this.changed();
  }

  private showSelection(): void {
    this.stage.setHighlight(this.selection.highlight);
    this.list.mark(this.selection.hovered, this.selection.selected);
    this.changed();
  }

  private applySettings(settings: Settings, name: keyof Settings): void {
    this.stage.setLooks(settings);
    const photoShown = this.current !== undefined && !this.camera.running;
    if (!photoShown) return;
    if (name === "scoreThreshold") this.showVisible();
    const deeper = name === "scoreThreshold" && settings.scoreThreshold < this.current!.askedScore;
    if (name !== "iouThreshold" && !deeper) return;
    clearTimeout(this.rerunTimer);
    this.notices.setBusy("Looking …");
    this.rerunTimer = setTimeout(() => void this.segmentPhoto(), rerunDelayMs);
  }

  private shown(): Shown | undefined {
    return this.current === undefined ? undefined : { ...this.current, instances: this.visible() };
  }

  get looks(): Settings {
    return this.settings;
  }
}
