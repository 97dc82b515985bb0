import type { Size } from "../base/geometry.js";
import type { TensorInfo } from "../base/tensor.js";
import type { ConstantInput } from "../model/info.js";
import { type Feed, makeFeed } from "./feed.js";

/**
 * Makes the constant inputs of a family, in the declared element types.
 * @param size size of the network's input in this run
 * @param batch number of images in this run
 */
export function makeConstantFeeds(
  constants: Readonly<Record<string, ConstantInput>>,
  inputs: readonly TensorInfo[],
  { width, height }: Size,
  batch: number,
): Record<string, Feed> {
  const sizes = { batch, height, width };
  const entries = Object.entries(constants).map(([name, { dims, value }]) => {
    const type = inputs.find((input) => input.name === name)?.type ?? "float32";
    const shape = dims.map((dim) => (typeof dim === "number" ? dim : sizes[dim]));
    const length = shape.reduce((product, dim) => product * dim, 1);
    return [name, makeFeed(type, shape, new Float32Array(length).fill(value))] as const;
  });
  return Object.fromEntries(entries);
}
