import type { TensorInfo } from "../base/tensor.js";
import { describeTensor, isFloat } from "../base/tensor.js";
import type { YoloxBoxes } from "../core/decoders.js";
import { bestAnswer, type FamilyAnswer } from "./answers.js";
import type { ModelFamily, ModelSignature } from "./family.js";
import { takeOutput } from "./family.js";
import { cellCount } from "./yolo_heads.js";

/** The columns before the class scores: box and objectness. */
const fixedColumns = 5;

/** Strides of the levels of the released models, and of models with a fourth level (P6). */
const pyramids = [
  [8, 16, 32],
  [8, 16, 32, 64],
];

/**
 * YOLOX box detectors: [1, N, 5 + C] with one row per cell. Box values are offsets and logarithms
 * (`cells`), or pixels (`pixels`, exports with decode_in_inference). The values distinguish the
 * two, the shape cannot (`automatic`).
 */
export const yolox: ModelFamily = {
  name: "yolox",
  masks: false,
  preprocessing: {
    resizeMode: "letterbox-top-left",
    colorOrder: "bgr",
    inputScale: 1,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    fill: 114,
  },
  defaultInputSize: { width: 640, height: 640 },
  defaults: { scoreThreshold: 0.3, iouThreshold: 0.45 },

  bind: bindBest,

  bindAll(signature) {
    const best = bindBest(signature);
    if ("refusal" in best) return [];
    const forced = (["cells", "pixels"] as const).map((variant) => ({
      ...best,
      variant,
      certainty: best.certainty - 0.2,
    }));
    return [best, ...forced];
  },

  decode(core, binding, outputs, options) {
    const detections = takeOutput(outputs, binding.outputs.detections!);
    return core.decoders.decodeYolox(
      { detections },
      { ...options, boxes: binding.variant as YoloxBoxes },
    );
  },
};

function bindBest(signature: ModelSignature): FamilyAnswer {
  const { outputs, hints } = signature;
  if (outputs.some(({ dims }) => dims?.length === 4))
    return { refusal: "a box detector must not have an output of rank 4" };
  if (hints.task !== undefined && hints.task !== "detect")
    return { refusal: `the metadata states the task '${hints.task}'` };
  const rows = outputs.filter((output) => isFloat(output) && output.dims?.length === 3);
  const answers = rows.map((output) => bindRows(output, signature));
  return bestAnswer(answers, signature, "it needs a float output of rank 3");
}

function bindRows(rows: TensorInfo, { inputSize }: ModelSignature): FamilyAnswer {
  const [, rowCount, columns] = rows.dims!;
  const what = describeTensor(rows);
  if (typeof columns !== "number")
    return { refusal: `${what} leaves the number of columns open`, unresolved: true };
  const classCount = columns - fixedColumns;
  if (classCount < 1)
    return {
      refusal: `${what} has ${columns} columns; the minimum is ${fixedColumns + 1} (1 class)`,
    };
  const isOpen = typeof rowCount !== "number" || inputSize === undefined;
  // Without a known number of rows, these may be final rows, anchors or anything else.
  if (isOpen)
    return {
      refusal: `the rows per cell of ${what} are unknown while the input size is open`,
      unresolved: true,
    };
  if (!pyramids.some((strides) => cellCount(inputSize, strides) === rowCount)) {
    return {
      refusal:
        `${what} has ${rowCount} rows; ` +
        `one per cell would be ${cellCount(inputSize, pyramids[0]!)}`,
    };
  }
  return {
    variant: "automatic",
    outputs: { detections: rows.name },
    classCount,
    certainty: 1,
    reason: `${what} holds one row per cell of box, objectness and ${classCount} classes`,
  };
}
