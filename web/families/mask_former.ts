import { describeTensor } from "../base/tensor.js";
import { findImageInput, fixedSize } from "../model/image_input.js";
import { bestAnswer, bindingsOf, type FamilyAnswer } from "./answers.js";
import type { ModelBinding, ModelFamily, ModelSignature } from "./family.js";
import {
  findQueryTensors,
  imageNetStretch,
  pixelMasks,
  type QueryTensors,
  takeQueryOutputs,
} from "./query_tensors.js";

/** Mask2FormerImageProcessor first enlarges all masks to this square. */
const mask2FormerSide = 384;

/**
 * The layouts, most likely first. Their tensors are identical. `instances`: objects overlap, each
 * with its own score. `panoptic`: the masks compete for every pixel.
 */
const variants = {
  mask2former: { side: mask2FormerSide, panoptic: false },
  maskformer: { side: 0, panoptic: false },
  "mask2former-panoptic": { side: mask2FormerSide, panoptic: true },
  "maskformer-panoptic": { side: 0, panoptic: true },
} as const;
const variantNames = Object.keys(variants) as (keyof typeof variants)[];

/**
 * MaskFormer and Mask2Former: logits [1, Q, C + 1] of a softmax and mask logits [1, Q, h, w],
 * without boxes.
 */
export const maskFormer: ModelFamily = {
  name: "mask_former",
  preprocessing: imageNetStretch,
  defaultInputSize: { width: 384, height: 384 },
  defaults: { scoreThreshold: 0.5 },

  bind(signature) {
    return bestAnswer(bindEach(signature), signature, "");
  },

  bindAll(signature) {
    return bindingsOf(bindEach(signature));
  },

  decode(core, binding, outputs, options) {
    const tensors = takeQueryOutputs(outputs, binding.outputs, ["logits", "masks"]);
    const { side, panoptic } = variants[binding.variant as keyof typeof variants];
    return panoptic
      ? core.decoders.decodeDetrPanoptic(tensors, { ...options, enlargeTo: side })
      : core.decoders.decodeMaskFormer(tensors, { ...options, ratedAt: side });
  },
};

function bindEach(signature: ModelSignature): FamilyAnswer[] {
  const masks = pixelMasks(signature);
  if ("refusal" in masks)
    return [{ refusal: `${masks.refusal} (OneFormer's task input is not supported)` }];
  const found = findQueryTensors(signature, false);
  if ("refusal" in found) return [found];
  const [tensors] = found.filter(({ columns }) => columns >= 2);
  if (!tensors)
    return [
      {
        refusal: `${describeTensor(found[0]!.logits)} has 1 column; the minimum is 2 (1 class)`,
      },
    ];
  return variantNames.map((_, rank) => ({ ...bindVariant(rank, tensors, signature), ...masks }));
}

function bindVariant(
  rank: number,
  { logits, masks, columns }: QueryTensors,
  { inputs }: ModelSignature,
): ModelBinding {
  const image = findImageInput(inputs);
  const isOpen = image !== undefined && fixedSize(image) === undefined;
  // An open number of rows with a fixed number of planes may also be anchors and prototypes
  // (YOLOv5 with open sizes).
  const sameQueries = logits.dims![1] === masks.dims![1];
  return {
    variant: variantNames[rank]!,
    outputs: { logits: logits.name, masks: masks.name },
    classCount: columns - 1,
    certainty: (sameQueries ? 0.8 : 0.45) - 0.05 * rank,
    reason:
      `${describeTensor(logits)} holds a softmax over ${columns - 1} classes and "no object", ` +
      `and ${describeTensor(masks)} the masks of the same queries`,
    ...(isOpen ? openSizing(rank) : {}),
  };
}

/**
 * The sizes of MaskFormer's processor: shorter side 800, longer side 1333 at most, multiples of 32.
 * Mask2Former's released sizes are fixed.
 */
function openSizing(rank: number): Pick<ModelBinding, "sizing" | "preprocessing"> {
  if (variants[variantNames[rank]!].side !== 0) return {};
  return {
    preprocessing: { resizeMode: "letterbox-top-left" },
    sizing: { rule: "short-side", shortSide: 800, longSide: 1333, multiple: 32 },
  };
}
