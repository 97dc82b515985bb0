import type { CallLimits } from "./base/call_limits.js";
import type { Box } from "./base/geometry.js";
import type { Source } from "./base/image.js";
import { checkNames } from "./base/options.js";
import { harmless } from "./base/progress.js";
import { capturing } from "./engine/capturing.js";
import { EngineHandle } from "./engine/handle.js";
import { checkEngineOptions, limitNames } from "./engine/options.js";
import { startEngine } from "./engine/start.js";
import { Mask } from "./mask/mask.js";
import { findPromptCard } from "./model/built_in.js";
import { type ImageHandle, imageGone, type PromptEngine } from "./prompt/calls.js";
import type { Ask } from "./prompt/decoder.js";
import { LocalPromptEngine } from "./prompt/engine.js";
import {
  boxesNames,
  checkBoxes,
  checkEverything,
  checkPredict,
  everythingNames,
  predictNames,
  promptOptionNames,
} from "./prompt/options.js";
import { PromptSession } from "./prompt/session.js";
import type {
  EverythingOptions,
  PredictOptions,
  PromptCandidate,
  PromptModelInfo,
  PromptResult,
  PromptSegmenterOptions,
  SegmentBoxesOptions,
  SetImageResult,
} from "./prompt/types.js";
import { startWorkerEngine } from "./worker/client.js";
import { worksOf } from "./worker/protocol.js";

/**
 * Segments the object under a point or in a box, with Segment Anything and its relatives. {@link
 * setImage} encodes the image once; every later prompt is quick. All coordinates are in source
 * pixels. Create it with {@link PromptSegmenter.create}; free it with `dispose` or `using`.
 *
 * Calls may overlap. A prompt applies to the image of the last successful `setImage` before it.
 *
 * @example
 * ```ts
 * import { PromptSegmenter } from "masklet";
 *
 * using segmenter = await PromptSegmenter.create();
 * await segmenter.setImage("photo.jpg");
 * const { candidates } = await segmenter.predict({
 *   points: [{ x: 320, y: 240, label: "foreground" }],
 * });
 * console.log(candidates[0]?.predictedIou, candidates[0]?.mask.area);
 * ```
 */
export class PromptSegmenter extends EngineHandle<PromptEngine> {
  /** Describes the model: family, files, preprocessing, accepted prompts. */
  readonly info: PromptModelInfo;
  /** Resolves to the current image as soon as it is encoded; never rejects. */
  private current: Promise<ImageHandle | undefined> = Promise.resolve(undefined);

  private constructor(engine: PromptEngine) {
    super(engine);
    this.info = engine.state.info;
  }

  /**
   * Loads the core and a model: a built-in one, one file, or an encoder and a decoder. The model
   * runs in a module worker, except in Node or if `worker` is false.
   *
   * @example
   * ```ts
   * import { PromptSegmenter } from "masklet";
   *
   * const segmenter = await PromptSegmenter.create({
   *   encoder: "encoder.onnx",
   *   decoder: "decoder.onnx",
   * });
   * ```
   *
   * @throws MaskletError `badModel`, `unknownModel` (not a promptable network), `unknownFamily`,
   *   `badTensor` (encoder and decoder do not belong together), `badOption` (also for encoder and
   *   decoder swapped), `networkError`, `hashMismatch`, `noDevice`, `workerFailed`, `aborted`.
   */
  static async create(options: PromptSegmenterOptions = {}): Promise<PromptSegmenter> {
    const checked = checkEngineOptions(options, promptOptionNames);
    const engine = await startEngine<PromptEngine>(checked, {
      inWorker: () => startWorkerEngine("prompt", checked),
      here: async () =>
        capturing<PromptEngine>(await LocalPromptEngine.create(checked), worksOf.prompt),
    });
    return new PromptSegmenter(engine);
  }

  /**
   * Encodes an image (or reuses the cached embedding) and makes it current. Two images with equal
   * pixels share one embedding. The source is captured at the time of the call. If the call fails,
   * the previous image stays current.
   *
   * @example
   * ```ts
   * import { PromptSegmenter } from "masklet";
   *
   * using segmenter = await PromptSegmenter.create();
   * const { width, height, fromCache } = await segmenter.setImage("photo.jpg");
   * console.log(width, height, fromCache);
   * ```
   *
   * @throws MaskletError `badSource` and the other errors of reading an image, `inferenceFailed`,
   *   `deviceLost`, `noDevice`, `workerFailed`, `disposed`, `aborted`
   */
  async setImage(source: Source, options: CallLimits = {}): Promise<SetImageResult> {
    checkNames("source", options, limitNames);
    this.checkAlive();
    const before = this.current;
    const call = this.within("source", options, (signal) => this.encode(source, signal));
    this.current = call.then(
      ({ image }) => image,
      () => before,
    );
    return (await call).result;
  }

  /**
   * Segments one object of the current image, by points, a box, or a mask. The best candidate comes
   * first.
   *
   * @example
   * ```ts
   * import { PromptSegmenter } from "masklet";
   *
   * using segmenter = await PromptSegmenter.create();
   * await segmenter.setImage("photo.jpg");
   * const box = { x1: 40, y1: 30, x2: 200, y2: 180 };
   * const background = { x: 60, y: 50, label: "background" } as const;
   * const { candidates } = await segmenter.predict({ box, points: [background] });
   * console.log(candidates[0]?.box);
   * ```
   *
   * @throws MaskletError `noImage` (none set, or its embedding left the cache), `badOption` (no
   *   prompt; a point or box outside the image), `unsupported` (the model does not take this kind
   *   of prompt), `badTensor`, `inferenceFailed`, `deviceLost`, `noDevice`, `workerFailed`,
   *   `disposed`, `aborted`
   */
  async predict(options: PredictOptions): Promise<PromptResult> {
    checkNames("preprocess", options, predictNames);
    return this.within("inference", options, async (signal) =>
      this.predictOn(await this.image(), options, signal),
    );
  }

  /**
   * Starts an interactive selection of one object of the current image, with undo.
   *
   * @example
   * ```ts
   * import { PromptSegmenter } from "masklet";
   *
   * using segmenter = await PromptSegmenter.create();
   * await segmenter.setImage("photo.jpg");
   * const session = segmenter.session();
   * await session.addPoint({ x: 320, y: 240, label: "foreground" });
   * console.log(session.mask?.area);
   * ```
   *
   * @throws MaskletError `disposed`; the session's own calls throw as {@link predict}
   */
  session(): PromptSession {
    this.checkAlive();
    const image = this.image();
    // The first step reports this error.
    image.catch(() => undefined);
    return new PromptSession(async (options) =>
      this.predictOn(await image, options, options.signal),
    );
  }

  /**
   * Segments the object in each box, for example in the boxes of a detector. The result has one
   * candidate per box, in the same order. A candidate may have an empty mask.
   *
   * @example
   * ```ts
   * import { PromptSegmenter } from "masklet";
   *
   * using segmenter = await PromptSegmenter.create();
   * await segmenter.setImage("photo.jpg");
   * const boxes = [{ x1: 40, y1: 30, x2: 200, y2: 180 }];
   * for (const { mask } of await segmenter.segmentBoxes(boxes)) console.log(mask.area);
   * ```
   *
   * @throws MaskletError as {@link predict}
   */
  async segmentBoxes(
    boxes: readonly Box[],
    options: SegmentBoxesOptions = {},
  ): Promise<PromptCandidate[]> {
    checkNames("preprocess", options, boxesNames);
    return this.within("inference", options, async (signal) =>
      this.boxesOn(await this.image(), boxes, options, signal),
    );
  }

  /**
   * Encodes an image and segments the object in each box, as {@link segmentBoxes}. The current
   * image stays the same. This is the second step of the two-step method (`segmentWith`).
   *
   * @example
   * ```ts
   * import { PromptSegmenter } from "masklet";
   *
   * using segmenter = await PromptSegmenter.create();
   * const boxes = [{ x1: 40, y1: 30, x2: 200, y2: 180 }];
   * const candidates = await segmenter.segmentBoxesIn("photo.jpg", boxes);
   * console.log(candidates.length); // 1
   * ```
   *
   * @throws MaskletError as {@link setImage} and {@link segmentBoxes}
   */
  async segmentBoxesIn(
    source: Source,
    boxes: readonly Box[],
    options: SegmentBoxesOptions = {},
  ): Promise<PromptCandidate[]> {
    checkNames("preprocess", options, boxesNames);
    return this.within("source", options, async (signal) => {
      const { image } = await this.encode(source, signal);
      return this.boxesOn(image, boxes, options, signal);
    });
  }

  /**
   * Segments every object of the current image. It prompts with each point of a grid, and keeps the
   * masks that are rated high, stable and not duplicates. The highest predicted IoU comes first.
   * The settings and their defaults are those of Segment Anything's automatic mask generator.
   * Candidates do not have a `lowResMask`.
   *
   * @example
   * ```ts
   * import { PromptSegmenter } from "masklet";
   *
   * using segmenter = await PromptSegmenter.create();
   * await segmenter.setImage("photo.jpg");
   * const candidates = await segmenter.everything({ gridSize: 16, minArea: 100 });
   * console.log(candidates.length);
   * ```
   *
   * @throws MaskletError as {@link predict}; `badOption` for settings out of range
   */
  async everything(options: EverythingOptions = {}): Promise<PromptCandidate[]> {
    checkNames("preprocess", options, everythingNames);
    const onProgress = harmless("preprocess", options.onProgress);
    const settings = checkEverything(
      options,
      findPromptCard(this.info.files[0]?.sha256 ?? "")?.everything,
    );
    return this.within("inference", options, async (signal) => {
      const { id: image } = await this.image();
      const { candidates } = await this.call("inference", signal, (engine) =>
        engine.everything([], { image, settings }, { onProgress, signal }),
      );
      return candidates.map(withMethods);
    });
  }

  private async encode(
    source: Source,
    signal: AbortSignal | undefined,
  ): Promise<{ image: ImageHandle; result: SetImageResult }> {
    const { id, width, height, fromCache, timingsMs } = await this.call(
      "source",
      signal,
      (engine) => engine.setImage([source], undefined, { signal }),
    );
    return { image: { id, width, height }, result: { width, height, fromCache, timingsMs } };
  }

  private async image(): Promise<ImageHandle> {
    this.checkAlive();
    const image = await this.current;
    if (!image) throw imageGone();
    return image;
  }

  private async predictOn(
    image: ImageHandle,
    options: PredictOptions,
    signal: AbortSignal | undefined,
  ): Promise<PromptResult> {
    const { prompt, ...rest } = checkPredict(options, image);
    const { answers, device, timingsMs } = await this.ask(
      image,
      { prompts: [prompt], ...rest },
      signal,
    );
    const { width, height } = image;
    return {
      candidates: answers.map(({ candidate }) => candidate).sort(byQuality),
      width,
      height,
      device,
      timingsMs,
    };
  }

  private async boxesOn(
    image: ImageHandle,
    boxes: readonly Box[],
    { soft = false }: SegmentBoxesOptions,
    signal: AbortSignal | undefined,
  ) {
    checkBoxes(boxes, image);
    if (boxes.length === 0) return [];
    const prompts = boxes.map((box) => ({ points: [], box }));
    const { answers } = await this.ask(
      image,
      { prompts, multimask: false, soft: Boolean(soft) },
      signal,
    );
    return answers.map(({ candidate }) => candidate);
  }

  private async ask(image: ImageHandle, ask: Ask, signal: AbortSignal | undefined) {
    const answer = await this.call("inference", signal, (engine) =>
      engine.ask([], { image: image.id, ask }, { signal }),
    );
    return {
      ...answer,
      answers: answer.answers.map(({ prompt, candidate }) => ({
        prompt,
        candidate: withMethods(candidate),
      })),
    };
  }
}

/** Gives a mask from a worker its methods back: it arrives as plain data. */
function withMethods(candidate: PromptCandidate): PromptCandidate {
  return candidate.mask instanceof Mask
    ? candidate
    : { ...candidate, mask: Mask.from(candidate.mask) };
}

/** Sorts by predicted IoU, highest first. NaN comes after all numbers, empty masks come last. */
function byQuality(a: PromptCandidate, b: PromptCandidate): number {
  const rank = ({ mask, predictedIou }: PromptCandidate) =>
    (mask.area === 0 ? -2e9 : 0) + (Number.isNaN(predictedIou) ? -1e9 : predictedIou);
  return rank(b) - rank(a);
}
