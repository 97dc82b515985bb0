import type { Progress } from "../base/device.js";
import type { SerializedError } from "../base/errors.js";
import type { Source } from "../base/image.js";
import type {
  EverythingAnswer,
  ImageAnswer,
  PromptAnswer,
  PromptEngineState,
} from "../prompt/calls.js";
import type { Ask } from "../prompt/decoder.js";
import type { CheckedEverything } from "../prompt/options.js";
import type { EverythingProgress, PromptSegmenterOptions } from "../prompt/types.js";
import type { EngineResult, EngineState, RawEngineResult } from "../segment/engine.js";
import type { CreateOptions, SegmentOptions } from "../segment/types.js";

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
