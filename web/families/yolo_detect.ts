import type { TensorInfo } from "../base/tensor.js";
import { describeTensor, isFloat } from "../base/tensor.js";
import type { YoloDetectLayout } from "../core/decoders.js";
import { bestAnswer, bindingsOf, type FamilyAnswer } from "./answers.js";
import type { ModelFamily, ModelSignature } from "./family.js";
import { takeOutput } from "./family.js";
import { maxFinalRows, rowsPerCell, yoloPreprocessing } from "./yolo_heads.js";

/**
 * YOLO box detectors.
 *
 * - `dense`: YOLOv8, v9, 11 and 12, [1, 4 + C, N].
 * - `end-to-end`: YOLOv10, YOLO26 and exports with built-in suppression, [1, M, 6].
 * - `objectness`: YOLOv5 and v7, [1, N, 5 + C], three rows per cell.
 */
export const yoloDetect: ModelFamily = {
  name: "yolo_detect",
  masks: false,
  preprocessing: yoloPreprocessing,
  defaultInputSize: { width: 640, height: 640 },

  bind(signature) {
    return bestAnswer(bindEach(signature), signature, "it needs a float output of rank 3");
  },

  bindAll(signature) {
    return bindingsOf(bindEach(signature));
  },

  decode(core, binding, outputs, options) {
    const detections = takeOutput(outputs, binding.outputs.detections!);
    const layout = binding.variant as YoloDetectLayout;
    return core.decoders.decodeYoloDetect(
      { detections },
      { ...options, layout, classCount: binding.classCount },
    );
  },
};

function bindEach(signature: ModelSignature): FamilyAnswer[] {
  const { outputs, hints } = signature;
  if (outputs.some(({ dims }) => dims?.length === 4))
    return [{ refusal: "a box detector must not have an output of rank 4" }];
  if (hints.task !== undefined && hints.task !== "detect")
    return [{ refusal: `the metadata states the task '${hints.task}'` }];
  const tensors = outputs.filter((output) => isFloat(output) && output.dims?.length === 3);
  return tensors.flatMap((rows) => {
    const boxes = tensors.find(
      (other) => other !== rows && other.dims![2] === 4 && other.dims![1] === rows.dims![1],
    );
    if (boxes)
      return [
        {
          refusal: `${describeTensor(boxes)} holds separate boxes of ${describeTensor(rows)}`,
        },
      ];
    return [
      bindDense(rows, signature),
      bindFinal(rows, signature),
      bindObjectness(rows, signature),
    ];
  });
}

function bindDense(rows: TensorInfo, { inputSize }: ModelSignature): FamilyAnswer {
  const [, channels, anchors] = rows.dims!;
  const what = describeTensor(rows);
  if (typeof channels !== "number")
    return { refusal: `${what} leaves the number of channels open`, unresolved: true };
  if (channels < 5)
    return { refusal: `${what} has ${channels} channels; the minimum is 5 (1 class)` };
  const isExact = rowsPerCell(anchors, inputSize) === 1;
  if (typeof anchors === "number" && anchors < channels && !isExact) {
    return { refusal: `${what} has its longer axis first; the first axis must be the channels` };
  }
  return {
    variant: "dense",
    outputs: { detections: rows.name },
    classCount: channels - 4,
    certainty: isExact ? 1 : typeof anchors === "number" ? 0.6 : 0.5,
    reason: `${what} holds 4 + ${channels - 4} classes by anchors`,
  };
}

function bindFinal(rows: TensorInfo, { inputSize, hints }: ModelSignature): FamilyAnswer {
  const [, count, columns] = rows.dims!;
  const what = describeTensor(rows);
  if (typeof columns !== "number")
    return { refusal: `${what} leaves the number of columns open`, unresolved: true };
  if (columns !== 6) return { refusal: `${what} has ${columns} columns; final rows must have 6` };
  if (typeof count !== "number" && hints.endToEnd !== true)
    return { refusal: `${what} leaves the number of rows open`, unresolved: true };
  if (typeof count === "number" && count > maxFinalRows)
    return { refusal: `${what} has ${count} rows, too many for final rows` };
  const areCells = rowsPerCell(count, inputSize) !== undefined;
  return {
    variant: "end-to-end",
    outputs: { detections: rows.name },
    classCount: hints.labels?.length ?? 0,
    certainty: hints.endToEnd === true ? 0.95 : hints.endToEnd === false || areCells ? 0.2 : 0.8,
    reason: `${what} holds final rows of box, score and class`,
  };
}

function bindObjectness(rows: TensorInfo, { inputSize }: ModelSignature): FamilyAnswer {
  const [, count, columns] = rows.dims!;
  const what = describeTensor(rows);
  if (typeof columns !== "number")
    return { refusal: `${what} leaves the number of columns open`, unresolved: true };
  if (columns < 6) return { refusal: `${what} has ${columns} columns; the minimum is 6 (1 class)` };
  if (typeof count !== "number")
    return { refusal: `${what} leaves the number of rows open`, unresolved: true };
  const perCell = rowsPerCell(count, inputSize);
  if (perCell === undefined && count <= maxFinalRows)
    return { refusal: `${what} has ${count} rows; it must have three per cell` };
  const shared = {
    variant: "objectness",
    outputs: { detections: rows.name },
    classCount: columns - 5,
  };
  const what5 = `of box, objectness and ${columns - 5} classes`;
  // One row for each cell means YOLOX. YOLOv6 has the same columns in pixels and must be forced.
  if (perCell === 1)
    return {
      ...shared,
      certainty: 0.3,
      reason: `${what} may hold rows in pixels ${what5}, as in YOLOv6`,
    };
  const rowsAre = perCell === 3 ? "three rows per cell" : "rows";
  return {
    ...shared,
    certainty: perCell === 3 ? 1 : 0.6,
    reason: `${what} holds ${rowsAre} ${what5}`,
  };
}
