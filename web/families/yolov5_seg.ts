import type { TensorInfo } from "../base/tensor.js";
import { describeTensor, isFloat } from "../base/tensor.js";
import { bestAnswer, type FamilyAnswer } from "./answers.js";
import type { ModelFamily, ModelSignature } from "./family.js";
import { takeOutput } from "./family.js";
import { maxFinalRows, rowsPerCell, yoloPreprocessing } from "./yolo_heads.js";

/** The columns before the class scores: box and objectness. */
const fixedColumns = 5;

/**
 * YOLOv5 segmentation: detections [1, N, 5 + C + P] with three rows per cell, and prototypes
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
      refusal: `${describeTensor(planes)} leaves the number of prototypes open`,
      unresolved: true,
    };
  }
  if (typeof columns !== "number")
    return { refusal: `${what} leaves the number of columns open`, unresolved: true };
  const classCount = columns - fixedColumns - coefficientCount;
  if (classCount < 1) {
    return {
      refusal:
        `${what} has ${columns} columns; the minimum is ` +
        `${fixedColumns + 1 + coefficientCount} (1 class, ${coefficientCount} coefficients)`,
    };
  }
  // Final rows have as many columns as this layout with one class. Only the number of rows, open
  // here, can decide.
  if (typeof rowCount !== "number" && classCount === 1)
    return { refusal: `${what} leaves the number of rows open`, unresolved: true };
  const perCell = rowsPerCell(rowCount, signature.inputSize);
  if (perCell === 1)
    return {
      refusal: `${what} has one row per cell, like YOLOv8 with swapped axes; YOLOv5 has three`,
    };
  if (perCell === undefined && typeof rowCount === "number" && rowCount <= maxFinalRows) {
    return { refusal: `${what} has ${rowCount} rows; it must have three per cell` };
  }
  return {
    variant: "anchors",
    outputs: { detections: rows.name, prototypes: planes.name },
    classCount,
    certainty: perCell === 3 ? 1 : typeof rowCount === "number" ? 0.6 : 0.5,
    reason:
      `${what} holds ${perCell === 3 ? "three rows per cell" : "rows"} of box, objectness, ` +
      `${classCount} classes and ${coefficientCount} coefficients, ` +
      `and ${describeTensor(planes)} the prototypes`,
  };
}
