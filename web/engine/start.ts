import { isNode } from "../base/realm.js";
import { type LoadCoreOptions, loadCore } from "../core/load.js";
import type { EngineOptions } from "./types.js";

type CoreWishes = Pick<EngineOptions, "coreUrl" | "signal">;

export function coreOptions({ coreUrl, signal }: CoreWishes): LoadCoreOptions {
  return { ...(coreUrl === undefined ? {} : { wasmUrl: coreUrl }), ...(signal ? { signal } : {}) };
}

/**
 * Starts an engine, in a worker unless the options or the platform say otherwise, and loads the
 * core beside it: masks are worked on in the caller's thread, wherever the network runs.
 */
export async function startEngine<E extends { dispose(): Promise<void> }>(
  options: CoreWishes & Pick<EngineOptions, "worker">,
  start: { inWorker(): Promise<E>; here(): Promise<E> },
): Promise<E> {
  const inWorker = options.worker !== false && !isNode() && typeof Worker === "function";
  const core = loadCore(coreOptions(options));
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
