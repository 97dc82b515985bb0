import { type PromptFamily, samPixels } from "./family.js";

/**
 * EdgeSAM, with Segment Anything's encoder interface. Its decoder takes points only and computes
 * all four masks at its own resolution.
 */
export const edgeSam: PromptFamily = {
  name: "edge_sam",
  bind({ inputs: { coords, embeddings, image, maskInput, hasMask, originalSize, boxes } }) {
    const isOne = embeddings.length === 1 || image !== undefined;
    if (coords.dims!.length !== 3 || !isOne)
      return { refusal: "it takes points [1, N, 2] and one embedding" };
    const surplus = maskInput ?? hasMask ?? originalSize ?? boxes;
    if (surplus) return { refusal: `it takes points and labels only, not '${surplus.name}'` };
    return {
      variant: image ? "combined" : "split",
      rules: {
        fit: "longest-side",
        pixels: samPixels,
        boxes: "corners-last",
        padsWithoutBox: false,
        background: true,
      },
      reason: `points '${coords.name}' of rank 3 and one embedding, without mask and image size`,
    };
  },
};
