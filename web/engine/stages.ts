// What engines do around their stages.

import type { Timings } from "../base/device.js";
import { isNode } from "../base/realm.js";
import { type LoadCoreOptions, loadCore } from "../core/load.js";
import type { EngineOptions } from "./types.js";

export function coreOptions(
  wasmUrl: EngineOptions["coreUrl"],
  signal: AbortSignal | undefined,
): LoadCoreOptions {
  return { ...(wasmUrl === undefined ? {} : { wasmUrl }), ...(signal ? { signal } : {}) };
}

/**
 * A run on the CPU blocks the thread: a message that aborts the call can only arrive when the event
 * loop has had a turn.
 */
export function letMessagesIn(signal: AbortSignal | undefined): Promise<void> | undefined {
  return signal ? new Promise((resolve) => setTimeout(resolve, 0)) : undefined;
}

export function withTotal(times: Omit<Timings, "total">): Timings {
  return { ...times, total: times.source + times.preprocess + times.inference + times.postprocess };
}

/**
 * Starts an engine, in a worker unless the options or the platform say otherwise, and loads the
 * core beside it: masks are worked on in the caller's thread, wherever the network runs.
 */
export async function startEngine<E extends { dispose(): Promise<void> }>(
  { worker, coreUrl, signal }: Pick<EngineOptions, "worker" | "coreUrl" | "signal">,
  start: { inWorker(): Promise<E>; here(): Promise<E> },
): Promise<E> {
  const inWorker = worker !== false && !isNode() && typeof Worker === "function";
  const core = loadCore(coreOptions(coreUrl, signal));
  const [, engine] = await Promise.allSettled([core, inWorker ? start.inWorker() : start.here()]);
  if (engine.status === "rejected") throw engine.reason;
  try {
    await core;
  } catch (error) {
    await engine.value.dispose();
    throw error;
  }
  return engine.value;
}
