import { type PromptFamily, samPixels } from "./family.js";

/**
 * Segment Anything (SlimSAM too) as Optimum and Transformers.js export it: the decoder takes the
 * positional embedding as a second one.
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
        // Without an input for them there is no way to give boxes: this prompt encoder ignores the
        // labels 2 and 3.
        boxes: boxes ? "input" : "none",
        // A graph that was traced with boxes does not pad, because the network does not where there
        // is a box.
        padsWithoutBox: boxes !== undefined,
        background: true,
      },
      reason: `points '${coords.name}' of rank 4 and two embeddings`,
    };
  },
};
