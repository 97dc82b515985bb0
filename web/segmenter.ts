import type { CallLimits } from "./base/call_limits.js";
import type { Source } from "./base/image.js";
import { checkNames, optionError } from "./base/options.js";
import { captureAll, capturing } from "./engine/capturing.js";
import { EngineHandle } from "./engine/handle.js";
import { checkEngineOptions, limitNames } from "./engine/options.js";
import { startEngine } from "./engine/start.js";
import { toInstances } from "./mask/instances.js";
import type { ModelSource } from "./model/built_in_types.js";
import type { ModelInfo, RawResult, RunningModelInfo } from "./model/info.js";
import { loadModel } from "./model/store.js";
import type { FoundColumns, PlainSegmentOptions, SegmentEngine } from "./segment/calls.js";
import { LocalEngine } from "./segment/engine.js";
import { createOptionNames, segmentOptionNames } from "./segment/options.js";
import { inspectLoaded } from "./segment/plan.js";
import { segmentInBoxes } from "./segment/two_step.js";
import type { CreateOptions, SegmentOptions, SegmentResult } from "./segment/types.js";
import { decodeImage } from "./source/decode_image.js";
import { startWorkerEngine } from "./worker/client.js";
import { worksOf } from "./worker/protocol.js";

/**
 * Finds every object of an image with one model. Create it with {@link Segmenter.create}; free it
 * with `dispose` or `using`.
 *
 * @example
 * ```ts
 * import { Segmenter } from "masklet";
 *
 * using segmenter = await Segmenter.create();
 * const { instances } = await segmenter.segment("photo.jpg");
 * for (const { label, score, mask } of instances) console.log(label, score, mask.area);
 * ```
 */
export class Segmenter extends EngineHandle<SegmentEngine> {
  /** Describes the model: tensors, family, preprocessing, metadata. */
  readonly info: RunningModelInfo;

  private constructor(engine: SegmentEngine) {
    super(engine);
    this.info = engine.state.info;
  }

  /**
   * Loads the core and a model. The model runs in a module worker, except in Node or if `worker` is
   * false.
   *
   * @example
   * ```ts
   * import { Segmenter } from "masklet";
   *
   * const segmenter = await Segmenter.create({
   *   model: "masklet-n",
   *   onProgress: ({ stage, loaded, total }) => console.log(stage, loaded, total),
   * });
   * ```
   *
   * @throws MaskletError `badModel`, `unknownModel`, `unsupported`, `badOption`, `networkError`,
   *   `hashMismatch`, `noDevice`, `workerFailed`, `aborted`.
   */
  static async create(options: CreateOptions = {}): Promise<Segmenter> {
    const checked = checkEngineOptions(options, createOptionNames);
    const engine = await startEngine<SegmentEngine>(checked, {
      inWorker: () => startWorkerEngine("segment", checked),
      here: async () =>
        capturing<SegmentEngine>(await LocalEngine.create(checked), worksOf.segment),
    });
    return new Segmenter(engine);
  }

  /** Class names by class id; empty if neither the model nor the caller gives names. */
  get labels(): readonly string[] {
    return this.info.labels;
  }

  /**
   * Finds the objects of one image. Calls may overlap: they run one after another. The source is
   * captured at the time of the call and stays unchanged. Boxes and masks are in source pixels.
   *
   * @example
   * ```ts
   * import { Segmenter } from "masklet";
   *
   * using segmenter = await Segmenter.create();
   * const result = await segmenter.segment("photo.jpg", { classes: ["person"], soft: true });
   * console.log(result.instances.length, result.timingsMs.total);
   * ```
   *
   * @throws MaskletError `badSource` and the other errors of reading an image, `badOption`,
   *   `inferenceFailed`, `deviceLost`, `noDevice`, `workerFailed`, `disposed`, `aborted` (at once;
   *   the current stage ends in the background), `timedOut`.
   */
  async segment(source: Source, options: SegmentOptions = {}): Promise<SegmentResult> {
    const [result] = (await this.segmentAll([source], options)) as [SegmentResult];
    return result;
  }

  /**
   * Finds the objects of several images: in one run of the network if the graph accepts several
   * (`info.batch`), else one after another. The results have the order of the sources. If one image
   * fails, the call fails. The time of a shared run is divided evenly.
   *
   * @example
   * ```ts
   * import { Segmenter } from "masklet";
   *
   * using segmenter = await Segmenter.create();
   * const [first, second] = await segmenter.segmentBatch(["a.jpg", "b.jpg"]);
   * console.log(first?.instances.length, second?.instances.length);
   * ```
   *
   * @throws MaskletError as {@link segment}; `badOption` if `sources` is not an array.
   */
  async segmentBatch(
    sources: readonly Source[],
    options: SegmentOptions = {},
  ): Promise<SegmentResult[]> {
    if (Array.isArray(sources)) return this.segmentAll(sources, options);
    throw optionError("source", "sources", sources, "a list of sources");
  }

  private async segmentAll(
    sources: readonly Source[],
    options: SegmentOptions,
  ): Promise<SegmentResult[]> {
    checkNames("decode", options, segmentOptionNames);
    const { segmentWith: second, signal: _signal, timeoutMs: _timeoutMs, ...plain } = options;
    return this.within("source", options, async (ended) => {
      if (!second) return this.detectAll(sources, plain, ended);
      const ending = ended ? { signal: ended } : {};
      // Read once: the next frame of a video is another image.
      const captured = await captureAll(sources);
      const images = await Promise.all(captured.map((source) => decodeImage(source, ending)));
      const results: SegmentResult[] = [];
      for (const [i, result] of (await this.detectAll(images, plain, ended)).entries())
        results.push(await segmentInBoxes(result, images[i]!, second, { ...plain, ...ending }));
      return results;
    });
  }

  private async detectAll(
    sources: readonly Source[],
    options: PlainSegmentOptions,
    signal: AbortSignal | undefined,
  ): Promise<SegmentResult[]> {
    const { results } = await this.call("source", signal, (engine) =>
      engine.segment(sources, options, { signal }),
    );
    return results.map((result) => this.toResult(result));
  }

  /**
   * Runs the network without decoding: preprocessing as for {@link segment}, then the raw outputs,
   * all as float32. Use it for your own decoder, for `decode` and for measurements.
   *
   * @example
   * ```ts
   * import { Segmenter } from "masklet";
   *
   * using segmenter = await Segmenter.create();
   * const { outputs } = await segmenter.infer("photo.jpg");
   * console.log(outputs);
   * ```
   *
   * @throws MaskletError as {@link segment}
   */
  async infer(source: Source, options: CallLimits = {}): Promise<RawResult> {
    checkNames("inference", options, limitNames);
    const { state, ...raw } = await this.within("source", options, (signal) =>
      this.call("source", signal, (engine) => engine.infer([source], undefined, { signal })),
    );
    return { ...raw, device: state.device };
  }

  private toResult({ columns, width, height, ...rest }: FoundColumns): SegmentResult {
    return {
      instances: toInstances(columns, { width, height }, this.labels),
      width,
      height,
      ...rest,
    };
  }
}

/**
 * Describes a model file and how a {@link Segmenter} would use it, without running it. Unlike
 * `Segmenter.create`, it accepts a model of an unknown family, or one that does not take one image.
 *
 * @example
 * ```ts
 * import { inspectModel } from "masklet";
 *
 * const { family, inputs, outputs } = await inspectModel("model.onnx");
 * console.log(family, inputs, outputs);
 * ```
 *
 * @throws MaskletError as {@link Segmenter.create}, for files that cannot be read
 */
export async function inspectModel(
  model: ModelSource,
  options: Omit<CreateOptions, "model" | "device" | "worker"> = {},
): Promise<ModelInfo> {
  checkNames("load", options, createOptionNames);
  return inspectLoaded(await loadModel(model, options), options);
}
