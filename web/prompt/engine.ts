import { MaskletError, throwIfAborted } from "../base/errors.js";
import type { RgbaImage, Source } from "../base/image.js";
import { checkInteger } from "../base/options.js";
import { TaskQueue } from "../base/task_queue.js";
import type { Core } from "../core/core.js";
import { loadCore } from "../core/load.js";
import type { EngineState, Reporting, RunState } from "../engine/engine.js";
import {
  decode,
  letMessagesIn,
  type Prepared,
  prepare,
  type Ran,
  type ReadImage,
  read,
  run,
  withTotal,
} from "../engine/pipeline.js";
import { coreOptions } from "../engine/start.js";
import { promptsPerRun, readsSourcePlanes } from "../families/prompt/feeds.js";
import { frameImage } from "../families/prompt/points.js";
import { sha256Hex } from "../model/sha256.js";
import { type Feeds, LostTensorError } from "../runtime/feed.js";
import { areLost, type EncodedImage, ImageCache, releaseFeeds } from "./cache.js";
import {
  type AskAbout,
  type EverythingAbout,
  type EverythingAnswer,
  type ImageAnswer,
  imageGone,
  type PromptAnswer,
  type PromptEngine,
} from "./calls.js";
import { type Answer, type Ask, answerNames, askFeeds, readAnswers, readRun } from "./decoder.js";
import { imagePlan, takeEmbeddings } from "./encoder.js";
import { segmentEverything } from "./everything.js";
import { type StartedPromptModel, startPromptModel } from "./start.js";
import type { EverythingProgress, PromptModelInfo, PromptSegmenterOptions } from "./types.js";

/** Maximum number of images per cache: 100 embeddings of SAM take 400 MB. */
const maxImages = 100;

/** Maximum number of values in all planes of one run: 128 MB. Larger runs are split. */
const maxValues = 2 ** 25;
/** Maximum number of planes per prompt. */
const planesPerPrompt = 4;

/** The engine in the current realm. */
export class LocalPromptEngine implements PromptEngine {
  private readonly cache: ImageCache;
  /** One image at a time, so that a second call with the same image finds it in the cache. */
  private readonly encodings = new TaskQueue();
  private disposed = false;

  private constructor(
    private readonly core: Core,
    private readonly started: StartedPromptModel,
    cacheSize: number,
  ) {
    this.cache = new ImageCache(cacheSize);
  }

  static async create(options: PromptSegmenterOptions): Promise<LocalPromptEngine> {
    const { cacheSize = 4 } = options;
    checkInteger("load", "cacheSize", cacheSize, 1, maxImages);
    const core = await loadCore(coreOptions(options));
    return new LocalPromptEngine(core, await startPromptModel(options), cacheSize);
  }

  get state(): EngineState<PromptModelInfo> {
    return { ...this.runState(), info: this.started.info };
  }

  async setImage(
    sources: readonly Source[],
    _: undefined,
    { signal }: Reporting,
  ): Promise<ImageAnswer & { state: RunState }> {
    const [{ image, timesMs }] = (await read(sources, signal)) as [ReadImage];
    const start = performance.now();
    const id = await digest(image);
    const source = timesMs.source + performance.now() - start;
    const { encoded, ...rest } = await this.encodings.run(() =>
      this.encodeOnce(id, image, image === sources[0], signal),
    );
    const { width, height } = encoded.image;
    const { fromCache, ...times } = rest;
    const timingsMs = withTotal({ ...times, source });
    return { id, width, height, fromCache, timingsMs, state: this.runState() };
  }

  ask(
    _: readonly Source[],
    { image, ask }: AskAbout,
    { signal }: Reporting,
  ): Promise<PromptAnswer & { state: RunState }> {
    return this.using(image, async (encoded) => {
      const { answers, inference, postprocess } = await this.askInRuns(encoded, ask, signal);
      const timingsMs = withTotal({ source: 0, preprocess: 0, inference }, postprocess);
      return { answers, device: this.started.decoder.device, timingsMs, state: this.runState() };
    });
  }

  everything(
    _: readonly Source[],
    { image, settings }: EverythingAbout,
    { onProgress, signal }: Reporting<EverythingProgress>,
  ): Promise<EverythingAnswer & { state: RunState }> {
    return this.using(image, async (encoded) => {
      const candidates = await segmentEverything({
        core: this.core,
        encoded,
        settings,
        signal,
        onProgress: (progress) => onProgress?.(progress),
        ask: async (part, ask) => (await this.askInRuns(part, ask, signal)).answers,
        withEncoded: (crop, task) => this.withEncoded(crop, signal, task),
      });
      return { candidates, state: this.runState() };
    });
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    const { encoder, decoder } = this.started;
    // All at once: a run that does not end is given up when its own session is disposed.
    await Promise.all([this.cache.clear(), encoder?.dispose(), decoder.dispose()]);
  }

  /** Runs a task with a cached image, which stays in the cache during the task. */
  private async using<T>(id: string, task: (encoded: EncodedImage) => Promise<T>): Promise<T> {
    const encoded = this.cache.get(id);
    if (!encoded) throw imageGone();
    encoded.users++;
    try {
      return await task(encoded);
    } finally {
      encoded.users--;
    }
  }

  /** Runs a task with an image outside the cache. */
  private async withEncoded<T>(
    image: RgbaImage,
    signal: AbortSignal | undefined,
    task: (encoded: EncodedImage) => Promise<T>,
  ): Promise<T> {
    const { timesMs: _, ...made } = await this.encodings.run(() => this.encode(image, signal));
    const encoded: EncodedImage = { id: "", ...made, image, users: 1 };
    try {
      return await task(encoded);
    } finally {
      await releaseFeeds(encoded.feeds);
    }
  }

  private async encodeOnce(
    id: string,
    image: RgbaImage,
    isCallers: boolean,
    signal: AbortSignal | undefined,
  ) {
    this.checkAlive("preprocess");
    throwIfAborted(signal, "preprocess");
    const known = this.cache.get(id);
    if (known && !areLost(known.feeds))
      return { encoded: known, fromCache: true, preprocess: 0, inference: 0 };
    const { timesMs, ...made } = await this.encode(image, signal);
    const times = { fromCache: false, ...timesMs };
    if (known) {
      known.feeds = made.feeds;
      return { encoded: known, ...times };
    }
    // The caller may change its pixels; crops and a new embedding need the original ones.
    const kept = isCallers
      ? { width: image.width, height: image.height, data: image.data.slice() }
      : image;
    const encoded: EncodedImage = { id, ...made, image: kept, users: 0 };
    await this.cache.add(encoded);
    return { encoded, ...times };
  }

  /** Runs the encoder. A combined graph has none: it gets the image with every prompt. */
  private async encode(image: RgbaImage, signal: AbortSignal | undefined) {
    const { model, encoder: session, changes } = this.started;
    const readImage = { image, timesMs: { source: 0, preprocess: 0, inference: 0 } };
    const prepared = prepare(this.core, [readImage], imagePlan(model, changes));
    const { images, feeds } = session
      ? await this.runEncoder(() => run(prepared, { session, batch: 1, signal }))
      : prepared;
    const [{ preprocessing, timesMs }] = images as [(typeof images)[number]];
    const frame = frameImage(model, image);
    if (!this.disposed) return { frame, feeds, preprocessing, timesMs };
    await releaseFeeds(feeds);
    throw new MaskletError("disposed", "inference", "the segmenter was disposed");
  }

  private async runEncoder(encode: () => Promise<Ran>): Promise<Prepared> {
    const { images, kept } = await encode();
    return { images, feeds: await takeEmbeddings(this.started.model, kept) };
  }

  private async askInRuns(encoded: EncodedImage, ask: Ask, signal: AbortSignal | undefined) {
    const answers: Answer[] = [];
    let [inference, postprocess] = [0, 0];
    const length = this.runLength(encoded);
    for (let at = 0; at < ask.prompts.length; at += length) {
      await letMessagesIn(signal);
      throwIfAborted(signal, "inference");
      const part = { ...ask, prompts: ask.prompts.slice(at, at + length) };
      const { found, ...times } = await this.askOnce(encoded, part, signal);
      answers.push(...found.map(({ prompt, candidate }) => ({ prompt: at + prompt, candidate })));
      inference += times.inference;
      postprocess += times.postprocess;
    }
    return { answers, inference, postprocess };
  }

  /** Runs the decoder once. It continues the pipeline after the encoder. */
  private async askOnce(encoded: EncodedImage, ask: Ask, signal: AbortSignal | undefined) {
    const { model, decoder: session } = this.started;
    const { image, preprocessing, frame } = encoded;
    const start = performance.now();
    const prompts = askFeeds(model, frame, ask);
    const [ran] = await this.withEmbeddings(encoded, signal, async (embeddings) => {
      const timesMs = { source: 0, preprocess: 0, inference: 0 };
      const feeds = { ...embeddings, ...prompts.feeds };
      const prepared = { images: [{ image, preprocessing, timesMs }], feeds };
      const outputs = answerNames(model);
      return (await run(prepared, { session, batch: 1, outputs, signal })).images;
    });
    const inference = performance.now() - start;
    throwIfAborted(signal, "decode");
    const { value: found, timingsMs } = decode(this.core, ran!, (core, { outputs }) => {
      const planes = readRun(model, outputs, ask.prompts.length, prompts.pointCount);
      return readAnswers(core, model, frame, planes, ask);
    });
    return { found, inference, postprocess: timingsMs.postprocess };
  }

  /** Encodes again after a lost device, twice at most. */
  private async withEmbeddings<T>(
    encoded: EncodedImage,
    signal: AbortSignal | undefined,
    task: (feeds: Feeds) => Promise<T>,
  ): Promise<T> {
    for (let losses = 0; ; ++losses) {
      this.checkAlive("inference");
      if (areLost(encoded.feeds)) await this.encodings.run(() => this.encodeAgain(encoded, signal));
      try {
        return await task(encoded.feeds);
      } catch (error) {
        if (!(error instanceof LostTensorError)) throw error;
        if (losses === 2)
          throw new MaskletError(
            "deviceLost",
            "inference",
            "the device was lost three times in one call",
            { cause: error },
          );
      }
    }
  }

  private async encodeAgain(encoded: EncodedImage, signal: AbortSignal | undefined): Promise<void> {
    if (!areLost(encoded.feeds)) return;
    await releaseFeeds(encoded.feeds);
    encoded.feeds = (await this.encode(encoded.image, signal)).feeds;
  }

  /** Number of prompts per run: the graph and the memory limit it. */
  private runLength({ frame }: EncodedImage): number {
    const { model } = this.started;
    const most = promptsPerRun(model);
    if (most !== "open") return most;
    const isLarge = readsSourcePlanes(model) || model.rules.fit === "inside";
    const { width, height } = isLarge
      ? frame.source
      : { width: frame.network.width / 4, height: frame.network.height / 4 };
    return Math.max(1, Math.floor(maxValues / (planesPerPrompt * width * height)));
  }

  private checkAlive(stage: "preprocess" | "inference"): void {
    if (this.disposed) throw new MaskletError("disposed", stage, "the segmenter was disposed");
  }

  private runState(): RunState {
    const { encoder, decoder } = this.started;
    if (!encoder) return { device: decoder.device, fallbacks: [...decoder.fallbacks] };
    const ofDecoder = decoder.fallbacks.map(({ device, reason }) => ({
      device,
      reason: `decoder: ${reason}`,
    }));
    return { device: encoder.device, fallbacks: [...encoder.fallbacks, ...ofDecoder] };
  }
}

/** SHA-256 of the pixels, after the size. */
async function digest({ width, height, data }: RgbaImage): Promise<string> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return `${width}x${height}:${await sha256Hex(bytes)}`;
}
