// read -> prepare -> run -> decode: the way of every image. Each stage takes the record of the one
// before and hands on its own; the core is visited once in prepare and once in decode.

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

/** Milliseconds of the stages before decoding; 0 for those still to come or left out. */
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
  /** Outputs that stayed where they were computed, of all images. */
  readonly kept: ReadonlyMap<string, KeptTensor>;
}

/** How one network takes images. */
export interface ImagePlan {
  /** What is done to an image of this size. */
  preprocessing(image: Size): Preprocessing;
  /**
   * Everything that one run is fed.
   * @param planar images one after the other, each planar [3, height, width]
   */
  feeds(planar: Float32Array, size: Size): Feeds;
  /** Room for the planar images; default: new for each run. */
  room?(length: number): Float32Array;
}

/** One run of one network. */
export interface NetworkRun {
  readonly session: ModelSession;
  /** Images that a run takes. */
  readonly batch: number | "open";
  /** Names of the outputs to be computed; default: all. */
  readonly outputs?: readonly string[];
  readonly signal: AbortSignal | undefined;
}

/** Pixels of the sources, all read at once. */
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

/** The images as network input, which all must have the size of the first. */
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
 * The last step, by which segmenters differ. It must not wait: what it sets in the core is gone
 * when another call has had its turn.
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
 * A run on the CPU blocks the thread: a message that aborts the call can only arrive when the event
 * loop has had a turn.
 */
export function letMessagesIn(signal: AbortSignal | undefined): Promise<void> | undefined {
  return signal ? new Promise((resolve) => setTimeout(resolve, 0)) : undefined;
}
