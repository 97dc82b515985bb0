import type { Device, Fallback } from "./base/device.js";
import { MaskletError, throwIfAborted, untilAborted } from "./base/errors.js";
import type { Source } from "./base/image.js";
import { startEngine } from "./engine/stages.js";
import { toInstances } from "./mask/instances.js";
import type { ModelSource } from "./model/built_in_types.js";
import type { ModelInfo, RawResult, RunningModelInfo } from "./model/info.js";
import { loadModel } from "./model/store.js";
import { type Engine, type EngineResult, LocalEngine } from "./segment/engine.js";
import { inspectLoaded } from "./segment/plan.js";
import { refineResult } from "./segment/two_step.js";
import type { CreateOptions, SegmentOptions, SegmentResult } from "./segment/types.js";
import { decodeImage } from "./source/decode_image.js";
import { startWorkerEngine } from "./worker/client.js";

/**
 * Finds every object of an image with one model. Made by {@link Segmenter.create}; free it with
 * `dispose` or `using`.
 */
export class Segmenter {
  private last: Pick<Segmenter, "device" | "fallbacks">;
  private disposed = false;

  private constructor(
    private readonly engine: Engine,
    /** The model: tensors, family, preprocessing, metadata. */
    readonly info: RunningModelInfo,
  ) {
    this.last = engine.state;
  }

  /**
   * Loads the core and a model and starts it, in a module worker unless `worker` is false or this
   * is Node.
   * @throws MaskletError `badModel`, `unknownModel`, `unsupported`, `badOption`, `networkError`,
   *   `hashMismatch`, `noDevice`, `workerFailed`, `aborted`.
   */
  static async create(options: CreateOptions = {}): Promise<Segmenter> {
    const engine = await startEngine<Engine>(options, {
      inWorker: () => startWorkerEngine(options),
      here: () => LocalEngine.create(options),
    });
    return new Segmenter(engine, engine.state.info);
  }

  /** Where the model runs; after a lost device this can change from call to call. */
  get device(): Device {
    return this.last.device;
  }

  /** Every better device that was not taken, with the reason. */
  get fallbacks(): readonly Fallback[] {
    return this.last.fallbacks;
  }

  /** Class names by class id; empty when neither model nor caller names them. */
  get labels(): readonly string[] {
    return this.info.labels;
  }

  /**
   * Finds the objects of one image. Calls may overlap; they are worked on one after another. The
   * source is only read.
   * @throws MaskletError `badSource` and the other errors of reading an image, `badOption`,
   *   `inferenceFailed`, `deviceLost`, `noDevice`, `workerFailed`, `disposed`, `aborted` (as soon
   *   as the signal is; a stage under way is left to end in the background).
   */
  async segment(source: Source, options: SegmentOptions = {}): Promise<SegmentResult> {
    const [result] = (await this.segmentAll([source], options)) as [SegmentResult];
    return result;
  }

  /**
   * Finds the objects of several images: in one run of the network where the graph takes several
   * (`info.batch`), else one after the other. The results are in the order of the sources; one
   * image that fails fails the call. The time of a shared run is divided evenly.
   * @throws MaskletError as {@link segment}; `badOption` for what is no list.
   */
  async segmentBatch(
    sources: readonly Source[],
    options: SegmentOptions = {},
  ): Promise<SegmentResult[]> {
    if (Array.isArray(sources)) return this.segmentAll(sources, options);
    throw new MaskletError(
      "badOption",
      "source",
      `sources is ${String(sources)}; allowed: a list of sources`,
      { value: String(sources) },
    );
  }

  private async segmentAll(
    sources: readonly Source[],
    { refineWith, ...options }: SegmentOptions,
  ): Promise<SegmentResult[]> {
    if (!refineWith) return this.detectAll(sources, options);
    const { signal } = options;
    // Read once: the next frame of a video is another image.
    const images = await Promise.all(
      sources.map((source) => decodeImage(source, signal ? { signal } : {})),
    );
    const results = await this.detectAll(images, options);
    const refined: SegmentResult[] = [];
    for (const [i, result] of results.entries())
      refined.push(await refineResult(result, images[i]!, refineWith, options));
    return refined;
  }

  private async detectAll(
    sources: readonly Source[],
    options: SegmentOptions,
  ): Promise<SegmentResult[]> {
    if (this.disposed) throw new MaskletError("disposed", "source", "the segmenter was disposed");
    throwIfAborted(options.signal, "source");
    const results = await untilAborted(
      this.engine.segment(sources, options),
      options.signal,
      "inference",
    );
    this.last = results.at(-1)?.state ?? this.last;
    return results.map((result) => this.toResult(result));
  }

  /**
   * Runs the network alone: pre-processing as for {@link segment}, then the raw outputs as they
   * come, all as float32. For decoders of one's own, for `decode` and for measuring.
   */
  async infer(source: Source, { signal }: { signal?: AbortSignal } = {}): Promise<RawResult> {
    if (this.disposed) throw new MaskletError("disposed", "source", "the segmenter was disposed");
    throwIfAborted(signal, "source");
    const { state, ...raw } = await untilAborted(
      this.engine.infer(source, signal),
      signal,
      "inference",
    );
    this.last = state;
    return { ...raw, device: state.device };
  }

  /**
   * Frees the session and its worker. Calls under way end with `disposed` or their result; a second
   * call does nothing.
   */
  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await this.engine.dispose();
  }

  [Symbol.dispose](): void {
    void this.dispose().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  private toResult({ columns, width, height, state, timingsMs }: EngineResult): SegmentResult {
    const instances = toInstances(columns, { width, height }, this.labels);
    return { instances, width, height, device: state.device, timingsMs };
  }
}

/**
 * What a model file is and how it would be used, without running it.
 * @throws MaskletError as {@link Segmenter.create} for files that cannot be read; a model that no
 *   family fits, or that does not take one image, is no error here.
 */
export async function inspectModel(
  model: ModelSource,
  options: Omit<CreateOptions, "model" | "device" | "worker"> = {},
): Promise<ModelInfo> {
  return inspectLoaded(await loadModel(model, options), options);
}
