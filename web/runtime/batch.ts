import { MaskletError } from "../base/errors.js";
import type { RawTensor, TensorInfo } from "../base/tensor.js";
import type { ImageInput } from "../model/image_input.js";

/**
 * The number of images per run: the batch of the image input if every output has the same batch,
 * otherwise 1 if possible.
 * @throws MaskletError `unsupported` for a graph with a fixed batch above 1 and an output without
 *   it.
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
  const message = `the graph takes ${batch} images per run, but an output lacks that batch axis`;
  throw new MaskletError("unsupported", "load", message, { value: batch });
}

/**
 * Splits the outputs of a run by image, as if each image had run alone. The outputs of a single
 * image are not copied.
 * @param batch the number of images in the run; the first `count` of them are returned
 * @throws MaskletError `badTensor` for an output without an axis of length `batch`.
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

/** Copies the values, because the outputs of one image may be transferred to another thread. */
function part(
  name: string,
  { dims, data, ...rest }: RawTensor,
  batch: number,
  i: number,
): RawTensor {
  if (dims[0] !== batch) {
    const shape = `[${dims.join(", ")}]`;
    const message = `output '${name}' of shape ${shape} does not hold ${batch} images`;
    throw new MaskletError("badTensor", "inference", message, { value: dims.join(", ") });
  }
  const length = data.length / batch;
  return { dims: [1, ...dims.slice(1)], data: data.slice(i * length, (i + 1) * length), ...rest };
}
