import { proxy } from "comlink";
import { absoluteAddresses } from "../engine/addresses.js";
import type { Engine, EngineState, Work } from "../engine/engine.js";
import type { EngineOptions } from "../engine/types.js";
import { WorkerHost } from "./host.js";
import { type EngineKind, type Engines, type WorkAnswer, worksOf } from "./protocol.js";

/**
 * Starts a worker with an engine in it. A worker that dies loses its encoded images, and later
 * calls about them fail with `noImage`.
 */
export async function startWorkerEngine<K extends EngineKind>(
  kind: K,
  options: Engines[K]["options"],
): Promise<Engines[K]["engine"]> {
  const { signal, onProgress, worker: _worker, ...rest } = options as EngineOptions;
  const plain = absoluteAddresses(rest);
  const host = new WorkerHost<EngineState>((link, call, report) =>
    link.api.create(call, kind, plain, report),
  );
  await host.start({ signal, onProgress });
  const engine: Engine = {
    get state() {
      return host.state;
    },
    dispose: () => host.dispose(),
  };
  const works = Object.keys(worksOf[kind]).map((name) => [name, workThrough(host, name)]);
  return Object.assign(engine, Object.fromEntries(works)) as Engines[K]["engine"];
}

/** One kind of work, done in the worker. */
function workThrough(
  host: WorkerHost<EngineState>,
  name: string,
): Work<unknown, WorkAnswer, unknown> {
  return async (sources, input, { signal, onProgress }) => {
    const report = onProgress && proxy(onProgress);
    const answer = await host.send(sources, signal, (link, call, cargo, owned) =>
      link.api.work(call, name, cargo, owned, input, report),
    );
    host.adopt(answer.state);
    return answer;
  };
}
