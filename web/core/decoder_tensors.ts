import { MaskletError } from "../base/errors.js";
import type { RawTensor } from "../base/tensor.js";
import { checkLength, unsigned } from "./arguments.js";
import type { InstanceColumns } from "./columns.js";
import type { CoreInstance } from "./instance.js";

const maxRank = 4;

/** Outputs of a network by their role, in the order in which the decoder wants them. */
export type DecoderTensors = Readonly<Record<string, RawTensor | undefined>>;

/**
 * Adds to an error about ranks and shapes which tensors there were: the core knows only the number
 * that does not fit.
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
 * Puts the tensors into the workspace's slots in their order; an absent one leaves its slot as it
 * was.
 * @throws MaskletError `badArgument`, `badRank`, `badShape`, `bufferTooSmall` (data of another
 *   length than the dimensions say), `outOfMemory`
 */
export function writeTensors(instance: CoreInstance, tensors: DecoderTensors): void {
  Object.entries(tensors).forEach(([name, tensor], slot) => {
    if (tensor) writeOutput(instance, slot, name, tensor);
  });
}

function writeOutput(
  { workspace, heap, check }: CoreInstance,
  slot: number,
  name: string,
  { dims, data }: RawTensor,
): void {
  const sizes = Array.from({ length: maxRank }, (_, axis) =>
    unsigned(dims[axis] ?? 1, `a dimension of ${name}`, "decode"),
  );
  checkLength(name, dims, data.length, "decode");
  check(
    workspace.reserveOutput(slot, dims.length, ...(sizes as [number, number, number, number])),
    "decode",
  );
  heap.write(Float32Array, workspace.outputAddress(slot), data);
}

/** The decoded instances, out of the workspace. */
export function readColumns({ workspace: w, heap }: CoreInstance, soft: boolean): InstanceColumns {
  const count = w.instanceCount();
  const columns = {
    count,
    boxes: heap.read(Float32Array, w.boxesAddress(), count * 4),
    scores: heap.read(Float32Array, w.scoresAddress(), count),
    classIds: heap.read(Uint32Array, w.classIdsAddress(), count),
    rects: heap.read(Int32Array, w.rectsAddress(), count * 4),
    runs: heap.read(Uint32Array, w.runsAddress(), w.runCount()),
    runOffsets: heap.read(Uint32Array, w.runOffsetsAddress(), count + 1),
    areas: heap.read(Uint32Array, w.areasAddress(), count),
  };
  if (!soft) return columns;
  return {
    ...columns,
    coverage: heap.read(Uint8Array, w.coverageAddress(), w.coverageBytes()),
    coverageOffsets: heap.read(Uint32Array, w.coverageOffsetsAddress(), count + 1),
  };
}
