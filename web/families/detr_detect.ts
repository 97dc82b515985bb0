import type { TensorInfo } from "../base/tensor.js";
import { describeTensor, isFloat } from "../base/tensor.js";
import { findImageInput, fixedSize } from "../model/image_input.js";
import { bestAnswer, bindingsOf, type FamilyAnswer } from "./answers.js";
import type { ModelBinding, ModelFamily, ModelSignature } from "./family.js";
import { imageNetStretch, pixelMasks, takeQueryOutputs } from "./query_tensors.js";
import { maxFinalRows } from "./yolo_heads.js";

/**
 * DETR box detectors: boxes [1, Q, 4] as fractions of the input and logits [1, Q, columns]. Variant
 * `sigmoid` has a score per class and query (Deformable DETR, RT-DETR, RF-DETR). In variant
 * `softmax`, the last column is "no object" (DETR, YOLOS).
 */
export const detrDetect: ModelFamily = {
  name: "detr_detect",
  masks: false,
  preprocessing: imageNetStretch,
  defaultInputSize: { width: 640, height: 640 },
  defaults: { scoreThreshold: 0.5 },

  bind(signature) {
    const needed =
      "it needs two float outputs of rank 3 with as many rows, one with 4 columns (boxes)";
    return bestAnswer(bindEach(signature), signature, needed);
  },

  bindAll(signature) {
    return bindingsOf(bindEach(signature));
  },

  decode(core, binding, outputs, options) {
    const tensors = takeQueryOutputs(outputs, binding.outputs, ["boxes", "logits"]);
    return core.decoders.decodeDetrDetect(tensors, {
      ...options,
      softmax: binding.variant === "softmax",
    });
  },
};

function bindEach(signature: ModelSignature): FamilyAnswer[] {
  const { outputs } = signature;
  if (outputs.some(({ dims }) => dims?.length === 4))
    return [{ refusal: "a box detector must not have an output of rank 4" }];
  const masks = pixelMasks(signature);
  if ("refusal" in masks) return [masks];
  const tensors = outputs.filter((output) => isFloat(output) && output.dims?.length === 3);
  return tensors.flatMap((boxes) => {
    if (boxes.dims![2] !== 4) return [];
    const fitting = tensors.filter((other) => other !== boxes && other.dims![1] === boxes.dims![1]);
    const answers = fitting.flatMap((logits) => bindPair(boxes, logits, signature));
    return answers.map((answer) => ("variant" in answer ? { ...answer, ...masks } : answer));
  });
}

function bindPair(
  boxes: TensorInfo,
  logits: TensorInfo,
  signature: ModelSignature,
): FamilyAnswer[] {
  const [, queryCount, columns] = logits.dims!;
  const what = describeTensor(logits);
  if (typeof columns !== "number")
    return [{ refusal: `${what} leaves the number of classes open`, unresolved: true }];
  if (typeof queryCount === "number" && queryCount > maxFinalRows) {
    return [{ refusal: `${what} has ${queryCount} rows, too many for queries` }];
  }
  // Names distinguish logits from hidden states, and boxes from the logits of four classes.
  const named =
    (/logit|label|score|class/i.test(logits.name) ? 0.02 : 0) +
    (/box|det/i.test(boxes.name) ? 0.02 : 0);
  const certainty = (typeof queryCount === "number" ? 0.76 : 0.46) + named;
  const shared = { outputs: { boxes: boxes.name, logits: logits.name } };
  const pair = `${describeTensor(boxes)} holds the boxes of queries, and ${what} holds`;
  const word = activationOf(boxes, columns, queryCount, signature);
  const sigmoid: ModelBinding = {
    ...shared,
    ...inputOf("sigmoid", boxes, signature),
    variant: "sigmoid",
    classCount: columns,
    certainty: certainty - (word === "softmax" ? 0.1 : 0),
    reason: `${pair} a sigmoid for each of ${columns} classes`,
  };
  if (columns < 2) return [sigmoid];
  const softmax: ModelBinding = {
    ...shared,
    ...inputOf("softmax", boxes, signature),
    variant: "softmax",
    classCount: columns - 1,
    certainty: certainty - (word === "sigmoid" ? 0.1 : 0),
    reason: `${pair} a softmax over ${columns - 1} classes and "no object"`,
  };
  return [sigmoid, softmax];
}

type Activation = "sigmoid" | "softmax";

/**
 * Shapes cannot distinguish a class from "no object". The evidence, in order of precedence: the
 * number of class names in the metadata; 80 or 91 columns for COCO classes, 92 with "no object";
 * the output names of RF-DETR's export; 100 queries for DETR and YOLOS, 300 or more for the others.
 */
function activationOf(
  boxes: TensorInfo,
  columns: number,
  queryCount: number | string | undefined,
  { hints }: ModelSignature,
): Activation | undefined {
  if (hints.labels?.length === columns) return "sigmoid";
  if (hints.labels?.length === columns - 1) return "softmax";
  if (columns === 80 || columns === 91 || /^dets$/i.test(boxes.name)) return "sigmoid";
  if (columns === 92 || queryCount === 100) return "softmax";
  return typeof queryCount === "number" && queryCount >= 300 ? "sigmoid" : undefined;
}

/**
 * With an open input size, DETR and its relatives keep the aspect ratio of the image (shorter side
 * 800, longer side 1333 at most) and often take a mask of the valid pixels. RT-DETR takes 640 x 640
 * without normalization. RF-DETR takes its own size with normalization; its export names the boxes
 * `dets`.
 */
function inputOf(
  activation: Activation,
  boxes: TensorInfo,
  { inputs, inputSize }: ModelSignature,
): Pick<ModelBinding, "preprocessing" | "sizing"> {
  const image = findImageInput(inputs);
  const isOpen = image !== undefined && fixedSize(image) === undefined;
  if (isOpen && (activation === "softmax" || inputs.length > 1)) {
    const sizing = {
      rule: "short-side",
      shortSide: 800,
      longSide: 1333,
      multiple: 1,
      rounding: "down",
    } as const;
    // The input has no padding: the image, rounded as in training, fills it.
    return { sizing, preprocessing: { resizeMode: "letterbox-top-left" } };
  }
  const isRtDetr =
    activation === "sigmoid" &&
    !/^dets$/i.test(boxes.name) &&
    inputSize?.width === 640 &&
    inputSize.height === 640;
  return isRtDetr ? { preprocessing: { mean: [0, 0, 0], std: [1, 1, 1] } } : {};
}
