import type { TensorInfo } from "../base/tensor.js";
import { describeTensor, isFloat } from "../base/tensor.js";
import type { YoloDetectLayout } from "../core/decoders.js";
import { bestAnswer, bindingsOf, type FamilyAnswer } from "./answers.js";
import type { ModelFamily, ModelSignature } from "./family.js";
import { takeOutput } from "./family.js";
import { maxFinalRows, rowsPerCell, yoloPreprocessing } from "./yolo_heads.js";

/**
 * YOLO box detectors: YOLOv8, v9, 11, 12 [1, 4 + C, N] (`dense`); YOLOv10, YOLO26 and exports with
 * suppression inside [1, M, 6] (`end-to-end`); YOLOv5, v7 [1, N, 5 + C] with three rows for each
 * cell (`objectness`).
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
    return [{ refusal: "an output of rank 4 is not of a box detector" }];
  if (hints.task !== undefined && hints.task !== "detect")
    return [{ refusal: `the metadata says that its task is '${hints.task}'` }];
  const tensors = outputs.filter((output) => isFloat(output) && output.dims?.length === 3);
  return tensors.flatMap((rows) => {
    const boxes = tensors.find(
      (other) => other !== rows && other.dims![2] === 4 && other.dims![1] === rows.dims![1],
    );
    if (boxes)
      return [
        {
          refusal: `${describeTensor(boxes)} holds the boxes that belong to ${describeTensor(rows)}`,
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
    return { refusal: `${what} does not fix the number of channels`, unresolved: true };
  if (channels < 5) return { refusal: `${what} has ${channels} channels, 4 + classes are more` };
  const isExact = rowsPerCell(anchors, inputSize) === 1;
  if (typeof anchors === "number" && anchors < channels && !isExact) {
    return { refusal: `${what} has its long axis first, so its rows are not channels` };
  }
  return {
    variant: "dense",
    outputs: { detections: rows.name },
    classCount: channels - 4,
    certainty: isExact ? 1 : typeof anchors === "number" ? 0.6 : 0.5,
    reason: `${what} is 4 + ${channels - 4} classes by anchors`,
  };
}

function bindFinal(rows: TensorInfo, { inputSize, hints }: ModelSignature): FamilyAnswer {
  const [, count, columns] = rows.dims!;
  const what = describeTensor(rows);
  if (typeof columns !== "number")
    return { refusal: `${what} does not fix the number of columns`, unresolved: true };
  if (columns !== 6) return { refusal: `${what} has ${columns} columns, final rows have 6` };
  if (typeof count !== "number" && hints.endToEnd !== true)
    return { refusal: `${what} does not fix the number of rows`, unresolved: true };
  if (typeof count === "number" && count > maxFinalRows)
    return { refusal: `${what} has ${count} rows, too many to be final` };
  const areCells = rowsPerCell(count, inputSize) !== undefined;
  return {
    variant: "end-to-end",
    outputs: { detections: rows.name },
    classCount: hints.labels?.length ?? 0,
    certainty: hints.endToEnd === true ? 0.95 : hints.endToEnd === false || areCells ? 0.2 : 0.8,
    reason: `${what} are final rows of box, score and class`,
  };
}

function bindObjectness(rows: TensorInfo, { inputSize }: ModelSignature): FamilyAnswer {
  const [, count, columns] = rows.dims!;
  const what = describeTensor(rows);
  if (typeof columns !== "number")
    return { refusal: `${what} does not fix the number of columns`, unresolved: true };
  if (columns < 6) return { refusal: `${what} has ${columns} columns, 5 + classes are more` };
  if (typeof count !== "number")
    return { refusal: `${what} does not fix the number of rows`, unresolved: true };
  const perCell = rowsPerCell(count, inputSize);
  if (perCell === undefined && count <= maxFinalRows)
    return { refusal: `${what} has ${count} rows, which are not three for each cell` };
  const shared = {
    variant: "objectness",
    outputs: { detections: rows.name },
    classCount: columns - 5,
  };
  const what5 = `of box, objectness and ${columns - 5} classes`;
  // One row for each cell is YOLOX; by force it is YOLOv6, which has the same columns in pixels.
  if (perCell === 1)
    return {
      ...shared,
      certainty: 0.3,
      reason: `${what} could be rows in pixels ${what5}, as of YOLOv6`,
    };
  const rowsAre = perCell === 3 ? "three rows for each cell" : "rows";
  return {
    ...shared,
    certainty: perCell === 3 ? 1 : 0.6,
    reason: `${what} are ${rowsAre} ${what5}`,
  };
}
