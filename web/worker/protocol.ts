import type { SerializedError } from "../errors.js";
import type { EngineResult, EngineState, RawEngineResult } from "../segmenter_engine.js";
import type { CreateOptions, Progress, SegmentOptions, Source } from "../types.js";

/** What a call gives back: errors cross as plain objects, because a clone of an error loses its class and its code. */
export type Outcome<T> = { readonly ok: T } | { readonly error: SerializedError };

/** Options that can be cloned; signal and progress have their own ways. */
export type PlainCreateOptions = Omit<CreateOptions, "signal" | "onProgress" | "worker">;
export type PlainSegmentOptions = Omit<SegmentOptions, "signal">;

/** What the worker offers. `call` numbers name a call for `abort`. */
export interface WorkerApi {
  /** Takes the lock by whose release the worker's end is noticed; false when there are no locks. */
  hold(lock: string): Promise<boolean>;
  create(call: number, options: PlainCreateOptions, onProgress: (progress: Progress) => void): Promise<Outcome<EngineState>>;
  /** `owned`: which of the sources are copies made for this call. */
  segment(call: number, sources: Source[], owned: boolean[], options: PlainSegmentOptions): Promise<Outcome<EngineResult[]>>;
  /** Of the one source. */
  infer(call: number, sources: Source[], owned: boolean[]): Promise<Outcome<RawEngineResult>>;
  abort(call: number): void;
  dispose(): Promise<void>;
}
