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
 * Segments what is pointed at: Segment Anything and its kin. The image is encoded once, by {@link
 * setImage}; every prompt after that is quick. All coordinates are in source pixels. Made by {@link
 * PromptSegmenter.create}; free it with `dispose` or `using`.
 *
 * Calls may overlap. Prompts are about the image of the last `setImage` before them that did not
 * fail.
 */
export class PromptSegmenter extends EngineHandle<PromptEngine> {
  /** The model: family, files, preprocessing, what it takes. */
  readonly info: PromptModelInfo;
  /** The image in use, as soon as it is encoded; never rejects. */
  private current: Promise<ImageHandle | undefined> = Promise.resolve(undefined);

  private constructor(engine: PromptEngine) {
    super(engine);
    this.info = engine.state.info;
  }

  /**
   * Loads the core and a model, the built-in one or one given as encoder and decoder or as one
   * file, and starts it, in a module worker unless `worker` is false or this is Node.
   * @throws MaskletError `badModel`, `unknownModel` (no promptable network), `unknownFamily`,
   *   `badTensor` (encoder and decoder that do not belong together), `badOption` (among others,
   *   swapped encoder and decoder), `networkError`, `hashMismatch`, `noDevice`, `workerFailed`, `aborted`.
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
   * Encodes an image, unless it still is, and makes it the one that prompts are about. An image is
   * the same when its pixels are. It is taken as it is when the call is made.
   * @throws MaskletError `badSource` and the other errors of reading an image, `inferenceFailed`,
   *   `deviceLost`, `noDevice`, `workerFailed`, `disposed`, `aborted`. The image before stays in
   *   use then.
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
   * Segments what the prompts point at, best candidate first.
   * @throws MaskletError `noImage` (no image set, or no longer encoded), `badOption` (no prompt at
   *   all; a point or box outside the image), `unsupported` (a kind of prompt that the model does
   *   not take), `badTensor`, `inferenceFailed`, `deviceLost`, `noDevice`, `workerFailed`,
   *   `disposed`, `aborted`.
   */
  async predict(options: PredictOptions): Promise<PromptResult> {
    checkNames("preprocess", options, predictNames);
    return this.within("inference", options, async (signal) =>
      this.predictOn(await this.image(), options, signal),
    );
  }

  /**
   * A selection in steps, with undo, about the image in use.
   * @throws MaskletError its calls throw what {@link predict} throws
   */
  session(): PromptSession {
    this.checkAlive();
    const image = this.image();
    // Thrown by the first step instead.
    image.catch(() => undefined);
    return new PromptSession(async (options) =>
      this.predictOn(await image, options, options.signal),
    );
  }

  /**
   * Segments the object in each box, as a detector finds them: one candidate per box, in the same
   * order. A candidate may be without a pixel.
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
   * {@link setImage} and {@link segmentBoxes} in one, which leaves the image in use as it is: the
   * second half of the two-step method.
   * @throws MaskletError as those
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
   * Segments every object of the image: asks at the points of a grid and keeps what is well
   * predicted, stable and not a double, best predicted IoU first. The settings and their defaults
   * are those of Segment Anything's automatic mask generator. Candidates have no `lowResMask`.
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

/** Masks that came from a worker are plain data. */
function withMethods(candidate: PromptCandidate): PromptCandidate {
  return candidate.mask instanceof Mask
    ? candidate
    : { ...candidate, mask: Mask.from(candidate.mask) };
}

/** Masks without a pixel last; then the better guess first. NaN is no guess. */
function byQuality(a: PromptCandidate, b: PromptCandidate): number {
  const rank = ({ mask, predictedIou }: PromptCandidate) =>
    (mask.area === 0 ? -2e9 : 0) + (Number.isNaN(predictedIou) ? -1e9 : predictedIou);
  return rank(b) - rank(a);
}
