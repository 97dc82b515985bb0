import { proxy } from "comlink";
import type { Source } from "../base/image.js";
import type {
  EverythingAnswer,
  ImageAnswer,
  PromptAnswer,
  PromptEngine,
  PromptEngineState,
  Reporting,
} from "../prompt/calls.js";
import type { Ask } from "../prompt/decoder.js";
import type { CheckedEverything } from "../prompt/options.js";
import type { PromptSegmenterOptions } from "../prompt/types.js";
import { absoluteAddresses, WorkerHost } from "./host.js";
import type { PlainPromptOptions } from "./protocol.js";

/** Starts a worker with an engine for prompts in it. */
export async function startPromptWorker(options: PromptSegmenterOptions): Promise<PromptEngine> {
  const engine = new PromptWorkerEngine(options);
  await engine.start(options);
  return engine;
}

/** A worker that died takes the encoded images with it: prompts about them say so (`noImage`). */
class PromptWorkerEngine implements PromptEngine {
  private readonly host: WorkerHost<PromptEngineState>;

  constructor({
    signal: _signal,
    onProgress: _onProgress,
    worker: _worker,
    ...options
  }: PromptSegmenterOptions) {
    const plain = absoluteAddresses(options) as PlainPromptOptions;
    this.host = new WorkerHost((link, call, report) => link.api.createPrompt(call, plain, report));
  }

  get state(): PromptEngineState {
    return this.host.state;
  }

  async start(options: Pick<PromptSegmenterOptions, "signal" | "onProgress">): Promise<void> {
    await this.host.start(options);
  }

  async setImage(source: Source, signal: AbortSignal | undefined): Promise<ImageAnswer> {
    const answer = await this.host.send([source], signal, (link, call, cargo, owned) =>
      link.api.setImage(call, cargo, owned),
    );
    this.host.adopt(answer.state);
    return answer;
  }

  async ask(image: string, ask: Ask, signal: AbortSignal | undefined): Promise<PromptAnswer> {
    const answer = await this.host.send([], signal, (link, call) => link.api.ask(call, image, ask));
    this.host.adopt(answer.state);
    return answer;
  }

  async everything(
    image: string,
    settings: CheckedEverything,
    { onProgress, signal }: Reporting,
  ): Promise<EverythingAnswer> {
    const report = proxy(onProgress ?? (() => undefined));
    const answer = await this.host.send([], signal, (link, call) =>
      link.api.everything(call, image, settings, report),
    );
    this.host.adopt(answer.state);
    return answer;
  }

  dispose(): Promise<void> {
    return this.host.dispose();
  }
}
