import { type PromptFamily, samPixels } from "./family.js";

/**
 * SAM 2 and 2.1 with features of three resolutions. `samexporter` is the format of that tool.
 * `onnxruntime` is the format of ONNX Runtime's own tool and adds the image size.
 */
export const sam2: PromptFamily = {
  name: "sam2",
  bind({ inputs: { coords, embeddings, maskInput, hasMask, originalSize, boxes } }) {
    if (coords.dims!.length !== 3 || embeddings.length !== 3)
      return { refusal: "it takes points [n, N, 2] and three embeddings" };
    if (!maskInput || !hasMask)
      return { refusal: "it takes a mask [n, 1, h, w] and a flag for it" };
    if (boxes) return { refusal: `it takes boxes among the points, not in '${boxes.name}'` };
    return {
      variant: originalSize ? "onnxruntime" : "samexporter",
      // Both append the padding point inside the graph, even to a box.
      rules: {
        fit: "stretch",
        pixels: samPixels,
        boxes: "corners-first",
        padsWithoutBox: false,
        background: true,
      },
      reason:
        `points '${coords.name}' of rank 3 and three embeddings` +
        `${originalSize ? `, image size '${originalSize.name}'` : ""}`,
    };
  },
};
