// read -> prepare -> run -> decode: the stages of every image. Each stage takes the record of the
// previous one and returns its own. The core is called once in prepare and once in decode.

import type { Timings } from "../base/device.js";
import type { Size } from "../base/geometry.js";
import type { RgbaImage, Source } from "../base/image.js";
import type { Preprocessing } from "../base/preprocessing.js";
import type { RawTensor } from "../base/tensor.js";
import type { Core } from "../core/core.js";
import { splitBatch } from "../runtime/batch.js";
import type { Feeds, KeptTensor } from "../runtime/feed.js";
import type { ModelSession } from "../runtime/model_session.js";
import { decodeImage } from "../source/decode_image.js";

/** Time of the stages before decoding, in milliseconds; 0 for stages that did not run yet. */
type StageTimes = Pick<Timings, "source" | "preprocess" | "inference">;

/** An image after `read`. */
export interface ReadImage {
  readonly image: RgbaImage;
  readonly timesMs: StageTimes;
}

/** The images of one run after `prepare`. */
export interface Prepared {
  readonly images: readonly (ReadImage & { readonly preprocessing: Preprocessing })[];
  readonly feeds: Feeds;
}

/** An image after `run`. */
export interface RunImage extends ReadImage {
  readonly preprocessing: Preprocessing;
  readonly outputs: ReadonlyMap<string, RawTensor>;
}

export interface Ran {
  readonly images: readonly RunImage[];
  /** Outputs that stayed on the device, of all images. */
  readonly kept: ReadonlyMap<string, KeptTensor>;
}

/** How images become the input of one network. */
export interface ImagePlan {
  /** Preprocessing of an image of this size. */
  preprocessing(image: Size): Preprocessing;
  /**
   * All inputs of one run.
   * @param planar images one after another, each planar [3, height, width]
   */
  feeds(planar: Float32Array, size: Size): Feeds;
  /** A buffer for the planar images (default: a new one for each run). */
  room?(length: number): Float32Array;
}

/** One run of one network. */
export interface NetworkRun {
  readonly session: ModelSession;
  /** Number of images per run. */
  readonly batch: number | "open";
  /** Names of the outputs to compute (default: all). */
  readonly outputs?: readonly string[];
  readonly signal: AbortSignal | undefined;
}

/** Reads the pixels of all sources concurrently. */
export function read(
  sources: readonly Source[],
  signal: AbortSignal | undefined,
): Promise<ReadImage[]> {
  return Promise.all(
    sources.map(async (source) => {
      const start = performance.now();
      const image = await decodeImage(source, signal ? { signal } : {});
      const timesMs = { source: performance.now() - start, preprocess: 0, inference: 0 };
      return { image, timesMs };
    }),
  );
}

/** Converts the images to network input. All must have the same input size. */
export function prepare(core: Core, images: readonly ReadImage[], plan: ImagePlan): Prepared {
  const planned = images.map((one) => ({ ...one, preprocessing: plan.preprocessing(one.image) }));
  const { width, height } = planned[0]!.preprocessing;
  const length = 3 * width * height;
  const count = length * images.length;
  const planar = plan.room?.(count) ?? new Float32Array(count);
  const own = planned.map(({ image, preprocessing }, i) => {
    const start = performance.now();
    core.setImage(image);
    core.tensorize(preprocessing, planar.subarray(i * length, (i + 1) * length));
    return performance.now() - start;
  });
  const start = performance.now();
  const feeds = plan.feeds(planar, { width, height });
  const shared = (performance.now() - start) / images.length;
  const prepared = planned.map((one, i) => ({
    ...one,
    timesMs: { ...one.timesMs, preprocess: own[i]! + shared },
  }));
  return { images: prepared, feeds };
}

/** Runs the network once. Its time is divided evenly among the images. */
export async function run(
  { images, feeds }: Prepared,
  { session, batch, outputs: wanted, signal }: NetworkRun,
): Promise<Ran> {
  const start = performance.now();
  const { outputs, kept } = await session.run(feeds, { signal, outputs: wanted });
  const inference = (performance.now() - start) / images.length;
  const parts = splitBatch(outputs, batch === "open" ? images.length : batch, images.length);
  const ran = images.map((one, i) => ({
    ...one,
    outputs: parts[i]!,
    timesMs: { ...one.timesMs, inference },
  }));
  return { images: ran, kept };
}

/**
 * The last stage, which differs between segmenters. `work` must be synchronous, because another
 * call overwrites the state of the core.
 */
export function decode<T>(
  core: Core,
  image: RunImage,
  step: (core: Core, image: RunImage) => T,
): { readonly value: T; readonly timingsMs: Timings } {
  const start = performance.now();
  const value = step(core, image);
  return { value, timingsMs: withTotal(image.timesMs, performance.now() - start) };
}

export function withTotal(times: StageTimes, postprocess = 0): Timings {
  const { source, preprocess, inference } = times;
  return { ...times, postprocess, total: source + preprocess + inference + postprocess };
}

/**
 * Yields to the event loop. A run on the CPU blocks the thread, so a message that aborts the call
 * could not arrive otherwise.
 */
export function letMessagesIn(signal: AbortSignal | undefined): Promise<void> | undefined {
  return signal ? new Promise((resolve) => setTimeout(resolve, 0)) : undefined;
}
