import type { TensorInfo } from "../base/tensor.js";
import { describeTensor, isFloat } from "../base/tensor.js";
import type { MaskRcnnExport } from "../core/decoders.js";
import { bestAnswer, bindingsOf, type FamilyAnswer } from "./answers.js";
import { type ModelBinding, type ModelFamily, type ModelSignature, takeOutput } from "./family.js";

type Roles = Record<"boxes" | "labels" | "scores" | "masks", TensorInfo>;

/** Preprocessing and input size of each export. */
const inputs: Readonly<Record<MaskRcnnExport, Pick<ModelBinding, "preprocessing" | "sizing">>> = {
  "onnx-models": {
    sizing: { rule: "short-side", shortSide: 800, longSide: 1333, multiple: 32, rounding: "down" },
  },
  torchvision: {
    preprocessing: { colorOrder: "rgb", inputScale: 1 / 255, mean: [0, 0, 0], fill: 0 },
    sizing: { rule: "source" },
  },
  detectron2: {
    preprocessing: { mean: [0, 0, 0], fill: 0 },
    sizing: { rule: "short-side", shortSide: 800, longSide: 1333, multiple: 1 },
  },
};

/**
 * Mask R-CNN: final boxes [N, 4], labels [N], scores [N] and masks [N, 1, h, w].
 *
 * - `torchvision`: masks cover the whole image, which may have any size. Class ids are COCO's own
 *   (1 to 90, with gaps).
 * - `onnx-models` (maskrcnn-benchmark): masks cover boxes. Its labels start at 1; class ids here
 *   start at 0.
 * - `detectron2`: masks cover boxes, class ids start at 0, and a fifth output holds the image size.
 */
export const maskRcnn: ModelFamily = {
  name: "mask_rcnn",
  // The preprocessing of onnx/models, which pads with 0 after normalization.
  preprocessing: {
    resizeMode: "letterbox-top-left",
    colorOrder: "bgr",
    inputScale: 1,
    mean: [102.9801, 115.9465, 122.7717],
    std: [1, 1, 1],
    fill: [102.9801, 115.9465, 122.7717],
  },
  defaultInputSize: { width: 800, height: 800 },
  defaults: { scoreThreshold: 0.5 },

  bind(signature) {
    const needed = "it needs boxes [N, 4], labels [N], scores [N] and masks [N, 1, height, width]";
    return bestAnswer(bindEach(signature), signature, needed);
  },

  bindAll(signature) {
    return bindingsOf(bindEach(signature));
  },

  decode(core, { variant, outputs: names, classCount }, outputs, options) {
    const tensors = {
      boxes: takeOutput(outputs, names.boxes!),
      labels: takeOutput(outputs, names.labels!),
      scores: takeOutput(outputs, names.scores!),
      masks: takeOutput(outputs, names.masks!),
    };
    return core.decoders.decodeMaskRcnn(tensors, {
      ...options,
      classCount,
      kind: variant as MaskRcnnExport,
    });
  },
};

function bindEach(signature: ModelSignature): FamilyAnswer[] {
  const { outputs } = signature;
  const boxes = outputs.filter(
    (output) => isFloat(output) && output.dims?.length === 2 && mayBe(4, output.dims[1]!),
  );
  const masks = outputs.filter(
    (output) => isFloat(output) && output.dims?.length === 4 && mayBe(1, output.dims[1]!),
  );
  const vectors = outputs.filter((output) => output.dims?.length === 1);
  const rest = chooseVectors(vectors);
  if (boxes.length !== 1 || masks.length !== 1 || !rest) return [];
  const roles = { boxes: boxes[0]!, masks: masks[0]!, ...rest };
  return readsOf(roles, vectors.length > 2, signature);
}

/** torchvision's files leave every dimension of the masks open. */
function mayBe(size: number, dim: number | string): boolean {
  return dim === size || typeof dim === "string";
}

/**
 * Assigns the outputs of rank 1. Scores are floats, labels are integers, and a third output, the
 * image size, has two elements. If types and shapes are ambiguous, names decide, and then the
 * order: detectron2 puts classes before scores before the size. The decoder checks the values
 * again.
 */
function chooseVectors(
  vectors: readonly TensorInfo[],
): Pick<Roles, "labels" | "scores"> | undefined {
  if (vectors.length < 2 || vectors.length > 3) return undefined;
  const named = (pattern: RegExp) => (tensor: TensorInfo) => (pattern.test(tensor.name) ? 0 : 1);
  const isScore = named(/score|conf|prob/i);
  const scores = sorted(vectors.filter(isFloat), (tensor) => isScore(tensor))[0];
  const isLabel = named(/label|class/i);
  const others = vectors.filter((vector) => vector !== scores);
  const labels = sorted(
    others,
    (tensor) => (isFloat(tensor) ? 4 : 0) + (tensor.dims![0] === 2 ? 2 : 0) + isLabel(tensor),
  )[0];
  return scores && labels && { scores, labels };
}

function sorted<T>(items: readonly T[], key: (item: T) => number): T[] {
  return [...items].sort((a, b) => key(a) - key(b));
}

/** The exports with masks of this shape. */
function readsOf(
  roles: Roles,
  hasSize: boolean,
  { hints, inputSize }: ModelSignature,
): FamilyAnswer[] {
  const [, , height, width] = roles.masks.dims!;
  const isFixed = typeof height === "number" && typeof width === "number";
  const isWhole = isFixed && height === inputSize?.height && width === inputSize.width;
  const names = Object.fromEntries(Object.entries(roles).map(([role, { name }]) => [role, name]));
  const named = /box/i.test(roles.boxes.name) && /mask/i.test(roles.masks.name) ? 0.04 : 0;
  const { boxes, labels, scores } = roles;
  const three = [boxes, labels, scores].map(describeTensor).join(", ");
  const what = `${three} are boxes, labels and scores`;
  const read = (variant: MaskRcnnExport, certainty: number, masks: string): ModelBinding => ({
    variant,
    outputs: names,
    classCount: hints.labels?.length ?? 0,
    certainty: certainty + named,
    reason: `${what}, and ${describeTensor(roles.masks)} ${masks}`,
    ...inputs[variant],
  });
  const whole = "holds masks of the whole input";
  if (isWhole) return [read("torchvision", 0.85, whole)];
  // The size of masks over boxes is part of the network's design, so the file fixes it.
  if (!isFixed) return [read("torchvision", 0.55, `${whole} (their size is open)`)];
  const over = "holds masks over boxes";
  if (hasSize)
    return [
      read("detectron2", 0.85, `${over}; another output holds the image size`),
      read("onnx-models", 0.45, over),
    ];
  return [
    read("onnx-models", 0.8, over),
    read("detectron2", 0.6, `${over}, without an output for the image size`),
  ];
}
