import { describe, expect, it } from "vitest";
import { rfDetrSeg } from "../../web/families/rf_detr_seg.js";
import {
  recognized,
  refusalOf,
  renamed,
  signatureOf,
  type Tensors,
  tensorInfos,
} from "./signatures.js";

/** As rfdetr exports: the third output has a name or a number. */
function heads(queries: number, columns: number, side: number, masks = "masks"): Tensors {
  return {
    dets: ["float32", [1, queries, 4]],
    labels: ["float32", [1, queries, columns]],
    [masks]: ["float32", [1, queries, side, side]],
  };
}

describe("rfDetrSeg.bind", () => {
  it.each([
    ["Nano", 312, 100, 91],
    ["Small", 384, 100, 91],
    ["Medium", 432, 200, 91],
    ["Large", 504, 200, 91],
    ["XLarge", 624, 300, 91],
    ["2XLarge", 768, 300, 91],
    ["OwnClasses", 432, 200, 4],
    ["OneClass", 432, 200, 1],
    ["TwoClasses", 312, 100, 2],
  ])("%s_IsTaken", (_, side, queries, columns) => {
    const signature = signatureOf(heads(queries, columns, side / 4, "4245"), side);
    const outputs = { boxes: "dets", logits: "labels", masks: "4245" };
    expect(rfDetrSeg.bind(signature)).toMatchObject({
      variant: "sigmoid",
      classCount: columns,
      outputs,
    });
    expect(recognized(signature)).toBe("rf_detr_seg/sigmoid");
  });

  it("RenamedAndReordered_IsTaken", () => {
    const { signature, original } = renamed(signatureOf(heads(100, 91, 78), 312));
    expect(recognized(signature)).toBe("rf_detr_seg/sigmoid");
    const binding = rfDetrSeg.bind(signature);
    if ("refusal" in binding) throw new Error(binding.refusal);
    expect(original.get(binding.outputs.boxes!)).toBe("dets");
    expect(original.get(binding.outputs.logits!)).toBe("labels");
    expect(original.get(binding.outputs.masks!)).toBe("masks");
  });

  it("FourClasses_NamesDistinguishBoxesFromLogits", () => {
    expect(rfDetrSeg.bind(signatureOf(heads(200, 4, 108), 432))).toMatchObject({
      outputs: { boxes: "dets", logits: "labels" },
    });
  });

  it("OpenBatch_IsTaken", () => {
    const outputs: Tensors = {
      dets: ["float16", ["batch", 200, 4]],
      labels: ["float16", ["batch", 200, 91]],
      masks: ["float16", ["batch", 200, 108, 108]],
    };
    expect(recognized(signatureOf(outputs, 432))).toBe("rf_detr_seg/sigmoid");
  });

  it("InputsUnknown_IsTaken", () => {
    expect(recognized({ ...signatureOf(heads(200, 91, 108), 432), inputs: [] })).toBe(
      "rf_detr_seg/sigmoid",
    );
  });

  it("SigmoidOrSoftmax_WithoutEvidence_IsAmbiguous", () => {
    const { signature } = renamed({ ...signatureOf(heads(100, 12, 96), 384), inputs: [] });
    expect(recognized(signature)).toContain(" or ");
  });

  it.each<[string, Tensors]>([
    ["NoMasks", { dets: ["float32", [1, 300, 4]], labels: ["float32", [1, 300, 91]] }],
    ["NoBoxes", { labels: ["float32", [1, 100, 91]], masks: ["float32", [1, 100, 78, 78]] }],
    ["OtherNumberOfMasks", { ...heads(100, 91, 78), masks: ["float32", [1, 32, 78, 78]] }],
    ["WholeNumbers", { ...heads(100, 91, 78), labels: ["int64", [1, 100, 91]] }],
    ["SeveralImages", { ...heads(100, 91, 78), masks: ["float32", [4, 100, 78, 78]] }],
  ])("%s_IsRefused", (_, outputs) => {
    expect(refusalOf(rfDetrSeg, signatureOf(outputs, 312)).refusal).toMatch(/number Q of queries/);
  });

  it("OpenClassCount_IsUnresolved", () => {
    const outputs: Tensors = { ...heads(100, 91, 78), labels: ["float32", [1, 100, "classes"]] };
    expect(refusalOf(rfDetrSeg, signatureOf(outputs, 312))).toMatchObject({ unresolved: true });
  });

  it("PixelMaskInput_IsRefused", () => {
    const signature = signatureOf(heads(100, 91, 78), 312);
    const inputs = [...signature.inputs, ...tensorInfos({ pixel_mask: ["int64", [1, 64, 64]] })];
    expect(refusalOf(rfDetrSeg, { ...signature, inputs }).refusal).toContain("pixel_mask");
  });
});
