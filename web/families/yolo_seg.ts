import type { TensorInfo } from "../base/tensor.js";
import { describeTensor, isFloat } from "../base/tensor.js";
import { bestAnswer, type FamilyAnswer } from "./answers.js";
import type { ModelFamily, ModelSignature } from "./family.js";
import { takeOutput } from "./family.js";
import { maxFinalRows, rowsPerCell, yoloPreprocessing } from "./yolo_heads.js";

/**
 * YOLO segmentation, with prototypes [1, P, h, w].
 *
 * - `dense`: YOLOv8, v9, 11 and 12, detections [1, 4 + C + P, N].
 * - `end-to-end`: YOLO26 and exports with built-in suppression, final rows [1, M, 6 + P].
 */
export const yoloSeg: ModelFamily = {
  name: "yolo_seg",
  preprocessing: yoloPreprocessing,
  defaultInputSize: { width: 640, height: 640 },

  bind(signature) {
    const detections = signature.outputs.filter(
      (output) => isFloat(output) && output.dims?.length === 3,
    );
    const prototypes = signature.outputs.filter(
      (output) => isFloat(output) && output.dims?.length === 4,
    );
    const answers = detections.flatMap((rows) =>
      prototypes.flatMap((planes) => bindPair(rows, planes, signature)),
    );
    return bestAnswer(
      answers,
      signature,
      "it needs a float output of rank 3 (detections) and one of rank 4 (prototypes)",
    );
  },

  decode(core, binding, outputs, options) {
    const tensors = {
      detections: takeOutput(outputs, binding.outputs.detections!),
      prototypes: takeOutput(outputs, binding.outputs.prototypes!),
    };
    const endToEnd = binding.variant === "end-to-end";
    return core.decoders.decodeYoloSeg(tensors, {
      ...options,
      endToEnd,
      classCount: binding.classCount,
    });
  },
};

function bindPair(rows: TensorInfo, planes: TensorInfo, signature: ModelSignature): FamilyAnswer[] {
  const coefficientCount = planes.dims![1]!;
  if (typeof coefficientCount !== "number") {
    return [
      {
        refusal: `${describeTensor(planes)} leaves the number of prototypes open`,
        unresolved: true,
      },
    ];
  }
  const pair = { rows, planes, coefficientCount, signature };
  return [bindDense(pair), bindEndToEnd(pair)];
}

interface Pair {
  rows: TensorInfo;
  planes: TensorInfo;
  coefficientCount: number;
  signature: ModelSignature;
}

function bindDense({ rows, planes, coefficientCount, signature }: Pair): FamilyAnswer {
  const [, channels, anchors] = rows.dims!;
  const what = describeTensor(rows);
  if (typeof channels !== "number")
    return { refusal: `${what} leaves the number of channels open`, unresolved: true };
  const classCount = channels - 4 - coefficientCount;
  if (classCount < 1) {
    return {
      refusal:
        `${what} has ${channels} channels; ` +
        `the minimum is ${5 + coefficientCount} (1 class, ${coefficientCount} coefficients)`,
    };
  }
  const isExact = rowsPerCell(anchors, signature.inputSize) === 1;
  if (typeof anchors === "number" && anchors < channels && !isExact) {
    return { refusal: `${what} has its longer axis first; the first axis must be the channels` };
  }
  return {
    variant: "dense",
    outputs: { detections: rows.name, prototypes: planes.name },
    classCount,
    certainty: isExact ? 1 : typeof anchors === "number" ? 0.6 : 0.5,
    reason:
      `${what} holds 4 + ${classCount} classes + ${coefficientCount} coefficients by anchors, ` +
      `and ${describeTensor(planes)} the prototypes`,
  };
}

function bindEndToEnd({ rows, planes, coefficientCount, signature }: Pair): FamilyAnswer {
  const [, count, columns] = rows.dims!;
  const what = describeTensor(rows);
  const hint = signature.hints.endToEnd;
  if (typeof columns !== "number")
    return { refusal: `${what} leaves the number of columns open`, unresolved: true };
  if (columns !== 6 + coefficientCount) {
    return {
      refusal:
        `${what} has ${columns} columns; ` +
        `final rows with ${coefficientCount} coefficients must have ${6 + coefficientCount}`,
    };
  }
  if (typeof count === "number" && count > maxFinalRows) {
    return { refusal: `${what} has ${count} rows, too many for final rows (YOLOv5 layout?)` };
  }
  if (typeof count !== "number" && hint !== true)
    return { refusal: `${what} leaves the number of rows open`, unresolved: true };
  return {
    variant: "end-to-end",
    outputs: { detections: rows.name, prototypes: planes.name },
    classCount: signature.hints.labels?.length ?? 0,
    // A dense head with two classes has as many channels as final rows have columns. The metadata
    // or the longer axis then decides.
    certainty: hint === undefined ? 0.8 : hint ? 0.95 : 0.2,
    reason:
      `${what} holds final rows of box, score, class and ${coefficientCount} coefficients, ` +
      `and ${describeTensor(planes)} the prototypes`,
  };
}
