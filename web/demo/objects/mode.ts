import type { Segmenter, SegmentResult } from "../../index.js";
import { isAbort } from "../dom.js";
import type { Mode, ModeCamera, ModeContext, ModelRequest, RunningOn } from "../mode.js";
import { objectModelCard } from "../model/cards.js";
import { builtInObjectModels, createSegmenter, type ObjectModel } from "../model/choices.js";
import { type LoadOptions, ModelLoader } from "../model/loader.js";
import type { ModelCard } from "../model/view.js";
import type { OpenImage } from "../open_image.js";
import type { Settings } from "../stage/settings.js";
import { Camera, explainRefusal } from "./camera.js";
import { CameraButtons } from "./camera_buttons.js";

/**
 * An image is segmented once down to this score, then the slider filters the result. Greedy NMS
 * keeps the same boxes above any higher score.
 */
const scoreFloor = 0.15;
const rerunDelayMs = 200;
const modelPollMs = 100;

/** The Objects mode: finds every object in an image or in the camera's video. */
export class ObjectMode implements Mode {
  readonly name = "objects";
  readonly camera: ModeCamera;
  private readonly loader: ModelLoader<ObjectModel, Segmenter>;
  private readonly cameraButtons = new CameraButtons();
  private readonly video: Camera;
  private active = true;
  private image: OpenImage | undefined;
  private running: AbortController | undefined;
  private rerunTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly context: ModeContext) {
    const { options, notices, view, settings } = context;
    this.loader = new ModelLoader(notices, builtInObjectModels[0]!, createSegmenter(options));
    this.video = new Camera({
      segment: (frame) => this.segmentFrame(frame),
      onResult: (frame, result, framesPerSecond) => this.showLive(frame, result, framesPerSecond),
      onVideoFrame: (video) => {
        if (settings.smoothVideo) view.showFrame(video);
      },
      onError: (error) => {
        this.stopCamera();
        if (!isAbort(error)) notices.showError("Could not segment the camera image", error);
      },
      onEnded: () => this.stopCamera(),
    });
    this.camera = this.cameraOf(this.video);
  }

  get hasModel(): boolean {
    return this.loader.model !== undefined || this.loader.isLoading;
  }

  enter(image: OpenImage | undefined): void {
    this.active = true;
    if (image !== undefined) this.context.view.showImage(image.image);
  }

  async open(image: OpenImage | undefined): Promise<void> {
    const { notices, view } = this.context;
    this.image = image;
    const { model } = this.loader;
    clearTimeout(this.rerunTimer);
    if (image === undefined) return;
    if (model === undefined) {
      if (this.loader.isLoading) notices.setBusy("Waiting for the model…");
      else view.setEmptyText("No model is loaded.");
      return;
    }
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    notices.setBusy("Finding objects…");
    try {
      await this.segment(image, model, running);
    } catch (error) {
      if (running === this.running && !isAbort(error))
        notices.showError(`Could not segment ${image.name}`, error);
    } finally {
      if (running === this.running) {
        this.running = undefined;
        notices.setBusy(undefined);
      }
    }
  }

  leave(): void {
    this.active = false;
    this.running?.abort();
    this.running = undefined;
    clearTimeout(this.rerunTimer);
    this.context.notices.setBusy(undefined);
    this.stopCamera();
  }

  useModel({ builtIn, inputSize }: ModelRequest, device: LoadOptions["device"]): Promise<boolean> {
    const { choice } = this.loader;
    const model = builtInObjectModels.find(({ name }) => name === builtIn) ?? choice;
    return this.load(inputSize === undefined ? model : { ...model, inputSize }, device);
  }

  takesFiles(count: number): boolean {
    return count === 1;
  }

  useFiles([file]: readonly File[], device: LoadOptions["device"]): Promise<boolean> {
    return this.load({ model: file!, name: file!.name, isBuiltIn: false }, device);
  }

  cancelLoading(): void {
    this.loader.cancel();
  }

  modelCard(): ModelCard {
    const { choice, model } = this.loader;
    return objectModelCard(choice, model?.info, model?.labels.length ?? 0);
  }

  runningOn(): RunningOn | undefined {
    return this.loader.model;
  }

  applySetting(name: keyof Settings): void {
    const { notices, view, settings } = this.context;
    const { found } = view;
    if (found === undefined || this.video.running) return;
    if (name === "scoreThreshold") view.showVisible();
    const isDeeper = name === "scoreThreshold" && settings.scoreThreshold < found.askedScore;
    // The last frame of a stopped camera cannot be segmented again.
    if ((name !== "iouThreshold" && !isDeeper) || found.image !== this.image?.image) return;
    clearTimeout(this.rerunTimer);
    notices.setBusy("Finding objects…");
    this.rerunTimer = setTimeout(() => void this.open(this.image), rerunDelayMs);
  }

  private async load(choice: ObjectModel, device: LoadOptions["device"]): Promise<boolean> {
    if (!(await this.loader.load(choice, device))) {
      if (this.active && this.running === undefined) this.context.notices.setBusy(undefined);
      return false;
    }
    if (this.active && !this.video.running) await this.open(this.image);
    return true;
  }

  private cameraOf(video: Camera): ModeCamera {
    return {
      get isLive() {
        return video.running;
      },
      start: () => this.startCamera(),
      stop: () => this.stopCamera(),
      flip: async () => {
        this.cameraButtons.flip();
        await this.startCamera();
      },
    };
  }

  private async startCamera(): Promise<boolean> {
    const { notices, view } = this.context;
    this.running?.abort();
    notices.clearError();
    try {
      await this.video.start(this.cameraButtons.facing);
    } catch (error) {
      this.stopCamera();
      notices.showError("Could not start the camera", explainRefusal(error));
      return false;
    }
    clearTimeout(this.rerunTimer);
    // Not closed: it stays on the stage until the first frame.
    this.image = undefined;
    view.selection.clear();
    await this.cameraButtons.show(this.video.running);
    notices.setBusy(this.loader.isLoading ? "Waiting for the model…" : "Starting the camera…");
    return true;
  }

  private stopCamera(): void {
    if (!this.video.running) return;
    this.video.stop();
    this.context.notices.setBusy(undefined);
    void this.cameraButtons.show(false);
    this.context.view.endLive();
  }

  private async segment(
    opened: OpenImage,
    model: Segmenter,
    running: AbortController,
  ): Promise<void> {
    const { notices, view, settings } = this.context;
    const { scoreThreshold, iouThreshold } = settings;
    const askedScore = Math.min(scoreThreshold, scoreFloor);
    const options = {
      scoreThreshold: askedScore,
      iouThreshold,
      soft: true,
      signal: running.signal,
    };
    const result = await model.segment(opened.image, options);
    if (running !== this.running) return;
    view.showDevice(result.device, model.fallbacks);
    const shown = view.showFound({ ...opened, result, askedScore });
    notices.announce(shown === 1 ? "1 object found" : `${shown} objects found`);
  }

  private async segmentFrame(frame: ImageBitmap): Promise<SegmentResult> {
    while (this.loader.model === undefined) {
      if (!this.loader.isLoading) throw new Error("No model is loaded");
      await new Promise((resolve) => setTimeout(resolve, modelPollMs));
    }
    const { model } = this.loader;
    const { scoreThreshold, iouThreshold } = this.context.settings;
    try {
      return await model.segment(frame, { scoreThreshold, iouThreshold });
    } catch (error) {
      // The model was replaced during the run.
      if (model !== this.loader.model) return this.segmentFrame(frame);
      throw error;
    }
  }

  private showLive(frame: ImageBitmap, result: SegmentResult, framesPerSecond: number): void {
    const { notices, view, settings } = this.context;
    notices.setBusy(undefined);
    const askedScore = settings.scoreThreshold;
    view.showLive({ image: frame, name: "camera", result, askedScore }, framesPerSecond);
    this.cameraButtons.showRate(framesPerSecond);
  }
}
