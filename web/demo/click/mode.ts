import type { PromptResult, PromptSegmenter, PromptSession } from "../../index.js";
import { isAbort } from "../dom.js";
import {
  builtInPromptChoices,
  createPromptSegmenter,
  type PromptModelChoice,
} from "../model/choices.js";
import { type LoadOptions, ModelLoader } from "../model/loader.js";
import type { Notices } from "../notices.js";
import type { AppOptions } from "../options.js";
import type { Photo } from "../photo.js";
import type { ResultView } from "../stage/result_view.js";
import { EarlyPrompts } from "./early_prompts.js";
import { HoverPreview } from "./hover_preview.js";
import { ClickLayer } from "./layer.js";
import { ClickTools } from "./tools.js";
import { ClickView } from "./view.js";

/**
 * A grid with enough points for the things of a photo, done while one waits; of masks of one thing
 * the best stays.
 */
const everythingOptions = { gridSize: 12, maskIouThreshold: 0.7 };

/** The click mode: prompts on the photo, what the network makes of them, and everything mode. */
export class ClickMode {
  readonly loader: ModelLoader<PromptModelChoice, PromptSegmenter>;
  private readonly layer: ClickLayer;
  private readonly tools: ClickTools;
  private readonly preview: HoverPreview;
  private readonly view: ClickView;
  private photo: Photo | undefined;
  /** Prompts on the photo; undefined until the encoder has seen it. */
  private session: PromptSession | undefined;
  private readonly early: EarlyPrompts;
  private opening: AbortController | undefined;
  private everything: AbortController | undefined;
  /** Share of everything mode that is done. */
  private progress: number | undefined;
  /** Steps of the session that are not answered yet. */
  private pending = 0;
  private active = false;

  constructor(
    options: AppOptions,
    private readonly notices: Notices,
    view: ResultView,
  ) {
    this.loader = new ModelLoader(
      notices,
      builtInPromptChoices[0]!,
      createPromptSegmenter(options),
    );
    this.view = new ClickView(view, notices);
    this.layer = new ClickLayer({
      onPoint: (point) => this.prompt((prompts) => prompts.addPoint(point)),
      onBox: (box) => this.prompt((prompts) => prompts.setBox(box)),
      onRemove: (index) => this.prompt((prompts) => prompts.removePoint(index)),
      onHover: (at) => this.preview.hover(at),
    });
    this.early = new EarlyPrompts(this.layer);
    this.preview = new HoverPreview({
      predict: (at) => this.guess(at),
      show: (mask) => this.layer.showPreview(mask),
    });
    this.tools = new ClickTools({
      onTool: (tool) => this.layer.setTool(tool),
      onUndo: () => this.undo(),
      onRedo: () => this.redo(),
      onReset: () => void this.step((session) => session.reset()),
      onEverything: () => void this.toggleEverything(),
    });
    view.onChosen((index) => this.session?.choose(index));
  }

  /** Shows the controls. */
  enter(photo: Photo | undefined): void {
    this.active = true;
    this.photo = photo;
    this.early.clear();
    this.tools.setVisible(true);
    if (photo !== undefined) {
      this.view.clear(photo);
      this.layer.setPhoto(photo);
    }
    this.close();
    this.layer.setVisible(photo !== undefined);
  }

  /** Loads the model when it is needed first, and has it look at the photo. */
  async ready(device: LoadOptions["device"]): Promise<void> {
    if (this.loader.model === undefined) await this.useModel(this.loader.choice, device);
    else await this.open(this.photo);
  }

  leave(): void {
    this.active = false;
    this.early.clear();
    this.close();
    this.layer.setVisible(false);
    this.tools.setVisible(false);
  }

  async useModel(choice: PromptModelChoice, device: LoadOptions["device"]): Promise<boolean> {
    if (!(await this.loader.load(choice, device))) return false;
    this.tools.allow(this.loader.model!.info.takes);
    if (this.active) await this.open(this.photo);
    return true;
  }

  /** A photo in place of the one before; it is encoded at once. */
  async open(photo: Photo | undefined): Promise<void> {
    if (photo !== this.photo) this.early.clear();
    this.close();
    this.photo = photo;
    this.layer.setVisible(this.active && photo !== undefined);
    if (photo === undefined) return;
    this.layer.setPhoto(photo);
    this.view.clear(photo);
    this.early.show();
    const { model } = this.loader;
    if (model === undefined) return;
    const opening = new AbortController();
    this.opening = opening;
    this.notices.setBusy("Looking …");
    try {
      const { timingsMs } = await model.setImage(photo.image, { signal: opening.signal });
      if (this.opening !== opening) return;
      this.session = model.session();
      this.view.showReady(model, timingsMs);
    } catch (error) {
      if (this.opening === opening && !isAbort(error))
        this.notices.showError(`${photo.name} could not be looked at`, error);
    } finally {
      if (this.opening === opening) this.notices.setBusy(undefined);
      this.showState();
    }
    if (this.session) for (const step of this.early.take()) void this.step(step);
  }

  undo(): void {
    if (this.session?.canUndo) void this.step((session) => session.undo());
  }

  redo(): void {
    if (this.session?.canRedo) void this.step((session) => session.redo());
  }

  private close(): void {
    this.opening?.abort();
    this.opening = undefined;
    this.everything?.abort();
    this.session = undefined;
    this.pending = 0;
    this.preview.hover(undefined);
    this.layer.show([], undefined);
    this.showState();
  }

  private prompt(change: (prompts: PromptSession | EarlyPrompts) => unknown): void {
    if (this.session) void this.step(async (session) => change(session));
    else change(this.early);
  }

  /** Changes the prompts and shows what comes of it. */
  private async step(change: (session: PromptSession) => Promise<unknown>): Promise<void> {
    const { session, photo } = this;
    if (session === undefined || photo === undefined) return;
    this.everything?.abort();
    this.preview.hover(undefined);
    this.notices.clearError();
    this.pending += 1;
    this.notices.setBusy("Looking …");
    try {
      await change(session);
      if (session === this.session) this.view.showAnswer(photo, session);
    } catch (error) {
      if (session === this.session && !isAbort(error))
        this.notices.showError("That did not work", error);
    }
    if (session !== this.session) return;
    this.pending -= 1;
    if (this.pending === 0) this.notices.setBusy(undefined);
    this.layer.show(session.points, session.box);
    this.showState();
  }

  /** What a foreground point there would give, unless clicks are waiting. */
  private async guess(at: {
    x: number;
    y: number;
  }): Promise<PromptResult["candidates"][number] | undefined> {
    const { session } = this;
    const { model } = this.loader;
    const isBusy = () =>
      session !== this.session || this.pending > 0 || this.everything !== undefined;
    if (session === undefined || model === undefined || isBusy()) return undefined;
    const points = [...session.points, { ...at, label: "foreground" as const }];
    const mask = session.candidate?.lowResMask;
    const { candidates } = await model.predict({
      points,
      ...(session.box ? { box: session.box } : {}),
      ...(mask ? { mask } : {}),
    });
    return isBusy() ? undefined : candidates[0];
  }

  /** Starts everything mode, or ends the one that runs. */
  private async toggleEverything(): Promise<void> {
    if (this.everything !== undefined) {
      this.everything.abort();
      return;
    }
    const { photo, session } = this;
    const { model } = this.loader;
    if (photo === undefined || model === undefined || session === undefined) return;
    await this.step((session) => session.reset());
    const everything = new AbortController();
    this.everything = everything;
    this.setProgress(0);
    this.notices.setBusy("Looking at everything …");
    const startedAt = performance.now();
    try {
      const onProgress = ({ done, total }: { done: number; total: number }) =>
        this.setProgress(done / total);
      const regions = await model.everything({
        ...everythingOptions,
        onProgress,
        signal: everything.signal,
      });
      if (session === this.session)
        this.view.showRegions(photo, regions, model.device, performance.now() - startedAt);
    } catch (error) {
      if (session === this.session && !isAbort(error))
        this.notices.showError("Not everything could be segmented", error);
    }
    this.everything = undefined;
    this.setProgress(undefined);
    if (session === this.session && this.pending === 0) this.notices.setBusy(undefined);
  }

  private setProgress(progress: number | undefined): void {
    this.progress = progress;
    this.showState();
  }

  private showState(): void {
    const { session } = this;
    this.tools.show({
      canUndo: session?.canUndo ?? false,
      canRedo: session?.canRedo ?? false,
      canReset: (session?.points.length ?? 0) > 0 || session?.box !== undefined,
      hasImage: session !== undefined,
      progress: this.progress,
    });
  }
}
