import type { RgbaImage } from "../base/image.js";
import type { Preprocessing } from "../base/preprocessing.js";
import { identityScaling } from "../base/preprocessing.js";
import type { Core } from "../core/core.js";
import type { PromptModel } from "../families/prompt/family.js";
import { frameImage, type PromptFrame } from "../families/prompt/points.js";
import { type Feeds, KeptTensor } from "../runtime/feed.js";
import { makeImageFeed } from "../runtime/image_feed.js";
import type { ModelSession } from "../runtime/model_session.js";

/** Parts of the preprocessing that the caller wants otherwise. */
export type PreprocessingChanges = Partial<
  Omit<Preprocessing, "width" | "height" | "content" | "resizeMode">
>;

/** What is done to an image of this size. */
export function planImage(
  model: PromptModel,
  { network, content }: PromptFrame,
  changes: PreprocessingChanges = {},
): Preprocessing {
  const { rules, imageInput } = model;
  // Encoders that take interleaved or 8-bit pixels normalize them in the graph.
  const isRaw =
    imageInput.layout === "hwc" || imageInput.layout === "chw" || imageInput.type === "uint8";
  const { inputScale, mean, ...scaling } = {
    ...(isRaw ? identityScaling : rules.pixels),
    ...changes,
  };
  // The references pad with what is 0 after normalization.
  const fill = mean.map((value) => Math.min(255, Math.max(0, value / inputScale))) as [
    number,
    number,
    number,
  ];
  const pixels = { colorOrder: "rgb", fill, inputScale, mean, ...scaling } as const;
  // A graph that leaves its sides open pads by itself.
  const isOpen = imageInput.width === undefined || imageInput.height === undefined;
  if (rules.fit === "longest-side" && !(isRaw && isOpen))
    return { ...pixels, ...network, resizeMode: "letterbox-top-left" };
  return {
    ...pixels,
    ...(rules.fit === "longest-side" ? content : network),
    resizeMode: "stretch",
  };
}

/** The image as the encoder wants it. */
export function imageFeed(
  core: Core,
  model: PromptModel,
  image: RgbaImage,
  frame: PromptFrame,
  changes?: PreprocessingChanges,
) {
  const planned = planImage(model, frame, changes);
  // Halves are rounded as the family does, not as a letterbox would.
  const plan = planned.resizeMode === "stretch" ? planned : { ...planned, content: frame.content };
  core.setImage(image);
  return makeImageFeed(model.imageInput, core.tensorize(plan), plan);
}

/** Runs the encoder, where there is one; a single graph gets the image itself with every prompt. */
export async function encodeImage(
  core: Core,
  model: PromptModel,
  encoder: ModelSession | undefined,
  image: RgbaImage,
  {
    changes,
    signal,
  }: { changes?: PreprocessingChanges | undefined; signal?: AbortSignal | undefined },
): Promise<{ frame: PromptFrame; feeds: Feeds; preprocessMs: number; inferenceMs: number }> {
  const start = performance.now();
  const frame = frameImage(model, image);
  const feed = imageFeed(core, model, image, frame, changes);
  const prepared = performance.now();
  const feeds = encoder
    ? await runEncoder(model, encoder, { [model.imageInput.name]: feed }, signal)
    : { [model.imageInput.name]: feed };
  return {
    frame,
    feeds,
    preprocessMs: prepared - start,
    inferenceMs: performance.now() - prepared,
  };
}

async function runEncoder(
  model: PromptModel,
  encoder: ModelSession,
  feeds: Feeds,
  signal: AbortSignal | undefined,
): Promise<Feeds> {
  const { kept } = await encoder.run(feeds, { signal });
  const wanted = Object.entries(model.embeddingNames).map(
    ([input, output]) => [input, kept.get(output)!] as const,
  );
  const used = new Set(wanted.map(([, tensor]) => tensor));
  await Promise.all(
    [...kept.values()].map((tensor) =>
      used.has(tensor) || !(tensor instanceof KeptTensor) ? undefined : tensor.dispose(),
    ),
  );
  return Object.fromEntries(wanted);
}
