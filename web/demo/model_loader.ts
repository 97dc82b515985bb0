import { type CreateOptions, type ModelSource, Segmenter } from "../index.js";
import { isAbort } from "./dom.js";
import type { Notices } from "./notices.js";

export interface ModelChoice {
  readonly model: ModelSource;
  readonly name: string;
  readonly isBuiltIn: boolean;
}

export const builtInModel: ModelChoice = { model: "masklet-n", name: "masklet-n", isBuiltIn: true };

/**
 * The segmenter in use. A new model or device is loaded beside the old one and takes its place only when it is ready, so a broken file
 * costs nothing; a newer request ends an older one.
 */
export class ModelLoader {
  segmenter: Segmenter | undefined;
  choice = builtInModel;
  private loading: AbortController | undefined;

  constructor(
    private readonly notices: Notices,
    private readonly options: Pick<CreateOptions, "allowSoftwareAdapter">,
  ) {}

  /** True when the segmenter was replaced; false after a cancel or an error, which has been shown. */
  async load(choice: ModelChoice, device: CreateOptions["device"]): Promise<boolean> {
    this.cancel();
    const loading = new AbortController();
    this.loading = loading;
    this.notices.showProgress(choice.name, { stage: "download", loaded: 0 });
    try {
      const segmenter = await Segmenter.create({
        ...this.options,
        model: choice.model,
        device: device ?? "auto",
        signal: loading.signal,
        onProgress: (progress) => {
          if (this.loading === loading) this.notices.showProgress(choice.name, progress);
        },
      });
      if (this.loading !== loading) {
        segmenter.dispose();
        return false;
      }
      this.segmenter?.dispose();
      this.segmenter = segmenter;
      this.choice = choice;
      return true;
    } catch (error) {
      if (this.loading === loading && !isAbort(error)) this.notices.showError(`${choice.name} cannot be used`, error);
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
