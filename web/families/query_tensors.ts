import type { Preprocessing } from "../base/preprocessing.js";
import type { RawTensor, TensorInfo } from "../base/tensor.js";
import { describeTensor, isFloat } from "../base/tensor.js";
import { findImageInput } from "../model/image_input.js";
import type { ConstantInput } from "../model/info.js";
import type { FamilyRefusal, ModelSignature } from "./family.js";
import { takeOutput } from "./family.js";

/**
 * What all these networks were trained with: the image stretched over the input, mean and deviation
 * of ImageNet.
 */
export const imageNetStretch: Omit<Preprocessing, "width" | "height" | "content"> = {
  resizeMode: "stretch",
  colorOrder: "rgb",
  inputScale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  fill: 0,
};

/**
 * The outputs of a head with mask queries: logits [1, Q, C], masks [1, Q, h, w] and, where there
 * are any, boxes [1, Q, 4].
 */
export interface QueryTensors {
  readonly logits: TensorInfo;
  readonly masks: TensorInfo;
  readonly boxes?: TensorInfo;
  /** C. */
  readonly columns: number;
}

type Dim = number | string | undefined;

/** Names by which logits are told from hidden states, which have their shape. */
const logitNames = /logit|label|class/i;

/**
 * Every choice of outputs that could be logits and masks of the same queries, and boxes of them
 * when asked for; or why there is none.
 */
export function findQueryTensors(
  { outputs }: ModelSignature,
  withBoxes: boolean,
): QueryTensors[] | FamilyRefusal {
  const masks = outputs.filter((output) => isFloat(output) && output.dims?.length === 4);
  const rows = outputs.filter((output) => isFloat(output) && output.dims?.length === 3);
  const found: QueryTensors[] = [];
  let open: TensorInfo | undefined;
  for (const planes of masks) {
    const heads = rows.filter((tensor) => sameQueries(tensor, planes));
    const hasBoxes = heads.length > 1 && heads.some(({ dims }) => dims![2] === 4);
    if (withBoxes !== hasBoxes) continue;
    for (const logits of heads) {
      const columns = logits.dims![2];
      const boxes = heads.filter((tensor) => tensor !== logits && tensor.dims![2] === 4);
      if (typeof columns !== "number") open = logits;
      else if (withBoxes)
        found.push(...boxes.map((box) => ({ logits, masks: planes, boxes: box, columns })));
      else found.push({ logits, masks: planes, columns });
    }
  }
  const named = found.filter(({ logits }) => logitNames.test(logits.name));
  if (found.length > 0) return named.length > 0 ? named : found;
  if (open)
    return {
      refusal: `${describeTensor(open)} does not fix the number of classes`,
      unresolved: true,
    };
  const boxes = withBoxes ? "boxes [1, Q, 4], " : "no boxes, but ";
  const refusal = `it needs float outputs of one number Q of queries: ${boxes}logits [1, Q, classes] and masks [1, Q, height, width]`;
  return outputs.some(({ dims }) => dims === undefined)
    ? { refusal, unresolved: true }
    : { refusal };
}

function sameQueries({ dims: rows }: TensorInfo, { dims: planes }: TensorInfo): boolean {
  const [rowBatch, rowCount] = rows as Dim[];
  const [planeBatch, planeCount] = planes as Dim[];
  return (
    isOneOrOpen(rowBatch) &&
    isOneOrOpen(planeBatch) &&
    (rowCount === planeCount || isOpen(rowCount) || isOpen(planeCount))
  );
}

function isOpen(dim: Dim): boolean {
  return typeof dim === "string";
}

function isOneOrOpen(dim: Dim): boolean {
  return dim === 1 || isOpen(dim);
}

/**
 * What the graph takes beside the image: at most masks of the pixels that count [1, height, width],
 * which are all ones for an image without padding. Anything else is a refusal.
 */
export function pixelMasks({
  inputs,
}: ModelSignature):
  | { readonly constantInputs?: Readonly<Record<string, ConstantInput>> }
  | FamilyRefusal {
  const image = findImageInput(inputs);
  const others = inputs.filter(({ name }) => name !== image?.name);
  const strange = others.find(({ dims }) => dims?.length !== 3);
  if (inputs.length > 0 && strange)
    return { refusal: `it does not know what to give to the input ${describeTensor(strange)}` };
  if (inputs.length === 0 || others.length === 0) return {};
  const open = ["batch", "height", "width"] as const;
  const ones = ({ dims }: TensorInfo) => ({
    dims: dims!.map((dim, axis) => (typeof dim === "number" ? dim : open[axis]!)),
    value: 1,
  });
  return { constantInputs: Object.fromEntries(others.map((input) => [input.name, ones(input)])) };
}

/** The bound outputs by role. */
export function takeQueryOutputs<Role extends string>(
  outputs: ReadonlyMap<string, RawTensor>,
  bound: Readonly<Record<string, string>>,
  roles: readonly Role[],
): Record<Role, RawTensor> {
  return Object.fromEntries(
    roles.map((role) => [role, takeOutput(outputs, bound[role]!)]),
  ) as Record<Role, RawTensor>;
}

/**
 * How the two families with boxes and masks of queries are told apart, -1 (softmax with "no
 * object": DETR) to 1 (a sigmoid for each class: RF-DETR), where the shapes are alike. The planes
 * of DETR are an eighth of a feature map of whole strides of 32, those of RF-DETR a quarter of the
 * input; 91 columns are the numbers of COCO's classes, 92, 134 and 251 those of its detection and
 * panoptic sets with "no object"; RF-DETR takes square images only.
 */
export function sigmoidEvidence(
  { masks, columns }: QueryTensors,
  { inputs, inputSize, hints }: ModelSignature,
): number {
  let evidence = 0;
  if (columns === 91) evidence += 1;
  if ([92, 134, 251].includes(columns)) evidence -= 1;
  if (hints.labels?.length === columns) evidence += 1;
  if (hints.labels?.length === columns - 1) evidence -= 1;
  if (inputSize !== undefined && inputSize.width !== inputSize.height) evidence -= 1;
  const [image, ...others] = inputs;
  if (image && others.length === 0 && image.dims?.every((dim) => typeof dim === "number"))
    evidence += 0.5;
  evidence += planeEvidence(masks.dims!, inputSize);
  return Math.max(-1, Math.min(1, evidence));
}

function planeEvidence(
  [, , height, width]: readonly Dim[],
  inputSize: ModelSignature["inputSize"],
): number {
  if (!inputSize) return 0;
  const fits = (side: (network: number) => number) =>
    height === side(inputSize.height) && width === side(inputSize.width);
  const isQuarter = fits((side) => Math.floor(side / 4));
  const isStrides = fits((side) => Math.ceil(side / 32) * 8);
  return isQuarter === isStrides ? 0 : isQuarter ? 2 : -2;
}
