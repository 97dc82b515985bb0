import type { Device, Fallback, Timings } from "../base/device.js";
import { devices } from "../base/device.js";
import { MaskletError, throwIfAborted } from "../base/errors.js";
import type { RgbaImage, Source } from "../base/image.js";
import type { Preprocessing } from "../base/preprocessing.js";
import { TaskQueue } from "../base/task_queue.js";
import type { RawTensor } from "../base/tensor.js";
import type { Core, InstanceColumns } from "../core/core.js";
import { loadCore } from "../core/load.js";
import { coreOptions, letMessagesIn, withTotal } from "../engine/stages.js";
import { decodeWith } from "../families/decode_match.js";
import { preprocessingFor } from "../families/input_sizing.js";
import { builtInModels } from "../model/built_in.js";
import type { RunningModelInfo } from "../model/info.js";
import { loadModel } from "../model/store.js";
import { splitBatch } from "../runtime/batch.js";
import { decodeImage } from "../source/decode_image.js";
import { makeImageFeeds } from "./feeds.js";
import { checkSegmentOptions } from "./options.js";
import { type StartedModel, startModel } from "./start.js";
import type { CreateOptions, SegmentOptions } from "./types.js";

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
  readonly preprocessing: Preprocessing;
}

/** The work behind a Segmenter: in the caller's thread or in a worker. */
export interface Engine {
  readonly state: EngineState;
  /** One result for each source, in their order. */
  segment(sources: readonly Source[], options: SegmentOptions): Promise<EngineResult[]>;
  infer(source: Source, signal: AbortSignal | undefined): Promise<RawEngineResult>;
  dispose(): Promise<void>;
}

/**
 * The core works on one image at a time, from `setImage` to the masks. Calls of one realm therefore
 * take turns; only reading the source is done beside another call.
 */
const turns = /* @__PURE__ */ new TaskQueue();

/** The engine in this very realm. */
export class LocalEngine implements Engine {
  private input = new Float32Array(0);

  private constructor(
    private readonly model: StartedModel,
    private readonly coreUrl: CreateOptions["coreUrl"],
  ) {}

  /**
   * Loads core and model, and starts the model on the best device. Aborting between the steps
   * leaves nothing behind.
   */
  static async create(options: CreateOptions): Promise<LocalEngine> {
    const { signal, onProgress, device = "auto" } = options;
    if (device !== "auto" && !devices.includes(device)) {
      const message = `device is '${device}'; allowed: auto, ${devices.join(", ")}`;
      throw new MaskletError("badOption", "load", message, { value: String(device) });
    }
    await loadCore(coreOptions(options.coreUrl, signal));
    const loaded = await loadModel(options.model ?? builtInModels[0].name, options);
    throwIfAborted(signal, "compile");
    onProgress?.({ stage: "compile", loaded: 0, total: 1 });
    const model = await startModel(loaded, { ...options, device });
    onProgress?.({ stage: "compile", loaded: 1, total: 1 });
    return new LocalEngine(model, options.coreUrl);
  }

  get state(): EngineState {
    return { ...this.runState(), info: this.model.info };
  }

  async segment(sources: readonly Source[], options: SegmentOptions): Promise<EngineResult[]> {
    const { match, info } = this.model;
    const checked = checkSegmentOptions(
      options,
      info.labels,
      match.binding.classCount,
      match.family.defaults,
    );
    const results: EngineResult[] = [];
    for (let at = 0, length: number; at < sources.length; at += length) {
      length = Math.min(sources.length - at, this.runLength());
      const runs = await this.work(
        sources.slice(at, at + length),
        options.signal,
        async (core, imageRuns) => {
          await letMessagesIn(options.signal);
          throwIfAborted(options.signal, "decode");
          return imageRuns.map((imageRun) => this.toResult(core, imageRun, checked));
        },
      );
      results.push(...runs);
    }
    return results;
  }

  async infer(source: Source, signal: AbortSignal | undefined): Promise<RawEngineResult> {
    return this.work([source], signal, async (_, imageRuns) => {
      const [{ image, outputs, preprocessing }] = imageRuns as [ImageRun];
      return {
        outputs,
        preprocessing,
        width: image.width,
        height: image.height,
        state: this.runState(),
      };
    });
  }

  dispose(): Promise<void> {
    return this.model.session.dispose();
  }

  /** Images in one run: several only where all have the same input size. */
  private runLength(): number {
    const { batch, sizing } = this.model.info;
    if (sizing.rule !== "fixed") return 1;
    return batch === "open" ? Number.POSITIVE_INFINITY : batch;
  }

  private toResult(
    core: Core,
    imageRun: ImageRun,
    options: ReturnType<typeof checkSegmentOptions>,
  ): EngineResult {
    const { image, outputs, preprocessing, timesMs } = imageRun;
    const start = performance.now();
    // Another image may have been decoded meanwhile, or the core started anew: the letterbox is set
    // again.
    const columns = decodeWith(core, this.model.match, outputs, image, preprocessing, options);
    const timingsMs = withTotal({ ...timesMs, postprocess: performance.now() - start });
    return { columns, width: image.width, height: image.height, timingsMs, state: this.runState() };
  }

  /**
   * Reads the sources, then, at its turn, runs the network on them at once and hands over to
   * `finish` within the same turn.
   */
  private async work<T>(
    sources: readonly Source[],
    signal: AbortSignal | undefined,
    finish: (core: Core, imageRuns: ImageRun[]) => Promise<T>,
  ): Promise<T> {
    const images = await Promise.all(
      sources.map((source) => timed(() => decodeImage(source, signal ? { signal } : {}))),
    );
    return turns.run(async () => {
      throwIfAborted(signal, "preprocess");
      const core = await loadCore(coreOptions(this.coreUrl, signal));
      const { sizing, preprocessing: usual } = this.model.info;
      const plans = images.map(({ value }) => preprocessingFor(sizing, value, usual));
      const size = plans[0]!;
      const preprocessMs = this.fillInput(
        core,
        images.map(({ value }) => value),
        plans,
      );
      const { session, plan } = this.model;
      const feeds = makeImageFeeds(plan, this.input, size);
      const run = await timed(() => session.run(feeds, { signal }));
      const batch = plan.image.batch === "open" ? images.length : plan.image.batch;
      const outputs = splitBatch(run.value.outputs, batch, images.length);
      const imageRuns = images.map(({ value: image, ms }, i) => {
        const timesMs = {
          source: ms,
          preprocess: preprocessMs[i]!,
          inference: run.ms / images.length,
        };
        return { image, outputs: outputs[i]!, preprocessing: plans[i]!, timesMs };
      });
      return finish(core, imageRuns);
    });
  }

  /**
   * Puts the images one after the other into `input`, which is kept for the next call; returns the
   * time of each.
   */
  private fillInput(
    core: Core,
    images: readonly RgbaImage[],
    plans: readonly Preprocessing[],
  ): number[] {
    const { width, height } = plans[0]!;
    const length = 3 * width * height;
    if (this.input.length !== length * images.length)
      this.input = new Float32Array(length * images.length);
    return images.map((image, i) => {
      const start = performance.now();
      core.setImage(image);
      core.tensorize(plans[i]!, this.input.subarray(i * length, (i + 1) * length));
      return performance.now() - start;
    });
  }

  private runState(): Pick<EngineState, "device" | "fallbacks"> {
    const { device, fallbacks } = this.model.session;
    return { device, fallbacks: [...fallbacks] };
  }
}

/** One image after the network. */
interface ImageRun {
  readonly image: RgbaImage;
  readonly outputs: ReadonlyMap<string, RawTensor>;
  readonly preprocessing: Preprocessing;
  readonly timesMs: Pick<Timings, "source" | "preprocess" | "inference">;
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}
