import { throwIfAborted } from "../base/errors.js";
import type { Source } from "../base/image.js";
import { TaskQueue } from "../base/task_queue.js";
import type { Core } from "../core/core.js";
import { loadCore } from "../core/load.js";
import type { EngineState, Reporting, RunState } from "../engine/engine.js";
import {
  decode,
  letMessagesIn,
  prepare,
  type ReadImage,
  type RunImage,
  read,
  run,
} from "../engine/pipeline.js";
import { coreOptions } from "../engine/start.js";
import { decodeWith } from "../families/decode_match.js";
import { preprocessingFor } from "../families/input_sizing.js";
import { builtInModels } from "../model/built_in.js";
import type { RunningModelInfo } from "../model/info.js";
import { loadModel } from "../model/store.js";
import type { FoundColumns, PlainSegmentOptions, RawAnswer, SegmentEngine } from "./calls.js";
import { makeImageFeeds } from "./feeds.js";
import { type CheckedSegmentOptions, checkSegmentOptions } from "./options.js";
import { type StartedModel, startModel } from "./start.js";
import type { CreateOptions } from "./types.js";

/**
 * Calls of one realm take turns, so that only one at a time holds tensors. Reading the sources can
 * overlap with another call.
 */
const turns = /* @__PURE__ */ new TaskQueue();

/** The engine in the current realm. */
export class LocalEngine implements SegmentEngine {
  /** Reused by the next call, so that a video does not allocate an input per frame. */
  private input = new Float32Array(0);

  private constructor(
    private readonly core: Core,
    private readonly model: StartedModel,
  ) {}

  /**
   * Loads core and model, and starts the model on the best device. An abort between the steps frees
   * everything.
   */
  static async create(options: CreateOptions): Promise<LocalEngine> {
    const { signal, onProgress } = options;
    const core = await loadCore(coreOptions(options));
    const loaded = await loadModel(options.model ?? builtInModels[0].name, options);
    throwIfAborted(signal, "compile");
    onProgress?.({ stage: "compile", loaded: 0, total: 1 });
    const model = await startModel(loaded, options);
    onProgress?.({ stage: "compile", loaded: 1, total: 1 });
    return new LocalEngine(core, model);
  }

  get state(): EngineState<RunningModelInfo> {
    return { ...this.runState(), info: this.model.info };
  }

  async segment(
    sources: readonly Source[],
    options: PlainSegmentOptions,
    { signal }: Reporting,
  ): Promise<{ results: FoundColumns[]; state: RunState }> {
    const { match, info } = this.model;
    const { family, binding } = match;
    const checked = checkSegmentOptions(options, info.labels, binding.classCount, family.defaults);
    const results: FoundColumns[] = [];
    for (let at = 0, length: number; at < sources.length; at += length) {
      length = Math.min(sources.length - at, this.runLength());
      const images = await read(sources.slice(at, at + length), signal);
      const found = await this.inTurn(images, signal, async (ran) => {
        await letMessagesIn(signal);
        throwIfAborted(signal, "decode");
        return ran.map((image) => this.decode(image, checked));
      });
      results.push(...found);
    }
    return { results, state: this.runState() };
  }

  async infer(
    sources: readonly Source[],
    _: undefined,
    { signal }: Reporting,
  ): Promise<RawAnswer & { state: RunState }> {
    const images = await read(sources, signal);
    return this.inTurn(images, signal, async ([ran]) => {
      const { image, outputs, preprocessing } = ran!;
      const { width, height } = image;
      return { outputs, preprocessing, width, height, state: this.runState() };
    });
  }

  dispose(): Promise<void> {
    return this.model.session.dispose();
  }

  /** Number of images per run: several only if all have the same input size. */
  private runLength(): number {
    const { batch, sizing } = this.model.info;
    if (sizing.rule !== "fixed") return 1;
    return batch === "open" ? Number.POSITIVE_INFINITY : batch;
  }

  /** Waits for its turn, prepares the images, runs the network and calls `finish`. */
  private inTurn<T>(
    images: readonly ReadImage[],
    signal: AbortSignal | undefined,
    finish: (ran: readonly RunImage[]) => Promise<T>,
  ): Promise<T> {
    return turns.run(async () => {
      throwIfAborted(signal, "preprocess");
      const { plan, session, info } = this.model;
      const prepared = prepare(this.core, images, {
        preprocessing: (size) => preprocessingFor(info.sizing, size, info.preprocessing),
        feeds: (planar, size) => makeImageFeeds(plan, planar, size),
        room: (length) => this.room(length),
      });
      const { batch } = plan.image;
      return finish((await run(prepared, { session, batch, signal })).images);
    });
  }

  private decode(ran: RunImage, options: CheckedSegmentOptions): FoundColumns {
    const { match, session } = this.model;
    const { width, height } = ran.image;
    const { value: columns, timingsMs } = decode(this.core, ran, (core, one) =>
      decodeWith(core, match, one.outputs, one.image, one.preprocessing, options),
    );
    return { columns, width, height, device: session.device, timingsMs };
  }

  private room(length: number): Float32Array {
    if (this.input.length !== length) this.input = new Float32Array(length);
    return this.input;
  }

  private runState(): RunState {
    const { device, fallbacks } = this.model.session;
    return { device, fallbacks: [...fallbacks] };
  }
}
