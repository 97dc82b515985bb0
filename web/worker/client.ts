import type { Source } from "../base/image.js";
import type { Engine, EngineResult, EngineState, RawEngineResult } from "../segment/engine.js";
import type { CreateOptions, SegmentOptions } from "../segment/types.js";
import { absoluteAddresses, WorkerHost } from "./host.js";

/** Starts a worker with an engine in it. */
export async function startWorkerEngine(options: CreateOptions): Promise<Engine> {
  const engine = new WorkerEngine(options);
  await engine.start(options);
  return engine;
}

class WorkerEngine implements Engine {
  private readonly host: WorkerHost<EngineState>;

  constructor({
    signal: _signal,
    onProgress: _onProgress,
    worker: _worker,
    ...options
  }: CreateOptions) {
    const plain = absoluteAddresses(options);
    this.host = new WorkerHost((link, call, report) => link.api.create(call, plain, report));
  }

  get state(): EngineState {
    return this.host.state;
  }

  async start(options: Pick<CreateOptions, "signal" | "onProgress">): Promise<void> {
    await this.host.start(options);
  }

  async segment(
    sources: readonly Source[],
    { signal, refineWith: _refineWith, ...options }: SegmentOptions,
  ): Promise<EngineResult[]> {
    const results = await this.host.send(sources, signal, (link, call, cargo, owned) =>
      link.api.segment(call, cargo, owned, options),
    );
    this.host.adopt(results.at(-1)?.state);
    return results;
  }

  async infer(source: Source, signal: AbortSignal | undefined): Promise<RawEngineResult> {
    const result = await this.host.send([source], signal, (link, call, cargo, owned) =>
      link.api.infer(call, cargo, owned),
    );
    this.host.adopt(result.state);
    return result;
  }

  dispose(): Promise<void> {
    return this.host.dispose();
  }
}
