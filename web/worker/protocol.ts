import type { Progress } from "../base/device.js";
import type { SerializedError } from "../base/errors.js";
import type { Source } from "../base/image.js";
import type { EngineState, RunState } from "../engine/engine.js";
import type { PromptEngine } from "../prompt/calls.js";
import type { PromptSegmenterOptions } from "../prompt/types.js";
import type { SegmentEngine } from "../segment/calls.js";
import type { CreateOptions } from "../segment/types.js";

/** The engines that a worker can hold, and the input of each creation. */
export interface Engines {
  readonly segment: { readonly engine: SegmentEngine; readonly options: CreateOptions };
  readonly prompt: { readonly engine: PromptEngine; readonly options: PromptSegmenterOptions };
}

export type EngineKind = keyof Engines;

type WorksOf<E> = Readonly<Record<Exclude<keyof E, "state" | "dispose">, true>>;

/** The kinds of work of each engine. Client and worker accept no other names. */
export const worksOf = {
  segment: { segment: true, infer: true },
  prompt: { setImage: true, ask: true, everything: true },
} satisfies { readonly [K in EngineKind]: WorksOf<Engines[K]["engine"]> };

/**
 * The outcome of a call. Errors cross as plain objects, because the clone of an error loses its
 * class and its code.
 */
export type Outcome<T> = { readonly ok: T } | { readonly error: SerializedError };

export interface WorkAnswer {
  readonly state: RunState;
}

type Report<T> = (progress: T) => void;

/** The interface of the worker: one engine. `abort` finds a call by its number. */
export interface WorkerApi {
  /** Takes the lock whose release reveals the worker's end. Resolves to false without Web Locks. */
  hold(lock: string): Promise<boolean>;
  /** @param options the cloneable options; signal and progress cross separately */
  create(
    call: number,
    kind: EngineKind,
    options: object,
    onProgress: Report<Progress>,
  ): Promise<Outcome<EngineState>>;
  /**
   * @param name the kind of work, one of `worksOf`
   * @param owned which of the sources are copies for this call
   */
  work(
    call: number,
    name: string,
    sources: Source[],
    owned: boolean[],
    input: unknown,
    onProgress: Report<never> | undefined,
  ): Promise<Outcome<WorkAnswer>>;
  abort(call: number): void;
  dispose(): Promise<void>;
}
