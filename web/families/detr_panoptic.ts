import { describeTensor } from "../base/tensor.js";
import { findImageInput, fixedSize } from "../model/image_input.js";
import { bestAnswer, type FamilyAnswer } from "./answers.js";
import type { ModelFamily, ModelSignature } from "./family.js";
import {
  findQueryTensors,
  imageNetStretch,
  pixelMasks,
  type QueryTensors,
  sigmoidEvidence,
  takeQueryOutputs,
} from "./query_tensors.js";

/**
 * DETR with a mask head: logits [1, Q, C + 1] of a softmax, boxes [1, Q, 4] as fractions of the
 * input, mask logits [1, Q, h, w].
 */
export const detrPanoptic: ModelFamily = {
  name: "detr_panoptic",
  preprocessing: imageNetStretch,
  defaultInputSize: { width: 800, height: 800 },
  defaults: { scoreThreshold: 0.5 },

  bind(signature) {
    const masks = pixelMasks(signature);
    if ("refusal" in masks) return masks;
    const found = findQueryTensors(signature, true);
    if ("refusal" in found) return found;
    const answers = found.map((tensors) => {
      const answer = bindTensors(tensors, signature);
      return "variant" in answer ? { ...answer, ...masks } : answer;
    });
    return bestAnswer(answers, signature, "");
  },

  decode(core, binding, outputs, options) {
    const tensors = takeQueryOutputs(outputs, binding.outputs, ["logits", "masks", "boxes"]);
    return core.decoders.decodeDetrPanoptic(tensors, { ...options, enlargeTo: 0 });
  },
};

const openSizing = {
  preprocessing: { resizeMode: "letterbox-top-left" },
  sizing: { rule: "short-side", shortSide: 800, longSide: 1333, multiple: 1, rounding: "down" },
} as const;

function bindTensors(tensors: QueryTensors, signature: ModelSignature): FamilyAnswer {
  const { boxes, logits, masks, columns } = tensors;
  if (columns < 2)
    return {
      refusal: `${describeTensor(logits)} has ${columns} column; the minimum is 2 (1 class)`,
    };
  const image = findImageInput(signature.inputs);
  const isOpen = image !== undefined && fixedSize(image) === undefined;
  const named = /^pred_boxes$/i.test(boxes!.name) && /^pred_masks$/i.test(masks.name) ? 0.02 : 0;
  return {
    variant: "panoptic",
    outputs: { boxes: boxes!.name, logits: logits.name, masks: masks.name },
    classCount: columns - 1,
    certainty: 0.75 - 0.05 * sigmoidEvidence(tensors, signature) + named,
    reason:
      `${describeTensor(boxes!)} holds the boxes of queries, ${describeTensor(logits)} ` +
      `a softmax over ${columns - 1} classes and "no object", and ${describeTensor(masks)} ` +
      "masks that compete for the pixels",
    // The image keeps its aspect ratio; the input has no padding.
    ...(isOpen ? openSizing : {}),
  };
}
