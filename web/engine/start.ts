import { untilAborted } from "../base/errors.js";
import { isNode } from "../base/realm.js";
import { type LoadCoreOptions, loadCore } from "../core/load.js";
import type { EngineOptions } from "./types.js";

type CoreWishes = Pick<EngineOptions, "coreUrl" | "signal">;

export function coreOptions({ coreUrl, signal }: CoreWishes): LoadCoreOptions {
  return { ...(coreUrl === undefined ? {} : { wasmUrl: coreUrl }), ...(signal ? { signal } : {}) };
}

/**
 * Starts an engine, in a worker unless the options or the platform say otherwise, and loads the
 * core beside it: masks are worked on in the caller's thread, wherever the network runs. An aborted
 * start ends at once; what it still makes is disposed.
 */
export async function startEngine<E extends { dispose(): Promise<void> }>(
  options: CoreWishes & Pick<EngineOptions, "worker">,
  start: { inWorker(): Promise<E>; here(): Promise<E> },
): Promise<E> {
  const inWorker = options.worker !== false && !isNode() && typeof Worker === "function";
  const core = loadCore(coreOptions(options));
  const starting = inWorker ? start.inWorker() : start.here();
  const wanted = untilAborted(starting, options.signal, "load");
  const [, engine] = await Promise.allSettled([core, wanted]);
  if (engine.status === "rejected") {
    starting.then((late) => late.dispose()).catch(() => undefined);
    throw engine.reason;
  }
  try {
    await core;
  } catch (error) {
    await engine.value.dispose();
    throw error;
  }
  return engine.value;
}
