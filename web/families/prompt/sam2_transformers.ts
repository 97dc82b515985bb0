import { type PromptFamily, samPixels } from "./family.js";

/**
 * SAM 2, EdgeTAM and the tracker of SAM 3 in the format of Transformers.js: points of rank 4, boxes
 * in a separate input, features of three resolutions.
 */
export const sam2Transformers: PromptFamily = {
  name: "sam2_transformers",
  bind({ inputs: { coords, embeddings, boxes } }) {
    if (coords.dims!.length !== 4 || embeddings.length !== 3)
      return { refusal: "it takes points [1, P, N, 2] and three embeddings" };
    // The tracker of SAM 3 takes 1008 pixels in cells of 14, with another normalization.
    const isSam3 = embeddings.some(({ dims }) => dims?.at(-1) === 72);
    return {
      variant: isSam3 ? "sam3" : boxes ? "boxes" : "points",
      rules: {
        fit: "stretch",
        pixels: isSam3
          ? { ...samPixels, mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] }
          : samPixels,
        boxes: boxes ? "input" : "none",
        // A graph traced with boxes does not pad, as in sam_transformers.
        padsWithoutBox: boxes !== undefined,
        background: true,
      },
      reason: `points '${coords.name}' of rank 4 and three embeddings`,
    };
  },
};
