import { ClickMode } from "./click/mode.js";
import { bindMode, type Mode, showMode } from "./mode.js";
import {
  builtInObjectModels,
  builtInPromptChoices,
  type ObjectModel,
  type PromptModelChoice,
  promptChoice,
} from "./model/choices.js";
import { ModelView } from "./model/view.js";
import { Notices } from "./notices.js";
import { ObjectMode } from "./objects/mode.js";
import type { AppOptions } from "./options.js";
import type { Photo } from "./photo.js";
import { ResultView } from "./stage/result_view.js";
import { bindSettings, type Settings } from "./stage/settings.js";

/** Which mode is shown, and what all modes share: the photo, the device, the view. */
export class App {
  readonly notices: Notices = new Notices(() => this.current.loader.cancel());
  readonly settings: Settings;
  readonly view: ResultView;
  /** As asked for; the one really used may be another. */
  device: AppOptions["device"];
  private readonly objects: ObjectMode;
  private readonly click: ClickMode;
  private readonly models = new ModelView({
    onBuiltIn: (name) => void this.useBuiltInModel(name),
    onInputSize: (inputSize) => void this.useModel({ ...this.objects.loader.choice, inputSize }),
  });
  private mode: Mode = "objects";
  private photo: Photo | undefined;

  constructor(readonly options: AppOptions) {
    this.device = options.device;
    this.settings = bindSettings((name) => {
      this.view.applyLooks();
      if (this.mode === "objects") this.objects.applySetting(name);
    });
    this.view = new ResultView(options.renderer, this.settings);
    this.objects = new ObjectMode(options, this.notices, this.view, this.settings);
    this.click = new ClickMode(options, this.notices, this.view);
    bindMode((mode) => void this.setMode(mode));
  }

  /**
   * Loads a model for a device; both default to those in use. What is on the stage is then done
   * anew. False when that was canceled or failed: the old ones stay.
   */
  async useModel(
    choice: ObjectModel = this.objects.loader.choice,
    device = this.device,
  ): Promise<boolean> {
    this.notices.clearError();
    const done = this.objects.useModel(choice, device, this.mode === "objects");
    return this.used(await done, device);
  }

  /** The same for the click mode, into which it changes. */
  async usePromptModel(
    choice: PromptModelChoice = this.click.loader.choice,
    device = this.device,
  ): Promise<boolean> {
    this.notices.clearError();
    this.enterClick();
    return this.used(await this.click.useModel(choice, device), device);
  }

  /** One file is a model of the mode shown; two are an encoder and a decoder. */
  async useFiles(files: readonly File[]): Promise<boolean> {
    const [file] = files as [File];
    if (this.mode === "click" || files.length > 1) return this.usePromptModel(promptChoice(files));
    return this.useModel({ model: file, name: file.name, isBuiltIn: false });
  }

  async useDevice(device: AppOptions["device"]): Promise<boolean> {
    return this.mode === "click"
      ? this.usePromptModel(undefined, device)
      : this.useModel(undefined, device);
  }

  /** The one of that name, or the first. */
  async useBuiltInModel(wanted?: string): Promise<boolean> {
    const pick = <T extends { readonly name: string }>(choices: readonly T[]) =>
      choices.find(({ name }) => name === wanted) ?? choices[0];
    return this.mode === "click"
      ? this.usePromptModel(pick(builtInPromptChoices))
      : this.useModel(pick(builtInObjectModels));
  }

  async setMode(mode: Mode): Promise<void> {
    if (mode === this.mode) return;
    this.notices.clearError();
    if (mode === "click") {
      this.enterClick();
      await this.click.ready(this.device);
      this.showModel();
      return;
    }
    this.mode = mode;
    showMode(mode);
    this.click.leave();
    this.showModel();
    if (this.photo !== undefined) this.view.showPhoto(this.photo.image);
    await this.objects.open(this.photo);
  }

  async openPhoto(file: Blob, name: string): Promise<void> {
    this.objects.stopCamera();
    this.notices.clearError();
    let image: ImageBitmap;
    try {
      image = await createImageBitmap(file);
    } catch {
      const kind = file.type === "" ? "no known type" : file.type;
      this.notices.showError(
        `${name} cannot be shown`,
        new Error(`the browser cannot decode it (${kind}, ${file.size} bytes)`),
      );
      return;
    }
    const previous = this.photo;
    this.photo = { image, name };
    this.view.showPhoto(image);
    previous?.image.close();
    await this.current.open(this.photo);
  }

  async toggleCamera(): Promise<void> {
    if (this.objects.isLive) {
      this.objects.stopCamera();
      return;
    }
    // The photo's own run is ended by the camera.
    void this.setMode("objects");
    if (await this.objects.startCamera()) this.photo = undefined;
  }

  async flipCamera(): Promise<void> {
    await this.objects.flipCamera();
  }

  /** True when the key was one of the click mode's. */
  handleShortcut({ key, shiftKey }: KeyboardEvent): boolean {
    if (this.mode !== "click") return false;
    const name = key.toLowerCase();
    if (name === "y" || (name === "z" && shiftKey)) this.click.redo();
    else if (name === "z") this.click.undo();
    else return false;
    return true;
  }

  private get current(): ObjectMode | ClickMode {
    return this.mode === "click" ? this.click : this.objects;
  }

  private used(done: boolean, device: AppOptions["device"]): boolean {
    if (done) this.device = device;
    // Also after a failure: the selections go back to what is used.
    this.showModel();
    return done;
  }

  private enterClick(): void {
    if (this.mode === "click") return;
    this.mode = "click";
    showMode("click");
    this.objects.leave();
    this.click.enter(this.photo);
    this.showModel();
  }

  private showModel(): void {
    const { model, choice } = this.objects.loader;
    const { model: promptable, choice: promptChosen } = this.click.loader;
    if (this.mode === "click") this.models.showPrompt(promptChosen, promptable?.info);
    else if (model !== undefined) this.models.show(choice, model.info, model.labels.length);
    const shown = this.mode === "click" ? promptable : model;
    if (shown !== undefined) this.view.showDevice(shown.device, shown.fallbacks);
  }
}
