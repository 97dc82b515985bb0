import type { Preprocessing } from "../base/preprocessing.js";
import type { RawTensor, TensorInfo } from "../base/tensor.js";
import { describeTensor, isFloat } from "../base/tensor.js";
import { findImageInput } from "../model/image_input.js";
import type { ConstantInput } from "../model/info.js";
import type { FamilyRefusal, ModelSignature } from "./family.js";
import { takeOutput } from "./family.js";

/**
 * The training preprocessing of all these networks: the image is stretched over the input and
 * normalized with ImageNet's mean and standard deviation.
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
 * The outputs of a head with mask queries: logits [1, Q, C], masks [1, Q, h, w] and optional boxes
 * [1, Q, 4].
 */
export interface QueryTensors {
  readonly logits: TensorInfo;
  readonly masks: TensorInfo;
  readonly boxes?: TensorInfo;
  /** The number C. */
  readonly columns: number;
}

type Dim = number | string | undefined;

/** Names of logits. Hidden states may have the same shape. */
const logitNames = /logit|label|class/i;

/**
 * Finds every choice of outputs that may be logits and masks of the same queries, and boxes if
 * `withBoxes`. Refuses if none exists.
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
      refusal: `${describeTensor(open)} leaves the number of classes open`,
      unresolved: true,
    };
  const boxes = withBoxes ? "boxes [1, Q, 4], " : "";
  const refusal =
    `it needs float outputs with the same number Q of queries: ${boxes}` +
    `logits [1, Q, classes] and masks [1, Q, height, width]${withBoxes ? "" : ", without boxes"}`;
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
 * Constant values for the inputs besides the image. They may only be masks [1, height, width] of
 * the valid pixels, all ones for an image without padding. Any other input leads to a refusal.
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
    return { refusal: `the input ${describeTensor(strange)} is not supported` };
  if (inputs.length === 0 || others.length === 0) return {};
  const open = ["batch", "height", "width"] as const;
  const ones = ({ dims }: TensorInfo) => ({
    dims: dims!.map((dim, axis) => (typeof dim === "number" ? dim : open[axis]!)),
    value: 1,
  });
  return { constantInputs: Object.fromEntries(others.map((input) => [input.name, ones(input)])) };
}

/** Returns the bound outputs by role. */
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
 * Evidence for one of the two families with boxes and masks of queries, from -1 (a softmax with "no
 * object": DETR) to 1 (a sigmoid per class: RF-DETR).
 *
 * - 91 columns are COCO's class ids. 92, 134 and 251 columns are the classes of COCO's detection
 *   and panoptic sets and "no object".
 * - DETR's planes have 8 cells per stride of 32 pixels, rounded up. RF-DETR's planes have one cell
 *   per 4 pixels.
 * - RF-DETR takes square images only.
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
