import type { Preprocessing } from "../base/preprocessing.js";
import { identityScaling } from "../base/preprocessing.js";
import type { ImagePlan } from "../engine/pipeline.js";
import type { PromptModel } from "../families/prompt/family.js";
import { frameImage, type PromptFrame } from "../families/prompt/points.js";
import type { Feeds, KeptTensor } from "../runtime/feed.js";
import { makeImageFeed } from "../runtime/image_feed.js";

/** The caller's changes to the preprocessing. */
export type PreprocessingChanges = Partial<
  Omit<Preprocessing, "width" | "height" | "content" | "resizeMode">
>;

/** Preprocessing of an image of this size. */
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
  // The references pad after normalization, with 0.
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

/** How an image becomes the input of the encoder, or of a combined graph. */
export function imagePlan(model: PromptModel, changes?: PreprocessingChanges): ImagePlan {
  const { imageInput } = model;
  return {
    preprocessing(size) {
      const frame = frameImage(model, size);
      const plan = planImage(model, frame, changes);
      // The family's rounding of halves differs from a letterbox.
      return plan.resizeMode === "stretch" ? plan : { ...plan, content: frame.content };
    },
    feeds: (planar, size) => ({ [imageInput.name]: makeImageFeed(imageInput, planar, size) }),
  };
}

/** Maps the encoder's outputs to the decoder's inputs, and frees the other outputs. */
export async function takeEmbeddings(
  model: PromptModel,
  kept: ReadonlyMap<string, KeptTensor>,
): Promise<Feeds> {
  const wanted = Object.entries(model.embeddingNames).map(
    ([input, output]) => [input, kept.get(output)!] as const,
  );
  const used = new Set(wanted.map(([, tensor]) => tensor));
  const unused = [...kept.values()].filter((tensor) => !used.has(tensor));
  await Promise.all(unused.map((tensor) => tensor.dispose()));
  return Object.fromEntries(wanted);
}
