import { MaskletError, throwIfAborted } from "../base/errors.js";
import type { RgbaImage, Source } from "../base/image.js";
import { TaskQueue } from "../base/task_queue.js";
import { loadCore } from "../core/load.js";
import { coreOptions, letMessagesIn, withTotal } from "../engine/stages.js";
import { promptsPerRun, readsSourcePlanes } from "../families/prompt/feeds.js";
import { sha256Hex } from "../model/sha256.js";
import { type Feeds, LostTensorError } from "../runtime/feed.js";
import { decodeImage } from "../source/decode_image.js";
import { areLost, type EncodedImage, ImageCache, releaseFeeds } from "./cache.js";
import {
  type EverythingAnswer,
  type ImageAnswer,
  imageGone,
  type PromptAnswer,
  type PromptEngine,
  type PromptEngineState,
  type Reporting,
} from "./calls.js";
import { type Answer, type Ask, readAnswers, runDecoder } from "./decoder.js";
import { encodeImage } from "./encoder.js";
import { segmentEverything } from "./everything.js";
import { type CheckedEverything, checkWhole } from "./options.js";
import { type StartedPromptModel, startPromptModel } from "./start.js";
import type { PromptSegmenterOptions } from "./types.js";

/** Images per cache at most: 100 embeddings of SAM are 400 MB. */
const mostImages = 100;

/** Values of all planes of one run, 128 MB; larger runs are split. */
const mostValues = 2 ** 25;
/** Planes per prompt at most. */
const planesPerPrompt = 4;

/** The engine in this very realm. */
export class LocalPromptEngine implements PromptEngine {
  private readonly cache: ImageCache;
  /** One image is encoded at a time: a second call about the same finds it in the cache. */
  private readonly encodings = new TaskQueue();
  private disposed = false;

  private constructor(
    private readonly started: StartedPromptModel,
    cacheSize: number,
  ) {
    this.cache = new ImageCache(cacheSize);
  }

  static async create(options: PromptSegmenterOptions): Promise<LocalPromptEngine> {
    const { coreUrl, signal, cacheSize = 4 } = options;
    checkWhole("cacheSize", cacheSize, 1, mostImages, "load");
    await loadCore(coreOptions(coreUrl, signal));
    return new LocalPromptEngine(await startPromptModel(options), cacheSize);
  }

  get state(): PromptEngineState {
    return { ...this.runState(), info: this.started.info };
  }

  async setImage(source: Source, signal: AbortSignal | undefined): Promise<ImageAnswer> {
    const begun = performance.now();
    const image = await decodeImage(source, signal ? { signal } : {});
    const id = await digest(image);
    const sourceMs = performance.now() - begun;
    const { encoded, fromCache, ...times } = await this.encodings.run(() =>
      this.encodeOnce(id, image, image === source, signal),
    );
    const { width, height } = encoded.image;
    return {
      id,
      width,
      height,
      fromCache,
      timingsMs: withTotal({ source: sourceMs, ...times, postprocess: 0 }),
      state: this.runState(),
    };
  }

  ask(id: string, ask: Ask, signal: AbortSignal | undefined): Promise<PromptAnswer> {
    return this.using(id, (encoded) => this.askInRuns(encoded, ask, signal));
  }

  everything(
    id: string,
    settings: CheckedEverything,
    { onProgress, signal }: Reporting,
  ): Promise<EverythingAnswer> {
    return this.using(id, async (encoded) => {
      const candidates = await segmentEverything({
        core: await loadCore(),
        encoded,
        settings,
        signal,
        onProgress: (progress) => onProgress?.(progress),
        ask: async (part, ask) => (await this.askInRuns(part, ask, signal)).answers,
        withEncoded: (image, task) => this.withEncoded(image, signal, task),
      });
      return { candidates, state: this.runState() };
    });
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await this.cache.clear();
    await Promise.all([this.started.encoder?.dispose(), this.started.decoder.dispose()]);
  }

  /** Works with an image of the cache, which stays there meanwhile. */
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

  /** Works with an image that is not kept. */
  private async withEncoded<T>(
    image: RgbaImage,
    signal: AbortSignal | undefined,
    task: (encoded: EncodedImage) => Promise<T>,
  ): Promise<T> {
    const { frame, feeds } = await this.encodings.run(() => this.encode(image, signal));
    const encoded: EncodedImage = { id: "", image, frame, feeds, users: 1 };
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
    const { frame, feeds, preprocessMs, inferenceMs } = await this.encode(image, signal);
    const times = { fromCache: false, preprocess: preprocessMs, inference: inferenceMs };
    if (known) {
      known.feeds = feeds;
      return { encoded: known, ...times };
    }
    // What is the caller's may change; crops and a new encoding must not.
    const kept = isCallers
      ? { width: image.width, height: image.height, data: image.data.slice() }
      : image;
    const encoded: EncodedImage = { id, image: kept, frame, feeds, users: 0 };
    await this.cache.add(encoded);
    return { encoded, ...times };
  }

  private async encode(image: RgbaImage, signal: AbortSignal | undefined) {
    const { model, encoder, changes } = this.started;
    const encoded = await encodeImage(await loadCore(), model, encoder, image, { changes, signal });
    if (!this.disposed) return encoded;
    await releaseFeeds(encoded.feeds);
    throw new MaskletError("disposed", "inference", "the segmenter was disposed");
  }

  private async askInRuns(
    encoded: EncodedImage,
    ask: Ask,
    signal: AbortSignal | undefined,
  ): Promise<PromptAnswer> {
    const answers: Answer[] = [];
    let [inference, postprocess] = [0, 0];
    const length = this.runLength(encoded);
    for (let at = 0; at < ask.prompts.length; at += length) {
      await letMessagesIn(signal);
      throwIfAborted(signal, "inference");
      const part = { ...ask, prompts: ask.prompts.slice(at, at + length) };
      const start = performance.now();
      const run = await this.withEmbeddings(encoded, signal, (feeds) =>
        runDecoder(
          this.started.model,
          this.started.decoder,
          { feeds, frame: encoded.frame },
          part,
          signal,
        ),
      );
      const ran = performance.now();
      throwIfAborted(signal, "decode");
      const core = await loadCore();
      const found = readAnswers(core, this.started.model, encoded.frame, run, part);
      answers.push(...found.map(({ prompt, candidate }) => ({ prompt: at + prompt, candidate })));
      inference += ran - start;
      postprocess += performance.now() - ran;
    }
    const timingsMs = withTotal({ source: 0, preprocess: 0, inference, postprocess });
    return { answers, device: this.started.decoder.device, timingsMs, state: this.runState() };
  }

  /** Embeddings that went with a lost device are made anew, twice at most. */
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

  /** Prompts in one run: as many as the graph takes and the memory bears. */
  private runLength({ frame }: EncodedImage): number {
    const { model } = this.started;
    const most = promptsPerRun(model);
    if (most !== "open") return most;
    const isLarge = readsSourcePlanes(model) || model.rules.fit === "inside";
    const { width, height } = isLarge
      ? frame.source
      : { width: frame.network.width / 4, height: frame.network.height / 4 };
    return Math.max(1, Math.floor(mostValues / (planesPerPrompt * width * height)));
  }

  private checkAlive(stage: "preprocess" | "inference"): void {
    if (this.disposed) throw new MaskletError("disposed", stage, "the segmenter was disposed");
  }

  private runState(): Pick<PromptEngineState, "device" | "fallbacks"> {
    const { encoder, decoder } = this.started;
    if (!encoder) return { device: decoder.device, fallbacks: [...decoder.fallbacks] };
    const ofDecoder = decoder.fallbacks.map(({ device, reason }) => ({
      device,
      reason: `decoder: ${reason}`,
    }));
    return { device: encoder.device, fallbacks: [...encoder.fallbacks, ...ofDecoder] };
  }
}

/** SHA-256 of size and pixels. */
async function digest({ width, height, data }: RgbaImage): Promise<string> {
  return `${width}x${height}:${await sha256Hex(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))}`;
}
