import type { CreateOptions, Progress } from "../../index.js";
import { isAbort } from "../dom.js";
import type { Notices } from "../notices.js";

/** How a model is created: where, how to cancel it, and whom to tell. */
export interface LoadOptions {
  readonly device: NonNullable<CreateOptions["device"]>;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/**
 * The model in use. A new one, or the same on another device, is loaded beside the old one and
 * takes its place only when it is ready, so a broken file costs nothing; a newer request ends an
 * older one.
 */
export class ModelLoader<
  Choice extends { readonly name: string },
  Model extends { dispose(): void },
> {
  model: Model | undefined;
  private loading: AbortController | undefined;

  constructor(
    private readonly notices: Notices,
    /** That of the model in use, or to be loaded first. */
    public choice: Choice,
    private readonly create: (choice: Choice, options: LoadOptions) => Promise<Model>,
  ) {}

  /** True when the model was replaced; false after a cancel or an error, which has been shown. */
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
        this.notices.showError(`${choice.name} cannot be used`, error);
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
