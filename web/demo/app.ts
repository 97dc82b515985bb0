import type { Device, SegmentResult } from "../index.js";
import { Camera } from "./camera.js";
import { CameraButtons } from "./camera_buttons.js";
import { isAbort } from "./dom.js";
import { type ModelChoice, ModelLoader } from "./model_loader.js";
import { ModelView } from "./model_view.js";
import { Notices } from "./notices.js";
import { ResultView } from "./result_view.js";
import { bindSettings, type Settings } from "./settings.js";

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
const modelPollMs = 100;

/** Where pictures come from and what looks at them: photo or camera, model and device. What is found goes to the {@link ResultView}. */
export class App {
  readonly notices = new Notices(() => this.loader.cancel());
  readonly settings: Settings;
  readonly view: ResultView;
  /** As asked for; the one really used may be another. */
  device: AppOptions["device"];
  private readonly loader: ModelLoader;
  private readonly models = new ModelView();
  private readonly cameraButtons = new CameraButtons();
  private readonly camera: Camera;
  private photo: Photo | undefined;
  private running: AbortController | undefined;
  private rerunTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly options: AppOptions) {
    this.device = options.device;
    this.loader = new ModelLoader(this.notices, { allowSoftwareAdapter: options.allowSoftwareAdapter });
    this.settings = bindSettings((name) => this.applySetting(name));
    this.view = new ResultView(options.renderer, this.settings);
    this.camera = new Camera({
      segment: (frame) => this.segmentFrame(frame),
      onResult: (frame, result, framesPerSecond) => this.showLive(frame, result, framesPerSecond),
      onVideoFrame: (video) => {
        if (this.settings.smoothVideo) this.view.showFrame(video);
      },
      onError: (error) => {
        this.stopCamera();
        if (!isAbort(error)) this.notices.showError("The camera picture could not be segmented", error);
      },
      onEnded: () => this.stopCamera(),
    });
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
    this.view.showDevice(segmenter.device, segmenter.fallbacks);
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
    this.view.showPhoto(picture);
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
    clearTimeout(this.rerunTimer);
    // Not closed: it stays on the stage until the first frame.
    this.photo = undefined;
    this.view.selection.clear();
    await this.cameraButtons.show(this.camera.running);
    this.notices.setBusy(this.loader.isLoading ? "Waiting for the model …" : "Starting …");
  }

  private stopCamera(): void {
    if (!this.camera.running) return;
    this.camera.stop();
    this.notices.setBusy(undefined);
    void this.cameraButtons.show(false);
    this.view.endLive();
  }

  private async segmentFrame(frame: ImageBitmap): Promise<SegmentResult> {
    while (this.loader.segmenter === undefined) {
      if (!this.loader.isLoading) throw new Error("there is no model to run");
      await new Promise((resolve) => setTimeout(resolve, modelPollMs));
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
    const askedScore = this.settings.scoreThreshold;
    this.view.showLive({ picture: frame, name: "camera", result, askedScore }, framesPerSecond);
    this.cameraButtons.showRate(framesPerSecond);
  }

  /** Segments the photo; a newer call ends an older one. */
  private async segmentPhoto(): Promise<void> {
    const { photo } = this;
    const { segmenter } = this.loader;
    clearTimeout(this.rerunTimer);
    if (photo === undefined) return;
    if (segmenter === undefined) {
      if (this.loader.isLoading) this.notices.setBusy("Waiting for the model …");
      else this.view.setEmptyText("No model is loaded.");
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
      this.view.showDevice(result.device, segmenter.fallbacks);
      const shown = this.view.showFound({ ...photo, result, askedScore });
      this.notices.announce(shown === 1 ? "1 object found" : `${shown} objects found`);
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

  private applySetting(name: keyof Settings): void {
    this.view.applyLooks();
    const { found } = this.view;
    if (found === undefined || this.camera.running) return;
    if (name === "scoreThreshold") this.view.showVisible();
    const deeper = name === "scoreThreshold" && this.settings.scoreThreshold < found.askedScore;
    // A frame of the camera that was stopped is not at hand any more.
    if ((name !== "iouThreshold" && !deeper) || found.picture !== this.photo?.picture) return;
    clearTimeout(this.rerunTimer);
    this.notices.setBusy("Looking …");
    this.rerunTimer = setTimeout(() => void this.segmentPhoto(), rerunDelayMs);
  }
}
