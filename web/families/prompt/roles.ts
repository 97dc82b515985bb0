import type { TensorInfo } from "../../base/tensor.js";
// Assigns the tensors of a mask decoder to roles by rank, shape and type. If these are ambiguous
// (symbolic dimensions, two outputs of one shape), words decide that all exporters use in names.

import { describeTensor, isFloat } from "../../base/tensor.js";
import { findImageInput, type ImageInput } from "../../model/image_input.js";
import type { DecoderTensors, Graph, PromptInputs, PromptOutputs } from "./family.js";

export interface Refusal {
  readonly refusal: string;
}

/** Reads a graph as a mask decoder, or tells in one sentence why that fails. */
export function readDecoder(graph: Graph): DecoderTensors | Refusal {
  const inputs = readInputs(graph.inputs);
  if ("refusal" in inputs) return inputs;
  const outputs = readOutputs(graph.outputs, inputs);
  return "refusal" in outputs ? outputs : { inputs, outputs };
}

/**
 * Reads a graph as an encoder: an image is its only input, and its outputs may be embeddings,
 * floats with channels, height and width.
 */
export function readEncoder({
  inputs,
  outputs,
}: Graph): { imageInput: ImageInput; outputs: readonly TensorInfo[] } | Refusal {
  const imageInput = inputs.length === 1 ? findImageInput(inputs) : undefined;
  if (!imageInput)
    return {
      refusal: `an encoder must take one image only; this one takes ${list(inputs)}`,
    };
  const embeddings = outputs.filter(
    (output) => isFloat(output) && (output.dims === undefined || output.dims.length === 4),
  );
  if (embeddings.length > 0) return { imageInput, outputs: embeddings };
  return {
    refusal: `an encoder must compute float embeddings of rank 4, not ${list(outputs)}`,
  };
}

export function list(tensors: readonly TensorInfo[]): string {
  return tensors.map(describeTensor).join(", ") || "nothing";
}

/** Takes tensors out of a list, role by role. */
class Tensors {
  private readonly left: Set<TensorInfo>;

  constructor(tensors: readonly TensorInfo[]) {
    this.left = new Set(tensors);
  }

  /** The tensor that fits. If several fit, the only one with the word in its name. */
  take(fits: (tensor: TensorInfo) => boolean, word: RegExp): TensorInfo | undefined {
    const fitting = [...this.left].filter(fits);
    const named = fitting.filter(({ name }) => word.test(name));
    const found = fitting.length === 1 ? fitting[0] : named.length === 1 ? named[0] : undefined;
    if (found) this.left.delete(found);
    return found;
  }

  takeAll(fits: (tensor: TensorInfo) => boolean): TensorInfo[] {
    const found = [...this.left].filter(fits);
    for (const tensor of found) this.left.delete(tensor);
    return found;
  }

  get rest(): readonly TensorInfo[] {
    return [...this.left];
  }
}

function readInputs(tensors: readonly TensorInfo[]): PromptInputs | Refusal {
  const left = new Tensors(tensors);
  const coords = left.take(
    (t) => isFloat(t) && (isRank(t, 3) || isRank(t, 4)) && last(t) === 2,
    /point|coord/i,
  );
  if (!coords)
    return {
      refusal:
        "a mask decoder must take points, float [1, N, 2] or [1, P, N, 2]; " +
        `this one takes ${list(tensors)}`,
    };
  // A box is as long as four labels. Its name or its type distinguishes it.
  const boxes = left.take(
    (t) => isFloat(t) && isRank(t, 3) && last(t) === 4 && !/label/i.test(t.name),
    /box/i,
  );
  const labels = left.take(
    (t) => isRank(t, coords.dims!.length - 1) && !/box/i.test(t.name),
    /label/i,
  );
  if (!labels)
    return {
      refusal:
        `a mask decoder must take labels of its points ${describeTensor(coords)}; ` +
        `this one takes ${list(tensors)}`,
    };
  const maskInput = left.take((t) => isFloat(t) && isRank(t, 4) && t.dims![1] === 1, /mask/i);
  // [2] is the height and width of the image, [1] the flag. If both lengths are open, the name
  // decides.
  const originalSize =
    left.take((t) => isRank(t, 1) && t.dims![0] === 2, /size/i) ??
    left.take((t) => isRank(t, 1) && isOpen(t.dims![0]) && !/has|mask/i.test(t.name), /size/i);
  const hasMask = left.take((t) => isFloat(t) && isRank(t, 1) && t.dims![0] !== 2, /has|mask/i);
  const imageTensor = left.take((t) => hasThreeChannels(t), /image$|images$|pixel|input_image/i);
  const image = imageTensor && findImageInput([imageTensor]);
  const embeddings = left.takeAll((t) => isFloat(t) && isRank(t, 4));
  if (left.rest.length > 0) return { refusal: `a mask decoder must not take ${list(left.rest)}` };
  if (!image && embeddings.length === 0) {
    return {
      refusal:
        "a mask decoder must take embeddings of the image, float of rank 4; " +
        `this one takes ${list(tensors)}`,
    };
  }
  if (image && embeddings.length > 0)
    return {
      refusal:
        `a mask decoder must take an image or embeddings, ` +
        `not both ${describeTensor(imageTensor)} and ${list(embeddings)}`,
    };
  const optional = { boxes, maskInput, hasMask, originalSize, image };
  return { coords, labels, embeddings, ...defined(optional) };
}

function readOutputs(
  tensors: readonly TensorInfo[],
  { coords, maskInput }: PromptInputs,
): PromptOutputs | Refusal {
  const left = new Tensors(tensors);
  const planeRank = coords.dims!.length + 1;
  const planes = left.takeAll((t) => isPlane(t, planeRank));
  const ownSides = maskInput?.dims?.slice(2).join();
  const lowRes = new Tensors(planes).take(
    (t) => sidesOf(t) === ownSides || /low/i.test(t.name),
    /low/i,
  );
  const masks =
    planes.find((t) => t !== lowRes && /mask/i.test(t.name)) ?? planes.find((t) => t !== lowRes);
  if (!masks && !lowRes)
    return {
      refusal: `a mask decoder must compute masks of rank ${planeRank}, not ${list(tensors)}`,
    };
  // Object scores and stability scores have the same rank. Predicted IoUs are the scores without
  // such a name.
  const scored = (t: TensorInfo) =>
    isFloat(t) && (isRank(t, planeRank - 2) || t.dims === undefined);
  const others = left.takeAll((t) => scored(t) && /object|stabil|area/i.test(t.name));
  const scores = left.take(scored, /iou|score/i) ?? others.find((t) => last(t) !== 1);
  if (!scores)
    return {
      refusal:
        `a mask decoder must compute predicted IoUs of rank ${planeRank - 2}, ` +
        `not ${list(tensors)}`,
    };
  return { scores, ...defined({ masks, lowRes }) };
}

function isPlane(tensor: TensorInfo, rank: number): boolean {
  if (!isFloat(tensor) && tensor.type !== "bool" && tensor.type !== "uint8") return false;
  return tensor.dims ? tensor.dims.length === rank : /mask/i.test(tensor.name);
}

function sidesOf({ dims }: TensorInfo): string | undefined {
  const sides = dims?.slice(-2);
  return sides?.every((side) => typeof side === "number") ? sides.join() : undefined;
}

function hasThreeChannels(tensor: TensorInfo): boolean {
  const { dims } = tensor;
  return (
    dims !== undefined &&
    (dims.at(-3) === 3 || dims.at(-1) === 3) &&
    findImageInput([tensor]) !== undefined
  );
}

function isRank({ dims }: TensorInfo, rank: number): boolean {
  return dims?.length === rank;
}

function isOpen(dim: number | string | undefined): boolean {
  return typeof dim === "string";
}

function last({ dims }: TensorInfo): number | string | undefined {
  return dims?.at(-1);
}

/** A copy without the keys of undefined values. */
function defined<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
