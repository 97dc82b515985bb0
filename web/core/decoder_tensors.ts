import { MaskletError } from "../base/errors.js";
import type { RawTensor } from "../base/tensor.js";
import { checkLength, unsigned } from "./arguments.js";
import type { DecodeHandle } from "./instance.js";
import type { InstanceColumns } from "./instance_columns.js";

const maxRank = 4;

/** Outputs of a network by role, in the order of the decoder's slots. */
export type DecoderTensors = Readonly<Record<string, RawTensor | undefined>>;

/**
 * Adds names and shapes of all tensors to an error about a rank or shape, because the core knows
 * only the number that does not fit.
 */
export function namingTensors(tensors: DecoderTensors, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof MaskletError) || (error.code !== "badRank" && error.code !== "badShape"))
      throw error;
    const given = Object.entries(tensors).flatMap(([name, tensor]) =>
      tensor ? `${name} [${tensor.dims.join(", ")}]` : [],
    );
    const value = error.value === undefined ? {} : { value: error.value };
    throw new MaskletError(
      error.code,
      error.stage,
      `${error.message}; the tensors are ${given.join(", ")}`,
      { ...value, cause: error },
    );
  }
}

/**
 * Writes the tensors into the stage's slots, in order. An absent tensor leaves its slot unchanged.
 * @throws MaskletError `badArgument`, `badRank`, `badShape`, `bufferTooSmall` (length of
 *   the data and dimensions do not match), `outOfMemory`
 */
export function writeTensors(stage: DecodeHandle, tensors: DecoderTensors): void {
  Object.entries(tensors).forEach(([name, tensor], slot) => {
    if (tensor) writeOutput(stage, slot, name, tensor);
  });
}

function writeOutput(
  stage: DecodeHandle,
  slot: number,
  name: string,
  { dims, data }: RawTensor,
): void {
  const sizes = Array.from({ length: maxRank }, (_, axis) =>
    unsigned(dims[axis] ?? 1, `a dimension of ${name}`, "decode"),
  );
  checkLength(name, dims, data.length, "decode");
  stage.check(
    stage.bound.reserveOutput(slot, dims.length, ...(sizes as [number, number, number, number])),
    "decode",
  );
  stage.write(`output${slot}` as "output0", data);
}

/** Reads the decoded instances from the stage. */
export function readColumns(stage: DecodeHandle, soft: boolean): InstanceColumns {
  const columns = {
    count: stage.count("scores"),
    boxes: stage.read("boxes"),
    scores: stage.read("scores"),
    classIds: stage.read("classIds"),
    rects: stage.read("rects"),
    runs: stage.read("runs"),
    runOffsets: stage.read("runOffsets"),
    areas: stage.read("areas"),
  };
  if (!soft) return columns;
  return {
    ...columns,
    coverage: stage.read("coverage"),
    coverageOffsets: stage.read("coverageOffsets"),
  };
}
