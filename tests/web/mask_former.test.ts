import { describe, expect, it } from "vitest";
import { matchFamily } from "../../web/families/detect.js";
import { maskFormer } from "../../web/families/mask_former.js";
import {
  type Dims,
  recognized,
  refusalOf,
  renamed,
  signatureOf,
  type Tensors,
  tensorInfos,
} from "./signatures.js";

function heads(
  columns: number,
  [height, width]: Dims = [96, 96],
  queries: number | string = 100,
): Tensors {
  return {
    class_queries_logits: ["float32", [1, queries, columns]],
    masks_queries_logits: ["float32", [1, queries, height!, width!]],
  };
}

describe("maskFormer.bind", () => {
  it.each([81, 134, 2, 4])("%i columns_IsTaken", (columns) => {
    const signature = signatureOf(heads(columns), 384);
    const outputs = { logits: "class_queries_logits", masks: "masks_queries_logits" };
    expect(maskFormer.bind(signature)).toMatchObject({
      variant: "mask2former",
      classCount: columns - 1,
      outputs,
    });
    expect(recognized(signature)).toBe("mask_former/mask2former");
    expect(recognized(renamed(signature).signature)).toBe("mask_former/mask2former");
  });

  it("HiddenStates_NamesIdentifyLogits", () => {
    const signature = signatureOf(
      {
        transformer_decoder_last_hidden_state: ["float32", [1, 100, 256]],
        ...heads(81),
        encoder_last_hidden_state: ["float32", [1, 768, 12, 12]],
      },
      384,
    );
    expect(maskFormer.bind(signature)).toMatchObject({
      outputs: { logits: "class_queries_logits" },
    });
  });

  it.each(["maskformer", "mask2former-panoptic", "maskformer-panoptic"])(
    "%s_CanBeAskedFor",
    (variant) => {
      const { match } = matchFamily(signatureOf(heads(81), 384), { name: "mask_former", variant });
      expect(match?.binding.variant).toBe(variant);
    },
  );

  it("OpenSize_MaskFormerKeepsTheAspectRatio", () => {
    const signature = signatureOf(heads(134, ["h", "w"]), 0);
    const { match } = matchFamily(signature, { name: "mask_former", variant: "maskformer" });
    expect(match?.binding.sizing).toMatchObject({
      rule: "short-side",
      shortSide: 800,
      longSide: 1333,
      multiple: 32,
    });
    expect(match?.binding.preprocessing?.resizeMode).toBe("letterbox-top-left");
    expect(maskFormer.bind(signature)).not.toHaveProperty("sizing");
  });

  it("PixelMask_IsGivenOnes", () => {
    const signature = signatureOf(heads(81), 384);
    const inputs = [...signature.inputs, ...tensorInfos({ pixel_mask: ["int64", [1, 384, 384]] })];
    expect(maskFormer.bind({ ...signature, inputs })).toMatchObject({
      constantInputs: { pixel_mask: { dims: [1, 384, 384], value: 1 } },
    });
  });

  it("OneFormer_IsRefusedNamingTheTask", () => {
    const signature = signatureOf(heads(134), 384);
    const inputs = [...signature.inputs, ...tensorInfos({ task_inputs: ["int64", [1, 77]] })];
    const { refusal } = refusalOf(maskFormer, { ...signature, inputs });
    expect(refusal).toContain("'task_inputs' int64[1, 77]");
    expect(refusal).toContain("OneFormer");
    expect(matchFamily({ ...signature, inputs }).match).toBeUndefined();
  });

  it.each<[string, Tensors, RegExp]>([
    ["Boxes", { ...heads(81), boxes: ["float32", [1, 100, 4]] }, /no boxes/],
    [
      "OtherNumberOfMasks",
      { ...heads(81), masks_queries_logits: ["float32", [1, 32, 96, 96]] },
      /number Q of queries/,
    ],
    ["OneColumn", heads(1), /no object/],
    [
      "YoloSeg",
      { output0: ["float32", [1, 116, 8400]], output1: ["float32", [1, 32, 160, 160]] },
      /number Q of queries/,
    ],
  ])("%s_IsRefused", (_, outputs, reason) => {
    expect(refusalOf(maskFormer, signatureOf(outputs, 384)).refusal).toMatch(reason);
  });

  it("OpenClassCount_IsUnresolved", () => {
    const outputs: Tensors = {
      ...heads(81),
      class_queries_logits: ["float32", [1, 100, "classes"]],
    };
    expect(refusalOf(maskFormer, signatureOf(outputs, 384))).toMatchObject({ unresolved: true });
  });
});
