import type { TensorInfo } from "../base/tensor.js";
import { describeTensor, isFloat } from "../base/tensor.js";
import { bestAnswer, type FamilyAnswer } from "./answers.js";
import type { ModelFamily, ModelSignature } from "./family.js";
import { takeOutput } from "./family.js";
import { maxFinalRows, rowsPerCell, yoloPreprocessing } from "./yolo_heads.js";

/** Before the class scores: box and objectness. */
const fixedColumns = 5;

/**
 * YOLOv5 segmentation: detections [1, N, 5 + C + P] with three rows for each cell, and prototypes
 * [1, P, h, w].
 */
export const yolov5Seg: ModelFamily = {
  name: "yolov5_seg",
  preprocessing: yoloPreprocessing,
  defaultInputSize: { width: 640, height: 640 },
  defaults: { iouThreshold: 0.45 },

  bind(signature) {
    const detections = signature.outputs.filter(
      (output) => isFloat(output) && output.dims?.length === 3,
    );
    const prototypes = signature.outputs.filter(
      (output) => isFloat(output) && output.dims?.length === 4,
    );
    const answers = detections.flatMap((rows) =>
      prototypes.map((planes) => bindPair(rows, planes, signature)),
    );
    return bestAnswer(
      answers,
      signature,
      "it needs a float output of rank 3 (detections) and one of rank 4 (prototypes)",
    );
  },

  decode(core, { outputs: names }, outputs, options) {
    const detections = takeOutput(outputs, names.detections!);
    const prototypes = takeOutput(outputs, names.prototypes!);
    return core.decoders.decodeYolov5Seg({ detections, prototypes }, options);
  },
};

function bindPair(rows: TensorInfo, planes: TensorInfo, signature: ModelSignature): FamilyAnswer {
  const [, rowCount, columns] = rows.dims!;
  const [, coefficientCount] = planes.dims!;
  const what = describeTensor(rows);
  if (typeof coefficientCount !== "number") {
    return {
      refusal: `${describeTensor(planes)} does not fix the number of prototypes`,
      unresolved: true,
    };
  }
  if (typeof columns !== "number")
    return { refusal: `${what} does not fix the number of columns`, unresolved: true };
  const classCount = columns - fixedColumns - coefficientCount;
  if (classCount < 1) {
    return {
      refusal: `${what} has ${columns} columns, ${fixedColumns} + classes + ${coefficientCount} coefficients need more`,
    };
  }
  // With one class, final rows have as many columns: their number decides, which the file leaves
  // open here.
  if (typeof rowCount !== "number" && classCount === 1)
    return { refusal: `${what} does not fix the number of rows`, unresolved: true };
  const perCell = rowsPerCell(rowCount, signature.inputSize);
  if (perCell === 1)
    return {
      refusal: `${what} has one row for each cell, as YOLOv8 with its axes swapped; YOLOv5 has three`,
    };
  if (perCell === undefined && typeof rowCount === "number" && rowCount <= maxFinalRows) {
    return { refusal: `${what} has ${rowCount} rows, which are not three for each cell` };
  }
  return {
    variant: "anchors",
    outputs: { detections: rows.name, prototypes: planes.name },
    classCount,
    certainty: perCell === 3 ? 1 : typeof rowCount === "number" ? 0.6 : 0.5,
    reason:
      `${what} are ${perCell === 3 ? "three rows for each cell" : "rows"} of box, objectness, ${classCount} classes and ${coefficientCount} ` +
      `coefficients, ${describeTensor(planes)} are the prototypes`,
  };
}
