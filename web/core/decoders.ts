import type { RawTensor } from "../types.js";
import { checkLength, unsigned } from "./arguments.js";
import type { DecodeOptions, InstanceColumns } from "./columns.js";
import type { CoreInstance } from "./instance.js";

const maxRank = 4;

/** What every decoder is asked: `soft` adds the coverage. */
export type DecodeCall = DecodeOptions & { readonly soft: boolean };

/**
 * From the outputs of a network to instances, one method per family; each says which tensors it wants. The letterbox must have been set,
 * by `tensorize` or `setLetterbox`.
 *
 * All throw MaskletError of stage `decode` or `masks`: `noImage`, `badRank`, `badShape`, `badArgument`, `bufferTooSmall` (data shorter
 * than its dimensions), `outOfMemory`.
 */
export class Decoders {
  readonly #run: <T>(work: (instance: CoreInstance) => T) => T;

  constructor(run: <T>(work: (instance: CoreInstance) => T) => T) {
    this.#run = run;
  }

  /**
   * A YOLO segmentation head: detections [1, 4 + C + P, N], or final rows [1, M, 6 + P] with `endToEnd`, and prototypes [1, P, h, w]; see
   * `src/decode/yolo_seg.h`.
   * @param o `classCount` bounds the class ids of final rows when it is not 0
   */
  decodeYoloSeg(
    { detections, prototypes }: { detections: RawTensor; prototypes: RawTensor },
    o: DecodeCall & { endToEnd: boolean; classCount: number },
  ): InstanceColumns {
    const classCount = unsigned(o.classCount, "classCount", "decode");
    return this.#decode({ detections, prototypes }, o, (workspace, limits) => workspace.decodeYoloSeg(o.endToEnd, classCount, ...limits));
  }

  /** Puts the tensors into the workspace's slots in this order, runs one decoder and reads the instances. Absent tensors leave their slot empty. */
  #decode(tensors: Readonly<Record<string, RawTensor | undefined>>, o: DecodeCall, decoder: Decoder): InstanceColumns {
    const maxInstances = unsigned(o.maxInstances, "maxInstances", "decode");
    return this.#run((instance) => {
      const { workspace, heap, check } = instance;
      Object.entries(tensors).forEach(([name, tensor], slot) => {
        if (tensor) writeOutput(instance, slot, name, tensor);
      });
      const filter = o.classFilter ?? new Uint8Array(0);
      check(workspace.reserveClassFilter(filter.length), "decode");
      heap.write(Uint8Array, workspace.classFilterAddress(), filter);
      check(decoder(workspace, [o.scoreThreshold, o.iouThreshold, maxInstances]), "decode");
      check(workspace.assembleMasks(o.soft), "masks");
      return readColumns(instance, o.soft);
    });
  }
}

type Limits = [scoreThreshold: number, iouThreshold: number, maxInstances: number];
type Decoder = (workspace: CoreInstance["workspace"], limits: Limits) => number;

function writeOutput({ workspace, heap, check }: CoreInstance, slot: number, name: string, { dims, data }: RawTensor): void {
  const sizes = Array.from({ length: maxRank }, (_, axis) => unsigned(dims[axis] ?? 1, `a dimension of ${name}`, "decode"));
  checkLength(name, dims, data.length, "decode");
  check(workspace.reserveOutput(slot, dims.length, ...(sizes as [number, number, number, number])), "decode");
  heap.write(Float32Array, workspace.outputAddress(slot), data);
}

function readColumns({ workspace: w, heap }: CoreInstance, soft: boolean): InstanceColumns {
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
