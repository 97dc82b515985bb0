import type { Device, Fallback } from "../index.js";
import type { ModelCard } from "./model/view.js";
import type { Notices } from "./notices.js";
import type { OpenImage } from "./open_image.js";
import type { AppOptions } from "./options.js";
import type { ResultView } from "./stage/result_view.js";
import type { Settings } from "./stage/settings.js";

/** What a mode gets from the app. */
export interface ModeContext {
  readonly options: AppOptions;
  readonly notices: Notices;
  readonly view: ResultView;
  readonly settings: Settings;
}

/** A change of model; what is left out stays the same. */
export interface ModelRequest {
  /** Name of a built-in model. */
  readonly builtIn?: string;
  /** Side of the square model input, in pixels. */
  readonly inputSize?: number;
}

/** The live camera of a mode. */
export interface ModeCamera {
  readonly isLive: boolean;
  /** Resolves to true once the camera runs, to false after a refusal that has been shown. */
  start(): Promise<boolean>;
  stop(): void;
  /** Switches to the other camera. */
  flip(): Promise<void>;
}

/** The device that a loaded model runs on, and why not a better one. */
export interface RunningOn {
  readonly device: Device;
  readonly fallbacks: readonly Fallback[];
}

/** One way of working with the image on the stage. The app knows modes by this interface alone. */
export interface Mode {
  /** Value of the mode in the mode switch. */
  readonly name: string;
  /** A model is loaded or loading. */
  readonly hasModel: boolean;
  readonly camera?: ModeCamera;

  /** Shows the controls and the image, without running the model. */
  enter(image: OpenImage | undefined): void;
  /** Runs the model on the image; a newer call cancels an older one. */
  open(image: OpenImage | undefined): Promise<void>;
  /** Cancels what runs and hides the controls. */
  leave(): void;

  /** Loads a model and runs it. False after a cancel or a failure: the old model stays. */
  useModel(request: ModelRequest, device: AppOptions["device"]): Promise<boolean>;
  /** Whether that many model files can be one model of this mode. */
  takesFiles(count: number): boolean;
  /** The same as `useModel`, with model files of the user. */
  useFiles(files: readonly File[], device: AppOptions["device"]): Promise<boolean>;
  cancelLoading(): void;
  /** Describes the model in use, or the one to load first. */
  modelCard(): ModelCard;
  /** Undefined until a model is loaded. */
  runningOn(): RunningOn | undefined;

  applySetting?(name: keyof Settings): void;
  /** Handles a key pressed with Ctrl or Cmd; true when the mode used it. */
  handleShortcut?(event: KeyboardEvent): boolean;
}
