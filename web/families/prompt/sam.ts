import { type PromptFamily, samPixels } from "./family.js";

/**
 * Segment Anything in the format of its own exporter (`segment_anything.utils.onnx`), also used by
 * MobileSAM, samexporter and CVAT. CVAT's extra outputs, a cropped mask and its corners, are
 * ignored.
 *
 * The exporter's `masks` keep the aspect ratio of the traced image. Low-resolution masks are
 * therefore preferred.
 */
export const sam: PromptFamily = {
  name: "sam",
  bind({ inputs: { coords, embeddings, image, maskInput, hasMask, boxes } }) {
    const isOne = embeddings.length === 1 || image !== undefined;
    if (coords.dims!.length !== 3 || !isOne)
      return { refusal: "it takes points [1, N, 2] and one embedding" };
    if (!maskInput || !hasMask)
      return { refusal: "it takes a mask [1, 1, h, w] and a flag for it" };
    if (boxes) return { refusal: `it takes boxes among the points, not in '${boxes.name}'` };
    return {
      variant: image ? "combined" : "split",
      rules: {
        fit: "longest-side",
        pixels: samPixels,
        boxes: "corners-last",
        padsWithoutBox: true,
        background: true,
      },
      reason:
        `points '${coords.name}' of rank 3, one embedding, ` +
        `mask '${maskInput.name}' with flag '${hasMask.name}'`,
    };
  },
};
