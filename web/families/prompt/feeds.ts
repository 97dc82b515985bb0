import { MaskletError } from "../../base/errors.js";
import type { Size } from "../../base/geometry.js";
import type { TensorInfo } from "../../base/tensor.js";
import type { PromptModel } from "./family.js";
import { boxToNetwork, type Prompt, type PromptFrame, pointColumns } from "./points.js";

/** The values of one input of the decoder. */
export interface PromptFeed {
  /** The declared element type of the input. */
  readonly type: string;
  readonly dims: readonly number[];
  readonly values: ArrayLike<number>;
}

/** Logits of a mask at the decoder's resolution. */
export interface LowResLogits extends Size {
  readonly logits: Float32Array;
}

export interface PromptFeeds {
  /** All inputs except the embeddings or the image, by input name. */
  readonly feeds: Readonly<Record<string, PromptFeed>>;
  /**
   * Points of each prompt in the network, corners and padding included. SAM's choice of a mask
   * depends on them.
   */
  readonly pointCount: number;
}

/** Side of the low-resolution masks if the graph leaves it open. All published models share it. */
const usualMaskSide = 256;

/**
 * Makes the decoder's inputs for prompts about one image.
 * @param mask an initial mask, for one prompt only
 * @throws MaskletError `unsupported` for a kind of prompt that the network does not take,
 *   `badOption` for a mask of the wrong size or too many points.
 */
export function promptFeeds(
  model: PromptModel,
  prompts: readonly Prompt[],
  frame: PromptFrame,
  mask?: LowResLogits,
): PromptFeeds {
  const { inputs, rules } = model;
  checkPrompts(model, prompts, mask);
  const fixedCount = fixedLength(inputs.coords.dims!.at(-2));
  const { count, coords, labels } = pointColumns(prompts, rules, frame, fixedCount);
  // [prompts, N], or [1, prompts, N] in graphs with a batch axis.
  const shape =
    inputs.coords.dims!.length === 4 ? [1, prompts.length, count] : [prompts.length, count];
  const feeds: Record<string, PromptFeed> = {};
  const feed = ({ name, type }: TensorInfo, dims: readonly number[], values: ArrayLike<number>) => {
    feeds[name] = { type, dims, values };
  };
  feed(inputs.coords, [...shape, 2], coords);
  feed(inputs.labels, shape, labels);
  if (inputs.boxes) {
    const boxes = prompts.flatMap(({ box }) => (box ? boxToNetwork(box, frame) : []));
    feed(inputs.boxes, [1, boxes.length / 4, 4], boxes);
  }
  if (inputs.maskInput) {
    const { width, height } = maskSize(model)!;
    const images = inputs.maskInput.dims![0] === 1 ? 1 : prompts.length;
    feed(
      inputs.maskInput,
      [images, 1, height, width],
      mask?.logits ?? new Float32Array(images * width * height),
    );
  }
  // One flag serves all prompts, even if the file declares another shape: the graphs multiply it
  // with the planes of all prompts.
  if (inputs.hasMask) feed(inputs.hasMask, [1], [mask ? 1 : 0]);
  if (inputs.originalSize) {
    const { width, height } = originalSize(model, frame);
    feed(inputs.originalSize, [2], [height, width]);
  }
  return { feeds, pointCount: count };
}

/** The number of prompts per run: a fixed number, or `"open"`. */
export function promptsPerRun({ inputs: { coords, image } }: PromptModel): number | "open" {
  const dim = coords.dims!.length === 4 ? coords.dims![1] : image ? 1 : coords.dims![0];
  return typeof dim === "number" ? dim : "open";
}

/** Size of the mask input. Undefined if the decoder lacks one. */
export function maskSize({ inputs: { maskInput } }: PromptModel): Size | undefined {
  if (!maskInput) return undefined;
  const [height, width] = maskInput
    .dims!.slice(2)
    .map((dim) => fixedLength(dim) ?? usualMaskSide) as [number, number];
  return { width, height };
}

/**
 * Whether the mask planes cover the given image size rather than the network's input.
 */
export function readsSourcePlanes({ inputs, outputs, rules }: PromptModel): boolean {
  return (
    outputs.lowRes === undefined && inputs.originalSize !== undefined && rules.fit !== "inside"
  );
}

/**
 * The image size for the decoder. If low-resolution masks are read, only the unread full-size masks
 * depend on it. A small size then saves most of the time of a click on a large image.
 */
function originalSize(model: PromptModel, { source, network }: PromptFrame): Size {
  if (model.rules.fit === "inside") return network;
  if (readsSourcePlanes(model)) return source;
  const { width, height } = maskSize(model) ?? { width: usualMaskSide, height: usualMaskSide };
  const scale = Math.min(1, width / source.width, height / source.height);
  return {
    width: Math.max(1, Math.round(source.width * scale)),
    height: Math.max(1, Math.round(source.height * scale)),
  };
}

function checkPrompts(
  model: PromptModel,
  prompts: readonly Prompt[],
  mask: LowResLogits | undefined,
): void {
  const { inputs, rules, family } = model;
  if (rules.boxes === "none" && prompts.some(({ box }) => box)) {
    throw unsupported(
      `boxes: the decoder (${family}) lacks an input for them, it has '${inputs.coords.name}' only`,
      "box",
    );
  }
  if (
    !rules.background &&
    prompts.some(({ points }) => points.some(({ label }) => label === "background"))
  ) {
    throw unsupported(
      `background points: ${family} supports foreground points and boxes only`,
      "background",
    );
  }
  const limit = fixedLength(inputs.coords.dims!.at(-2));
  const pad = rules.padsWithoutBox ? 1 : 0;
  for (const { points, box } of prompts) {
    const needed = points.length + (box && rules.boxes !== "input" ? 2 : box ? 0 : pad);
    if (limit === undefined || needed <= limit) continue;
    const message =
      `the prompt has ${needed} points (a box counts as two); ` +
      `the maximum of '${inputs.coords.name}' is ${limit}`;
    throw new MaskletError("badOption", "preprocess", message, { value: needed });
  }
  if (mask) checkMask(model, mask);
}

function checkMask(model: PromptModel, { width, height, logits }: LowResLogits): void {
  const size = maskSize(model);
  if (!size) throw unsupported(`masks: the decoder (${model.family}) lacks their input`, "mask");
  if (width === size.width && height === size.height && logits.length === width * height) return;
  const { name } = model.inputs.maskInput!;
  const message =
    `mask is ${width} x ${height} with ${logits.length} values; ` +
    `it must be ${size.width} x ${size.height} for '${name}'`;
  throw new MaskletError("badOption", "preprocess", message, { value: logits.length });
}

function unsupported(what: string, value: string): MaskletError {
  return new MaskletError("unsupported", "preprocess", `the model does not take ${what}`, {
    value,
  });
}

function fixedLength(dim: number | string | undefined): number | undefined {
  return typeof dim === "number" ? dim : undefined;
}
