import type { PromptFamily } from "./family.js";

/**
 * EfficientSAM resizes and normalizes inside its graph. It takes an image at its own size and
 * points in source pixels. One run takes several prompts, padded to the number of points in the
 * traced graph.
 */
export const efficientSam: PromptFamily = {
  name: "efficient_sam",
  bind({ inputs: { coords, embeddings, image, maskInput, boxes } }) {
    const isOne = embeddings.length === 1 || image !== undefined;
    if (coords.dims!.length !== 4 || !isOne)
      return { refusal: "it takes points [1, P, N, 2] and one embedding or the image" };
    const surplus = maskInput ?? boxes;
    if (surplus) return { refusal: `it takes points and labels only, not '${surplus.name}'` };
    return {
      variant: image ? "combined" : "split",
      rules: {
        fit: "inside",
        pixels: { colorOrder: "rgb", inputScale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
        boxes: "corners-last",
        padsWithoutBox: false,
        background: false,
      },
      reason:
        `points '${coords.name}' of rank 4 and ` +
        `${image ? `the image '${image.name}'` : "one embedding"}`,
    };
  },
};
