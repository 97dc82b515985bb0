import type { PromptResult, PromptSegmenter, PromptSession } from "../../index.js";
import { isAbort } from "../dom.js";
import type { Mode, ModeContext, ModelRequest, RunningOn } from "../mode.js";
import { promptModelCard } from "../model/cards.js";
import {
  builtInPromptModels,
  createPromptSegmenter,
  type PromptModel,
  promptModel,
} from "../model/choices.js";
import { type LoadOptions, ModelLoader } from "../model/loader.js";
import type { ModelCard } from "../model/view.js";
import type { Notices } from "../notices.js";
import type { OpenImage } from "../open_image.js";
import { EarlyPrompts } from "./early_prompts.js";
import { HoverPreview } from "./hover_preview.js";
import { ClickLayer } from "./layer.js";
import { ClickTools } from "./tools.js";
import { ClickView } from "./view.js";

/**
 * The grid has points enough for the objects of an image and is done while the user waits. Masks
 * that overlap more than this are of one object: the best one stays.
 */
const everythingOptions = { gridSize: 12, maskIouThreshold: 0.7 };

/** The Click mode: cuts out the object that is clicked or boxed, or everything at once. */
export class ClickMode implements Mode {
  readonly name = "click";
  private readonly loader: ModelLoader<PromptModel, PromptSegmenter>;
  private readonly layer: ClickLayer;
  private readonly tools: ClickTools;
  private readonly preview: HoverPreview;
  private readonly view: ClickView;
  private readonly notices: Notices;
  private image: OpenImage | undefined;
  /** Prompts on the image; undefined until the image is encoded. */
  private session: PromptSession | undefined;
  private readonly early: EarlyPrompts;
  private opening: AbortController | undefined;
  private everything: AbortController | undefined;
  /** Share of "Segment everything" that is done; undefined when it is not running. */
  private progress: number | undefined;
  /** Steps of the session without an answer yet. */
  private pending = 0;
  private active = false;

  constructor({ options, notices, view }: ModeContext) {
    this.notices = notices;
    this.loader = new ModelLoader(notices, builtInPromptModels[0]!, createPromptSegmenter(options));
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

  get hasModel(): boolean {
    return this.loader.model !== undefined || this.loader.isLoading;
  }

  enter(image: OpenImage | undefined): void {
    this.active = true;
    this.image = image;
    this.early.clear();
    this.tools.setVisible(true);
    if (image !== undefined) {
      this.view.clear(image);
      this.layer.setImage(image);
    }
    this.close();
    this.layer.setVisible(image !== undefined);
  }

  leave(): void {
    this.active = false;
    this.early.clear();
    this.close();
    this.layer.setVisible(false);
    this.tools.setVisible(false);
  }

  useModel({ builtIn }: ModelRequest, device: LoadOptions["device"]): Promise<boolean> {
    const { choice } = this.loader;
    const wanted = builtInPromptModels.find(({ name }) => name === builtIn);
    return this.load(wanted ?? choice, device);
  }

  takesFiles(count: number): boolean {
    return count === 1 || count === 2;
  }

  useFiles(files: readonly File[], device: LoadOptions["device"]): Promise<boolean> {
    return this.load(promptModel(files), device);
  }

  cancelLoading(): void {
    this.loader.cancel();
  }

  modelCard(): ModelCard {
    return promptModelCard(this.loader.choice, this.loader.model?.info);
  }

  runningOn(): RunningOn | undefined {
    return this.loader.model;
  }

  /** Encodes the image at once. */
  async open(image: OpenImage | undefined): Promise<void> {
    if (image !== this.image) this.early.clear();
    this.close();
    this.image = image;
    this.layer.setVisible(this.active && image !== undefined);
    if (image === undefined) return;
    this.layer.setImage(image);
    this.view.clear(image);
    this.early.show();
    const { model } = this.loader;
    if (model === undefined) return;
    const opening = new AbortController();
    this.opening = opening;
    this.notices.setBusy("Preparing the image…");
    try {
      const { timingsMs } = await model.setImage(image.image, { signal: opening.signal });
      if (this.opening !== opening) return;
      this.session = model.session();
      this.view.showReady(model, timingsMs);
    } catch (error) {
      if (this.opening === opening && !isAbort(error))
        this.notices.showError(`Could not prepare ${image.name}`, error);
    } finally {
      if (this.opening === opening) this.notices.setBusy(undefined);
      this.showState();
    }
    if (this.session) for (const step of this.early.take()) void this.step(step);
  }

  handleShortcut({ key, shiftKey }: KeyboardEvent): boolean {
    const name = key.toLowerCase();
    if (name === "y" || (name === "z" && shiftKey)) this.redo();
    else if (name === "z") this.undo();
    else return false;
    return true;
  }

  private async load(choice: PromptModel, device: LoadOptions["device"]): Promise<boolean> {
    if (!(await this.loader.load(choice, device))) return false;
    this.tools.allow(this.loader.model!.info.takes);
    if (this.active) await this.open(this.image);
    return true;
  }

  private undo(): void {
    if (this.session?.canUndo) void this.step((session) => session.undo());
  }

  private redo(): void {
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

  /** Changes the prompts and shows the answer. */
  private async step(change: (session: PromptSession) => Promise<unknown>): Promise<void> {
    const { session, image } = this;
    if (session === undefined || image === undefined) return;
    this.everything?.abort();
    this.preview.hover(undefined);
    this.notices.clearError();
    this.pending += 1;
    this.notices.setBusy("Updating the mask…");
    try {
      await change(session);
      if (session === this.session) this.view.showAnswer(image, session);
    } catch (error) {
      if (session === this.session && !isAbort(error))
        this.notices.showError("Could not update the mask", error);
    }
    if (session !== this.session) return;
    this.pending -= 1;
    if (this.pending === 0) this.notices.setBusy(undefined);
    this.layer.show(session.points, session.box);
    this.showState();
  }

  /** The mask that a click there would give; undefined while clicks are waiting. */
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

  /** Starts "Segment everything", or cancels it. */
  private async toggleEverything(): Promise<void> {
    if (this.everything !== undefined) {
      this.everything.abort();
      return;
    }
    const { image, session } = this;
    const { model } = this.loader;
    if (image === undefined || model === undefined || session === undefined) return;
    await this.step((session) => session.reset());
    const everything = new AbortController();
    this.everything = everything;
    this.setProgress(0);
    this.notices.setBusy("Segmenting everything…");
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
        this.view.showRegions(image, regions, model.device, performance.now() - startedAt);
    } catch (error) {
      if (session === this.session && !isAbort(error))
        this.notices.showError("Could not segment everything", error);
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
