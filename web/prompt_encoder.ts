import type { Core } from "./core/core.js";
import type { PromptModel } from "./families/prompt/family.js";
import { framePicture, type PromptFrame } from "./families/prompt/points.js";
import { type Feeds, KeptTensor } from "./runtime/feed.js";
import { makeImageFeed } from "./runtime/image_feed.js";
import type { ModelSession } from "./runtime/model_session.js";
import type { Preprocessing, RgbaImage, Size } from "./types.js";

/** Parts of the preprocessing that the caller wants otherwise. */
export type PreprocessingChanges = Partial<Omit<Preprocessing, "width" | "height" | "content" | "resizeMode">>;

/** What is done to a picture of this size. */
export function planPicture(model: PromptModel, { network, content }: PromptFrame, changes: PreprocessingChanges = {}): Preprocessing {
  const { rules, picture } = model;
  // Encoders that take interleaved or 8-bit pixels normalise them in the graph.
  const isRaw = picture.layout === "hwc" || picture.layout === "chw" || picture.type === "uint8";
  const raw = { colourOrder: "rgb", inputScale: 1, mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const pixels = { fill: 0, ...(isRaw ? raw : rules.pixels), ...changes };
  // A graph that leaves its sides open pads by itself.
  const isOpen = picture.width === undefined || picture.height === undefined;
  if (rules.fit === "longest-side" && !(isRaw && isOpen)) return { ...pixels, ...network, resizeMode: "letterbox-top-left" };
  return { ...pixels, ...(rules.fit === "longest-side" ? content : network), resizeMode: "stretch" };
}

/** The picture as the encoder wants it. The padding is 0 after normalisation, as the references pad. */
export function pictureFeed(core: Core, model: PromptModel, image: RgbaImage, frame: PromptFrame, changes?: PreprocessingChanges) {
  const plan = planPicture(model, frame, changes);
  core.setImage(image);
  const planar = core.tensorize(plan);
  if (plan.resizeMode === "letterbox-top-left") clearPadding(planar, plan, frame.content);
  return makeImageFeed(model.picture, planar, plan);
}

/** Runs the encoder, where there is one; a single graph gets the picture itself with every prompt. */
export async function encodePicture(
  core: Core,
  model: PromptModel,
  encoder: ModelSession | undefined,
  image: RgbaImage,
  { changes, signal }: { changes?: PreprocessingChanges | undefined; signal?: AbortSignal | undefined },
): Promise<{ frame: PromptFrame; feeds: Feeds; preprocessMs: number; inferenceMs: number }> {
  const start = performance.now();
  const frame = framePicture(model, image);
  const feed = pictureFeed(core, model, image, frame, changes);
  const prepared = performance.now();
  const feeds = encoder ? await runEncoder(model, encoder, { [model.picture.name]: feed }, signal) : { [model.picture.name]: feed };
  return { frame, feeds, preprocessMs: prepared - start, inferenceMs: performance.now() - prepared };
}

async function runEncoder(model: PromptModel, encoder: ModelSession, feeds: Feeds, signal: AbortSignal | undefined): Promise<Feeds> {
  const { kept } = await encoder.run(feeds, { signal });
  const wanted = Object.entries(model.embeddingNames).map(([input, output]) => [input, kept.get(output)!] as const);
  const used = new Set(wanted.map(([, tensor]) => tensor));
  await Promise.all(
    [...kept.values()].map((tensor) => (used.has(tensor) || !(tensor instanceof KeptTensor) ? undefined : tensor.dispose())),
  );
  return Object.fromEntries(wanted);
}

/** Sets to 0 what lies right of and below the picture. */
function clearPadding(planar: Float32Array, { width, height }: Size, content: Size): void {
  for (let row = 0; row < 3 * height; ++row) {
    const inside = row % height < content.height ? content.width : 0;
    planar.fill(0, row * width + inside, (row + 1) * width);
  }
}
