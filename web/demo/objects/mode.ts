import type { Segmenter, SegmentResult } from "../../index.js";
import { isAbort } from "../dom.js";
import { builtInObjectModels, createSegmenter, type ObjectModel } from "../model/choices.js";
import { type LoadOptions, ModelLoader } from "../model/loader.js";
import type { Notices } from "../notices.js";
import type { AppOptions } from "../options.js";
import type { Photo } from "../photo.js";
import type { ResultView } from "../stage/result_view.js";
import type { Settings } from "../stage/settings.js";
import { Camera, explainRefusal } from "./camera.js";
import { CameraButtons } from "./camera_buttons.js";

/**
 * A photo is segmented down to this score once; the slider then filters what was found. Greedy NMS
 * keeps the same boxes above it.
 */
const scoreFloor = 0.15;
const rerunDelayMs = 200;
const modelPollMs = 100;

/** The objects mode: everything that the network knows, in a photo or in the camera's image. */
export class ObjectMode {
  readonly loader: ModelLoader<ObjectModel, Segmenter>;
  private readonly cameraButtons = new CameraButtons();
  private readonly camera: Camera;
  private photo: Photo | undefined;
  private running: AbortController | undefined;
  private rerunTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    options: AppOptions,
    private readonly notices: Notices,
    private readonly view: ResultView,
    private readonly settings: Settings,
  ) {
    this.loader = new ModelLoader(notices, builtInObjectModels[0]!, createSegmenter(options));
    this.camera = new Camera({
      segment: (frame) => this.segmentFrame(frame),
      onResult: (frame, result, framesPerSecond) => this.showLive(frame, result, framesPerSecond),
      onVideoFrame: (video) => {
        if (settings.smoothVideo) view.showFrame(video);
      },
      onError: (error) => {
        this.stopCamera();
        if (!isAbort(error)) notices.showError("The camera image could not be segmented", error);
      },
      onEnded: () => this.stopCamera(),
    });
  }

  get isLive(): boolean {
    return this.camera.running;
  }

  /**
   * Loads a model; what is on the stage is then done anew if `shown`. False when that was canceled
   * or failed: the old one stays.
   */
  async useModel(
    choice: ObjectModel,
    device: LoadOptions["device"],
    shown: boolean,
  ): Promise<boolean> {
    if (!(await this.loader.load(choice, device))) {
      if (this.running === undefined) this.notices.setBusy(undefined);
      return false;
    }
    if (shown && !this.isLive) await this.open(this.photo);
    return true;
  }

  /** Ends what runs; the photo stays for the next time. */
  leave(): void {
    this.running?.abort();
    this.running = undefined;
    clearTimeout(this.rerunTimer);
    this.notices.setBusy(undefined);
    this.stopCamera();
  }

  /** Segments the photo; a newer call ends an older one. */
  async open(photo: Photo | undefined): Promise<void> {
    this.photo = photo;
    const { model } = this.loader;
    clearTimeout(this.rerunTimer);
    if (photo === undefined) return;
    if (model === undefined) {
      if (this.loader.isLoading) this.notices.setBusy("Waiting for the model …");
      else this.view.setEmptyText("No model is loaded.");
      return;
    }
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    this.notices.setBusy("Looking …");
    try {
      await this.segment(photo, model, running);
    } catch (error) {
      if (running === this.running && !isAbort(error))
        this.notices.showError(`${photo.name} could not be segmented`, error);
    } finally {
      if (running === this.running) {
        this.running = undefined;
        this.notices.setBusy(undefined);
      }
    }
  }

  applySetting(name: keyof Settings): void {
    const { found } = this.view;
    if (found === undefined || this.isLive) return;
    if (name === "scoreThreshold") this.view.showVisible();
    const deeper = name === "scoreThreshold" && this.settings.scoreThreshold < found.askedScore;
    // A frame of the camera that was stopped is not at hand any more.
    if ((name !== "iouThreshold" && !deeper) || found.image !== this.photo?.image) return;
    clearTimeout(this.rerunTimer);
    this.notices.setBusy("Looking …");
    this.rerunTimer = setTimeout(() => void this.open(this.photo), rerunDelayMs);
  }

  /** True once the camera runs. */
  async startCamera(): Promise<boolean> {
    this.running?.abort();
    this.notices.clearError();
    try {
      await this.camera.start(this.cameraButtons.facing);
    } catch (error) {
      this.stopCamera();
      this.notices.showError("The camera cannot be used", explainRefusal(error));
      return false;
    }
    clearTimeout(this.rerunTimer);
    // Not closed: it stays on the stage until the first frame.
    this.photo = undefined;
    this.view.selection.clear();
    await this.cameraButtons.show(this.isLive);
    this.notices.setBusy(this.loader.isLoading ? "Waiting for the model …" : "Starting …");
    return true;
  }

  async flipCamera(): Promise<void> {
    this.cameraButtons.flip();
    await this.startCamera();
  }

  stopCamera(): void {
    if (!this.isLive) return;
    this.camera.stop();
    this.notices.setBusy(undefined);
    void this.cameraButtons.show(false);
    this.view.endLive();
  }

  private async segment(photo: Photo, model: Segmenter, running: AbortController): Promise<void> {
    const { scoreThreshold, iouThreshold } = this.settings;
    const askedScore = Math.min(scoreThreshold, scoreFloor);
    const options = {
      scoreThreshold: askedScore,
      iouThreshold,
      soft: true,
      signal: running.signal,
    };
    const result = await model.segment(photo.image, options);
    if (running !== this.running) return;
    this.view.showDevice(result.device, model.fallbacks);
    const shown = this.view.showFound({ ...photo, result, askedScore });
    this.notices.announce(shown === 1 ? "1 object found" : `${shown} objects found`);
  }

  private async segmentFrame(frame: ImageBitmap): Promise<SegmentResult> {
    while (this.loader.model === undefined) {
      if (!this.loader.isLoading) throw new Error("there is no model to run");
      await new Promise((resolve) => setTimeout(resolve, modelPollMs));
    }
    const { model } = this.loader;
    const { scoreThreshold, iouThreshold } = this.settings;
    try {
      return await model.segment(frame, { scoreThreshold, iouThreshold });
    } catch (error) {
      // Another model or device took its place meanwhile.
      if (model !== this.loader.model) return this.segmentFrame(frame);
      throw error;
    }
  }

  private showLive(frame: ImageBitmap, result: SegmentResult, framesPerSecond: number): void {
    this.notices.setBusy(undefined);
    const askedScore = this.settings.scoreThreshold;
    this.view.showLive({ image: frame, name: "camera", result, askedScore }, framesPerSecond);
    this.cameraButtons.showRate(framesPerSecond);
  }
}
