import { ClickMode } from "./click/mode.js";
import type { Mode, ModelRequest } from "./mode.js";
import { bindModeSwitch, showModeName } from "./mode_switch.js";
import { ModelView } from "./model/view.js";
import { Notices } from "./notices.js";
import { ObjectMode } from "./objects/mode.js";
import type { OpenImage } from "./open_image.js";
import type { AppOptions } from "./options.js";
import { ResultView } from "./stage/result_view.js";
import { bindSettings, type Settings } from "./stage/settings.js";

/** Holds what all modes share (the image, the device, the view) and hands it to the current mode. */
export class App {
  readonly notices: Notices = new Notices(() => this.current.cancelLoading());
  readonly settings: Settings;
  readonly view: ResultView;
  /** The requested device; the model may run on another one. */
  device: AppOptions["device"];
  private readonly modes: readonly Mode[];
  private readonly models = new ModelView({
    onBuiltIn: (builtIn) => void this.useModel({ builtIn }),
    onInputSize: (inputSize) => void this.useModel({ inputSize }),
  });
  private current: Mode;
  private image: OpenImage | undefined;

  constructor(readonly options: AppOptions) {
    this.device = options.device;
    this.settings = bindSettings((name) => {
      this.view.applyLooks();
      this.current.applySetting?.(name);
    });
    this.view = new ResultView(options.renderer, this.settings);
    const { notices, view, settings } = this;
    const context = { options, notices, view, settings };
    const first = new ObjectMode(context);
    this.modes = [first, new ClickMode(context)];
    this.current = first;
    bindModeSwitch((name) => void this.setMode(name));
  }

  /**
   * Changes the model of the current mode. False after a cancel or a failure: the old model stays.
   */
  useModel(request: ModelRequest = {}): Promise<boolean> {
    return this.change(this.device, (mode, device) => mode.useModel(request, device));
  }

  /** Loads the model of the current mode again, on another device. */
  useDevice(device: AppOptions["device"]): Promise<boolean> {
    return this.change(device, (mode) => mode.useModel({}, device));
  }

  /** Loads model files, in the current mode if it takes that many, else in one that does. */
  useFiles(files: readonly File[]): Promise<boolean> {
    const takes = (mode: Mode) => mode.takesFiles(files.length);
    const mode = takes(this.current) ? this.current : this.modes.find(takes);
    if (mode !== undefined) this.show(mode);
    return this.change(this.device, (mode, device) => mode.useFiles(files, device));
  }

  async setMode(name: string): Promise<void> {
    const mode = this.modes.find((mode) => mode.name === name);
    if (mode === undefined || mode === this.current) return;
    this.notices.clearError();
    this.show(mode);
    if (mode.hasModel) await mode.open(this.image);
    else await this.useModel();
  }

  async openImage(file: Blob, name: string): Promise<void> {
    this.camera?.stop();
    this.notices.clearError();
    let image: ImageBitmap;
    try {
      image = await createImageBitmap(file);
    } catch {
      const type = file.type === "" ? "unknown type" : file.type;
      this.notices.showError(
        `Could not open ${name}`,
        new Error(`The browser cannot decode it (${type}, ${file.size} bytes)`),
      );
      return;
    }
    const previous = this.image;
    this.image = { image, name };
    this.view.showImage(image);
    previous?.image.close();
    await this.current.open(this.image);
  }

  async toggleCamera(): Promise<void> {
    const { camera } = this;
    if (camera?.isLive) {
      camera.stop();
      return;
    }
    const before = this.current;
    const mode = this.modes.find((mode) => mode.camera === camera)!;
    this.show(mode);
    if (await camera?.start()) this.image = undefined;
    else if (mode !== before) await mode.open(this.image);
  }

  async flipCamera(): Promise<void> {
    await this.camera?.flip();
  }

  /** True when the current mode used the key. */
  handleShortcut(event: KeyboardEvent): boolean {
    return this.current.handleShortcut?.(event) ?? false;
  }

  private get camera() {
    return this.modes.find(({ camera }) => camera !== undefined)?.camera;
  }

  private show(mode: Mode): void {
    if (mode === this.current) return;
    this.current.leave();
    this.current = mode;
    showModeName(mode.name);
    mode.enter(this.image);
    this.showModel();
  }

  private async change(
    device: AppOptions["device"],
    load: (mode: Mode, device: AppOptions["device"]) => Promise<boolean>,
  ): Promise<boolean> {
    this.notices.clearError();
    const done = await load(this.current, device);
    if (done) this.device = device;
    // After a failure too: the controls go back to the model in use.
    this.showModel();
    return done;
  }

  private showModel(): void {
    this.models.show(this.current.modelCard());
    const running = this.current.runningOn();
    if (running !== undefined) this.view.showDevice(running.device, running.fallbacks);
  }
}
