import { describeTensor } from "../base/tensor.js";
import { bestAnswer } from "./answers.js";
import type { ModelBinding, ModelFamily, ModelSignature } from "./family.js";
import {
  findQueryTensors,
  imageNetStretch,
  pixelMasks,
  type QueryTensors,
  sigmoidEvidence,
  takeQueryOutputs,
} from "./query_tensors.js";

/**
 * RF-DETR segmentation: boxes [1, Q, 4] as fractions of the input, logits [1, Q, C] of a sigmoid,
 * mask logits [1, Q, h, w].
 */
export const rfDetrSeg: ModelFamily = {
  name: "rf_detr_seg",
  preprocessing: imageNetStretch,
  defaultInputSize: { width: 432, height: 432 },
  defaults: { scoreThreshold: 0.5 },

  bind(signature) {
    const masks = pixelMasks(signature);
    if ("refusal" in masks) return masks;
    const [mask] = Object.keys(masks.constantInputs ?? {});
    if (mask !== undefined)
      return { refusal: `it takes the image only, but this network also has the input '${mask}'` };
    const found = findQueryTensors(signature, true);
    if ("refusal" in found) return found;
    return bestAnswer(
      found.map((tensors) => bindTensors(tensors, signature)),
      signature,
      "",
    );
  },

  decode(core, binding, outputs, options) {
    return core.decoders.decodeRfDetrSeg(
      takeQueryOutputs(outputs, binding.outputs, ["boxes", "logits", "masks"]),
      options,
    );
  },
};

function bindTensors(tensors: QueryTensors, signature: ModelSignature): ModelBinding {
  const { boxes, logits, masks, columns } = tensors;
  const named = /^dets$/i.test(boxes!.name) && /^labels$/i.test(logits.name) ? 0.02 : 0;
  return {
    variant: "sigmoid",
    outputs: { boxes: boxes!.name, logits: logits.name, masks: masks.name },
    classCount: columns,
    certainty: 0.75 + 0.05 * sigmoidEvidence(tensors, signature) + named,
    reason:
      `${describeTensor(boxes!)} holds the boxes of queries, ${describeTensor(logits)} ` +
      `a sigmoid for each of ${columns} classes, and ${describeTensor(masks)} the masks`,
  };
}
