// What engines do around their stages.
import type { LoadCoreOptions } from "./core/load.js";
import type { CreateOptions, Timings } from "./types.js";

export function coreOptions(wasmUrl: CreateOptions["coreUrl"], signal: AbortSignal | undefined): LoadCoreOptions {
  return { ...(wasmUrl === undefined ? {} : { wasmUrl }), ...(signal ? { signal } : {}) };
}

/** A run on the CPU blocks the thread: a message that aborts the call can only arrive when the event loop has had a turn. */
export function letMessagesIn(signal: AbortSignal | undefined): Promise<void> | undefined {
  return signal ? new Promise((resolve) => setTimeout(resolve, 0)) : undefined;
}

export function withTotal(times: Omit<Timings, "total">): Timings {
  return { ...times, total: times.source + times.preprocess + times.inference + times.postprocess };
}
