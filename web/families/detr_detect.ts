import type { TensorInfo } from "../base/tensor.js";
import { describeTensor, isFloat } from "../base/tensor.js";
import { findImageInput, fixedSize } from "../model/image_input.js";
import { bestAnswer, bindingsOf, type FamilyAnswer } from "./answers.js";
import type { ModelBinding, ModelFamily, ModelSignature } from "./family.js";
import { imageNetStretch, pixelMasks, takeQueryOutputs } from "./query_tensors.js";
import { maxFinalRows } from "./yolo_heads.js";

/**
 * DETR box detectors: boxes [1, Q, 4] as fractions of the input and logits [1, Q, columns].
 * `sigmoid`: a score for each class and query (Deformable DETR, RT-DETR, RF-DETR); `softmax`: the
 * last column is "no object" (DETR, YOLOS).
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
    return [{ refusal: "an output of rank 4 is not of a box detector" }];
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
    return [{ refusal: `${what} does not fix the number of classes`, unresolved: true }];
  if (typeof queryCount === "number" && queryCount > maxFinalRows) {
    return [{ refusal: `${what} has ${queryCount} rows, too many to be queries` }];
  }
  // Names tell hidden states from logits, and boxes from the logits of four classes.
  const named =
    (/logit|label|score|class/i.test(logits.name) ? 0.02 : 0) +
    (/box|det/i.test(boxes.name) ? 0.02 : 0);
  const certainty = (typeof queryCount === "number" ? 0.76 : 0.46) + named;
  const shared = { outputs: { boxes: boxes.name, logits: logits.name } };
  const pair = `${describeTensor(boxes)} are boxes of queries, ${what} their`;
  const word = activationOf(boxes, columns, queryCount, signature);
  const sigmoid: ModelBinding = {
    ...shared,
    ...inputOf("sigmoid", boxes, signature),
    variant: "sigmoid",
    classCount: columns,
    certainty: certainty - (word === "softmax" ? 0.1 : 0),
    reason: `${pair} ${columns} classes, a sigmoid for each`,
  };
  if (columns < 2) return [sigmoid];
  const softmax: ModelBinding = {
    ...shared,
    ...inputOf("softmax", boxes, signature),
    variant: "softmax",
    classCount: columns - 1,
    certainty: certainty - (word === "sigmoid" ? 0.1 : 0),
    reason: `${pair} ${columns - 1} classes and "no object", a softmax over all`,
  };
  return [sigmoid, softmax];
}

type Activation = "sigmoid" | "softmax";

/**
 * Shapes do not tell a class from "no object". In this order: the number of class names in the
 * metadata; the 80 or 91 numbers of COCO classes, and 92 with "no object"; the output names of
 * RF-DETR's export; the 100 queries of DETR and YOLOS and the 300 or more of the others.
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
 * DETR and its like take the image at its own aspect ratio where the size is open (800 by at most
 * 1333), and often a mask of the pixels that count. RT-DETR takes 640 x 640 without normalization;
 * RF-DETR, whose export names its boxes `dets`, its own size with it.
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
    // Nothing is padded: the content, rounded as in training, is the whole input.
    return { sizing, preprocessing: { resizeMode: "letterbox-top-left" } };
  }
  const isRtDetr =
    activation === "sigmoid" &&
    !/^dets$/i.test(boxes.name) &&
    inputSize?.width === 640 &&
    inputSize.height === 640;
  return isRtDetr ? { preprocessing: { mean: [0, 0, 0], std: [1, 1, 1] } } : {};
}
