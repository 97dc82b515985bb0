import type { Core, InstanceColumns } from "./core/core.js";
import { loadCore } from "./core/load.js";
import { MaskletError, throwIfAborted } from "./errors.js";
import { decodeWith } from "./families/decode_match.js";
import type { FamilyMatch } from "./families/detect.js";
import type { ModelSession } from "./runtime/model_session.js";
import { loadModel } from "./runtime/model_store.js";
import { TaskQueue } from "./runtime/task_queue.js";
import { checkSegmentOptions } from "./segmenter_options.js";
import { startModel } from "./segmenter_start.js";
import { decodeImage } from "./source.js";
import type { CreateOptions, Device, Fallback, RawTensor, RgbaImage, RunningModelInfo } from "./types.js";
import { devices, type SegmentOptions, type Source, type Timings } from "./types.js";

/** What can be told of an engine without asking it. */
export interface EngineState {
  readonly device: Device;
  readonly fallbacks: readonly Fallback[];
  readonly info: RunningModelInfo;
}

/** Outcome of one call in columns, which cross to another thread without copying. */
export interface EngineResult {
  readonly columns: InstanceColumns;
  readonly width: number;
  readonly height: number;
  readonly timingsMs: Timings;
  readonly state: Pick<EngineState, "device" | "fallbacks">;
}

export interface RawEngineResult extends Pick<EngineResult, "width" | "height" | "state"> {
  readonly outputs: ReadonlyMap<string, RawTensor>;
}

/** The work behind a Segmenter: in the caller's thread or in a worker. */
export interface Engine {
  readonly state: EngineState;
  segment(source: Source, options: SegmentOptions): Promise<EngineResult>;
  infer(source: Source, signal: AbortSignal | undefined): Promise<RawEngineResult>;
  dispose(): Promise<void>;
}

/**
 * The core works on one picture at a time, from `setImage` to the masks. Calls of one realm therefore take turns; only reading the source
 * is done beside another call.
 */
const turns = /* @__PURE__ */ new TaskQueue();

/** The engine in this very realm. */
export class LocalEngine implements Engine {
  private readonly input: Float32Array;

  private constructor(
    private readonly match: FamilyMatch,
    private readonly session: ModelSession,
    private readonly info: RunningModelInfo,
    private readonly coreUrl: CreateOptions["coreUrl"],
  ) {
    this.input = new Float32Array(3 * info.preprocessing.width * info.preprocessing.height);
  }

  /** Loads core and model, and starts the model on the best device. Aborting between the steps leaves nothing behind. */
  static async create(options: CreateOptions): Promise<LocalEngine> {
    const { signal, onProgress, device = "auto" } = options;
    if (device !== "auto" && !devices.includes(device)) {
      const message = `device is '${device}'; allowed: auto, ${devices.join(", ")}`;
      throw new MaskletError("badOption", "load", message, { value: String(device) });
    }
    await loadCore(coreOptions(options.coreUrl, signal));
    const loaded = await loadModel(options.model ?? "masklet-n", options);
    throwIfAborted(signal, "compile");
    onProgress?.({ stage: "compile", loaded: 0, total: 1 });
    const { match, session, info } = await startModel(loaded, { ...options, device });
    onProgress?.({ stage: "compile", loaded: 1, total: 1 });
    return new LocalEngine(match, session, info, options.coreUrl);
  }

  get state(): EngineState {
    return { ...this.runState(), info: this.info };
  }

  async segment(source: Source, options: SegmentOptions): Promise<EngineResult> {
    const { family, binding } = this.match;
    const checked = checkSegmentOptions(options, this.info.labels, binding.classCount, family.defaults);
    return this.work(source, options.signal, async (run) => {
      const { core, image, outputs } = run;
      await letMessagesIn(options.signal);
      throwIfAborted(options.signal, "decode");
      const start = performance.now();
      // Another picture may have been decoded meanwhile, or the core started anew.
      const columns = decodeWith(core, this.match, outputs, image, this.info.preprocessing, checked);
      const timingsMs = withTotal({ ...run.timesMs, postprocess: performance.now() - start });
      return { columns, width: image.width, height: image.height, timingsMs, state: this.runState() };
    });
  }

  infer(source: Source, signal: AbortSignal | undefined): Promise<RawEngineResult> {
    return this.work(source, signal, async ({ image, outputs }) => {
      return { outputs, width: image.width, height: image.height, state: this.runState() };
    });
  }

  dispose(): Promise<void> {
    return this.session.dispose();
  }

  /** Reads the source, then, at its turn, runs the network on it and hands over to `finish` within the same turn. */
  private async work<T>(source: Source, signal: AbortSignal | undefined, finish: (run: Run) => Promise<T>): Promise<T> {
    const begun = performance.now();
    const image = await decodeImage(source, signal ? { signal } : {});
    const sourceMs = performance.now() - begun;
    return turns.run(async () => {
      throwIfAborted(signal, "preprocess");
      const start = performance.now();
      const core = await loadCore(coreOptions(this.coreUrl, signal));
      core.setImage(image);
      core.tensorize(this.info.preprocessing, this.input);
      const tensorized = performance.now();
      const outputs = await this.session.run(this.input, signal);
      const inference = performance.now() - tensorized;
      return finish({ core, image, outputs, timesMs: { source: sourceMs, preprocess: tensorized - start, inference } });
    });
  }

  private runState(): Pick<EngineState, "device" | "fallbacks"> {
    return { device: this.session.device, fallbacks: [...this.session.fallbacks] };
  }
}

/** One picture after the network. */
interface Run {
  readonly core: Core;
  readonly image: RgbaImage;
  readonly outputs: ReadonlyMap<string, RawTensor>;
  readonly timesMs: Pick<Timings, "source" | "preprocess" | "inference">;
}

function coreOptions(wasmUrl: CreateOptions["coreUrl"], signal: AbortSignal | undefined): Parameters<typeof loadCore>[0] {
  return { ...(wasmUrl === undefined ? {} : { wasmUrl }), ...(signal ? { signal } : {}) };
}

/** A run on the CPU blocks the thread: a message that aborts the call can only arrive when the event loop has had a turn. */
function letMessagesIn(signal: AbortSignal | undefined): Promise<void> | undefined {
  return signal ? new Promise((resolve) => setTimeout(resolve, 0)) : undefined;
}

function withTotal(times: Omit<Timings, "total">): Timings {
  return { ...times, total: times.source + times.preprocess + times.inference + times.postprocess };
}
