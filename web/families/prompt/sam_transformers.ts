import { type PromptFamily, samPixels } from "./family.js";

/**
 * Segment Anything and SlimSAM in the format of Optimum and Transformers.js. The decoder takes the
 * positional embedding as a second embedding.
 */
export const samTransformers: PromptFamily = {
  name: "sam_transformers",
  bind({ inputs: { coords, embeddings, boxes } }) {
    if (coords.dims!.length !== 4 || embeddings.length !== 2)
      return { refusal: "it takes points [1, P, N, 2] and two embeddings" };
    return {
      variant: boxes ? "boxes" : "points",
      rules: {
        fit: "longest-side",
        pixels: samPixels,
        // Boxes require their own input: this prompt encoder ignores the labels 2 and 3.
        boxes: boxes ? "input" : "none",
        // A graph traced with boxes does not pad, because the network does not pad beside a box.
        padsWithoutBox: boxes !== undefined,
        background: true,
      },
      reason: `points '${coords.name}' of rank 4 and two embeddings`,
    };
  },
};
