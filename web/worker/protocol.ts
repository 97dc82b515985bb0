import type { SerializedError } from "../errors.js";
import type {
  EverythingAnswer,
  ImageAnswer,
  PromptAnswer,
  PromptEngineState,
} from "../prompt_calls.js";
import type { Ask } from "../prompt_decoder.js";
import type { CheckedEverything } from "../prompt_options.js";
import type { EverythingProgress, PromptSegmenterOptions } from "../prompt_types.js";
import type { EngineResult, EngineState, RawEngineResult } from "../segmenter_engine.js";
import type { CreateOptions, Progress, SegmentOptions, Source } from "../types.js";

/**
 * What a call gives back: errors cross as plain objects, because a clone of an error loses its
 * class and its code.
 */
export type Outcome<T> = { readonly ok: T } | { readonly error: SerializedError };

/** Options that can be cloned; signal and progress have their own ways. */
export type PlainCreateOptions = Omit<CreateOptions, "signal" | "onProgress" | "worker">;
export type PlainSegmentOptions = Omit<SegmentOptions, "signal" | "refineWith">;
export type PlainPromptOptions = PromptSegmenterOptions & {
  signal?: never;
  onProgress?: never;
  worker?: never;
};

type Report<T> = (progress: T) => void;

/** What the worker offers: one engine of either kind. `call` numbers name a call for `abort`. */
export interface WorkerApi extends SegmentApi, PromptApi {
  /** Takes the lock by whose release the worker's end is noticed; false when there are no locks. */
  hold(lock: string): Promise<boolean>;
  abort(call: number): void;
  dispose(): Promise<void>;
}

export interface SegmentApi {
  create(
    call: number,
    options: PlainCreateOptions,
    onProgress: Report<Progress>,
  ): Promise<Outcome<EngineState>>;
  /** `owned`: which of the sources are copies made for this call. */
  segment(
    call: number,
    sources: Source[],
    owned: boolean[],
    options: PlainSegmentOptions,
  ): Promise<Outcome<EngineResult[]>>;
  /** Of the one source. */
  infer(call: number, sources: Source[], owned: boolean[]): Promise<Outcome<RawEngineResult>>;
}

export interface PromptApi {
  createPrompt(
    call: number,
    options: PlainPromptOptions,
    onProgress: Report<Progress>,
  ): Promise<Outcome<PromptEngineState>>;
  /** Of the one source. */
  setImage(call: number, sources: Source[], owned: boolean[]): Promise<Outcome<ImageAnswer>>;
  ask(call: number, image: string, ask: Ask): Promise<Outcome<PromptAnswer>>;
  everything(
    call: number,
    image: string,
    settings: CheckedEverything,
    onProgress: Report<EverythingProgress>,
  ): Promise<Outcome<EverythingAnswer>>;
}
