import { MaskletError } from "../base/errors.js";
import type { RawTensor, TensorInfo } from "../base/tensor.js";
import type { ImageInput } from "../model/image_input.js";

/**
 * Images that one run of the graph can take: the image input's batch, when every output says that
 * it goes along with it; otherwise one at a time, where that is possible.
 * @throws MaskletError `unsupported` for a graph that wants several images and gives outputs that
 *   cannot be told apart.
 */
export function batchOf(
  { name, batch }: ImageInput,
  inputs: readonly TensorInfo[],
  outputs: readonly TensorInfo[],
): number | "open" {
  if (batch === 1) return 1;
  const symbol = inputs.find((input) => input.name === name)?.dims?.[0];
  const follows = ({ dims }: TensorInfo) =>
    dims?.[0] === symbol || (typeof batch === "number" && typeof dims?.[0] === "string");
  if (outputs.every(follows)) return batch;
  if (batch === "open") return 1;
  const message = `the graph takes ${batch} images at once, but not all of its outputs are lists of ${batch}`;
  throw new MaskletError("unsupported", "load", message, { value: batch });
}

/**
 * The outputs of each image of a run, as if it had run alone. One image's outputs are handed on as
 * they are.
 * @param batch images fed, of which the first `count` are wanted
 * @throws MaskletError `badTensor` for an output that is no list of `batch`.
 */
export function splitBatch(
  outputs: ReadonlyMap<string, RawTensor>,
  batch: number,
  count: number,
): ReadonlyMap<string, RawTensor>[] {
  if (batch === 1) return [outputs];
  return Array.from(
    { length: count },
    (_, i) => new Map([...outputs].map(([name, tensor]) => [name, part(name, tensor, batch, i)])),
  );
}

/** A copy: an image's outputs may be sent elsewhere alone. */
function part(
  name: string,
  { dims, data, ...rest }: RawTensor,
  batch: number,
  i: number,
): RawTensor {
  if (dims[0] !== batch) {
    const message = `output '${name}' of shape [${dims.join(", ")}] does not belong to ${batch} images`;
    throw new MaskletError("badTensor", "inference", message, { value: dims.join(", ") });
  }
  const length = data.length / batch;
  return { dims: [1, ...dims.slice(1)], data: data.slice(i * length, (i + 1) * length), ...rest };
}
