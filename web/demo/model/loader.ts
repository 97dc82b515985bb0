import type { CreateOptions, Progress } from "../../index.js";
import { isAbort } from "../dom.js";
import type { Notices } from "../notices.js";

/** Where to load a model, how to cancel that, and who is told of the progress. */
export interface LoadOptions {
  readonly device: NonNullable<CreateOptions["device"]>;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/**
 * Holds the model in use. A new model replaces the old one only once it is ready, so a broken file
 * does no harm. A newer request cancels an older one.
 */
export class ModelLoader<
  Choice extends { readonly name: string },
  Model extends { dispose(): void },
> {
  model: Model | undefined;
  private loading: AbortController | undefined;

  constructor(
    private readonly notices: Notices,
    /** The choice in use, or the one to load first. */
    public choice: Choice,
    private readonly create: (choice: Choice, options: LoadOptions) => Promise<Model>,
  ) {}

  /** True when the model was replaced; false after a cancel or an error that has been shown. */
  async load(choice: Choice, device: LoadOptions["device"]): Promise<boolean> {
    this.cancel();
    const loading = new AbortController();
    this.loading = loading;
    this.notices.showProgress(choice.name, { stage: "download", loaded: 0 });
    try {
      const model = await this.create(choice, {
        device,
        signal: loading.signal,
        onProgress: (progress) => {
          if (this.loading === loading) this.notices.showProgress(choice.name, progress);
        },
      });
      if (this.loading !== loading) {
        model.dispose();
        return false;
      }
      this.model?.dispose();
      this.model = model;
      this.choice = choice;
      return true;
    } catch (error) {
      if (this.loading === loading && !isAbort(error))
        this.notices.showError(`Could not load ${choice.name}`, error);
      return false;
    } finally {
      if (this.loading === loading) {
        this.loading = undefined;
        this.notices.hideProgress();
      }
    }
  }

  get isLoading(): boolean {
    return this.loading !== undefined;
  }

  cancel(): void {
    this.loading?.abort();
    this.loading = undefined;
    this.notices.hideProgress();
  }
}
