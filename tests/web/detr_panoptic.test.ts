import { describe, expect, it } from "vitest";
import { detrPanoptic } from "../../web/families/detr_panoptic.js";
import {
  type Dims,
  recognized,
  refusalOf,
  renamed,
  signatureOf,
  type Tensors,
  tensorInfos,
} from "./signatures.js";

function heads(columns: number, [height, width]: Dims, queries: number | string = 100): Tensors {
  return {
    logits: ["float32", [1, queries, columns]],
    pred_boxes: ["float32", [1, queries, 4]],
    pred_masks: ["float32", [1, queries, height!, width!]],
  };
}

function withInput(
  name: string,
  type: string,
  dims: Dims,
  outputs: Tensors = heads(251, [200, 200]),
  side = 800,
) {
  const signature = signatureOf(outputs, side);
  return { ...signature, inputs: [...signature.inputs, ...tensorInfos({ [name]: [type, dims] })] };
}

describe("detrPanoptic.bind", () => {
  it.each([251, 134, 92, 12])("PixelMask_%i columns_IsTaken", (columns) => {
    const signature = withInput(
      "pixel_mask",
      "int64",
      ["batch", 64, 64],
      heads(columns, [200, 200]),
    );
    expect(recognized(signature)).toBe("detr_panoptic/panoptic");
    expect(detrPanoptic.bind(signature)).toMatchObject({
      classCount: columns - 1,
      outputs: { logits: "logits", boxes: "pred_boxes", masks: "pred_masks" },
      constantInputs: { pixel_mask: { dims: ["batch", 64, 64], value: 1 } },
    });
  });

  it("OpenPixelMask_HasTheImagesSize", () => {
    const signature = withInput(
      "pixel_mask",
      "bool",
      ["batch", "height", "width"],
      heads(251, ["h", "w"]),
      0,
    );
    expect(detrPanoptic.bind(signature)).toMatchObject({
      constantInputs: { pixel_mask: { dims: ["batch", "height", "width"], value: 1 } },
      preprocessing: { resizeMode: "letterbox-top-left" },
      sizing: { rule: "short-side", shortSide: 800, longSide: 1333, multiple: 1 },
    });
  });

  it("FixedInput_HasNoSizing", () => {
    expect(detrPanoptic.bind(withInput("pixel_mask", "int64", [1, 64, 64]))).not.toHaveProperty(
      "sizing",
    );
  });

  it("RenamedWithoutPixelMask_PlanesDecide", () => {
    // 312 is 9.75 strides of 32: 10 * 8 samples, where RF-DETR has 78.
    const { signature } = renamed(signatureOf(heads(251, [80, 80]), 312));
    expect(recognized(signature)).toBe("detr_panoptic/panoptic");
  });

  it("LabelsTell", () => {
    const labels = Array.from({ length: 11 }, (_, i) => `kind ${i}`);
    const signature = { ...signatureOf(heads(12, [96, 96]), 384, { labels }), inputs: [] };
    expect(recognized(renamed(signature).signature)).toBe("detr_panoptic/panoptic");
  });

  it("OneColumn_IsRefused", () => {
    expect(refusalOf(detrPanoptic, signatureOf(heads(1, [200, 200]), 800)).refusal).toContain(
      "no object",
    );
  });

  it("UnknownInput_IsRefused", () => {
    expect(refusalOf(detrPanoptic, withInput("task_inputs", "int64", [1, 77])).refusal).toContain(
      "task_inputs",
    );
  });

  it("NoBoxes_IsRefused", () => {
    const { pred_boxes: _, ...outputs } = heads(251, [200, 200]);
    expect(refusalOf(detrPanoptic, signatureOf(outputs as Tensors, 800)).refusal).toContain(
      "boxes [1, Q, 4]",
    );
  });
});
