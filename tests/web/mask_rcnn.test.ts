import { beforeAll, describe, expect, it } from "vitest";
import { matchFamily } from "../../web/families/detect.js";
import { maskRcnn } from "../../web/families/mask_rcnn.js";
import { decode, loadCore } from "../../web/index.js";
import { recognized, refusalOf, renamed, signatureOf, type Tensors } from "./signatures.js";

const onnxModels: Tensors = {
  "6568": ["float32", ["n", 4]],
  "6570": ["int64", ["n"]],
  "6572": ["float32", ["n"]],
  "6887": ["float32", ["n", 1, 28, 28]],
};
const detectron2: Tensors = {
  boxes: ["float32", ["n", 4]],
  value: ["int64", ["n"]],
  masks: ["float32", ["n", 1, 28, 28]],
  "value.3": ["float32", ["n"]],
  image_size: ["int64", [2]],
};
/** As torch.onnx.export leaves it: every dimension of the masks is open. */
const torchvisionOpen: Tensors = {
  boxes: ["float32", ["objects", 4]],
  labels: ["int64", ["objects"]],
  scores: ["float32", ["objects"]],
  masks: [
    "float32",
    ["objects", "Unsqueezemasks_dim_1", "Unsqueezemasks_dim_2", "Unsqueezemasks_dim_3"],
  ],
};
const torchvisionFixed: Tensors = {
  ...torchvisionOpen,
  masks: ["float32", ["objects", 1, 320, 320]],
};

const exports = [
  ["onnx-models", onnxModels, 0],
  ["onnx-models", onnxModels, 800],
  ["detectron2", detectron2, 0],
  ["torchvision", torchvisionOpen, 0],
  ["torchvision", torchvisionFixed, 320],
] as const;

describe("maskRcnn.bind", () => {
  it.each(exports)("%s_IsRecognizedWhateverTheNames", (variant, outputs, side) => {
    const signature = signatureOf(outputs, side);
    expect(recognized(signature)).toBe(`mask_rcnn/${variant}`);
    const { signature: anonymous, original } = renamed(signature);
    expect(recognized(anonymous)).toBe(`mask_rcnn/${variant}`);
    const named = maskRcnn.bind(signature);
    const unnamed = maskRcnn.bind(anonymous);
    if (!("variant" in named && "variant" in unnamed)) throw new Error("refused");
    const roles = Object.fromEntries(
      Object.entries(unnamed.outputs).map(([role, name]) => [role, original.get(name)]),
    );
    expect(roles).toEqual(named.outputs);
  });

  it("MasksOverBoxesWithoutSize_TakesTheOtherReadingByName", () => {
    const { match } = matchFamily(signatureOf(onnxModels, 0), {
      name: "mask_rcnn",
      variant: "detectron2",
    });
    expect(match?.binding.variant).toBe("detectron2");
  });

  it("NoObjects_StillIdentifiesTheExport", () => {
    const none: Tensors = {
      a: ["float32", [0, 4]],
      b: ["int64", [0]],
      c: ["float32", [0]],
      d: ["float32", [0, 1, 96, 96]],
    };
    expect(recognized(signatureOf(none, 96))).toBe("mask_rcnn/torchvision");
    expect(recognized(signatureOf({ ...none, d: ["float32", [0, 1, 28, 28]] }, 96))).toBe(
      "mask_rcnn/onnx-models",
    );
  });

  it("LabelsAsFloats_NamesDecide", () => {
    const signature = signatureOf({ ...torchvisionFixed, labels: ["float32", ["objects"]] }, 320);
    expect(maskRcnn.bind(signature)).toMatchObject({
      outputs: { labels: "labels", scores: "scores" },
    });
  });

  it.each<[string, Tensors]>([
    [
      "NoMasks",
      { boxes: ["float32", ["n", 4]], labels: ["int64", ["n"]], scores: ["float32", ["n"]] },
    ],
    [
      "NoScores",
      {
        boxes: ["float32", ["n", 4]],
        labels: ["int64", ["n"]],
        masks: ["float32", ["n", 1, 28, 28]],
      },
    ],
    ["BoxesOfFiveColumns", { ...onnxModels, "6568": ["float32", ["n", 5]] }],
    ["TwoMasksAnObject", { ...onnxModels, "6887": ["float32", ["n", 2, 28, 28]] }],
    ["MasksOfRankThree", { ...onnxModels, "6887": ["float32", ["n", 28, 28]] }],
  ])("%s_IsRefused", (_, outputs) => {
    expect(refusalOf(maskRcnn, signatureOf(outputs, 0))).toEqual({
      refusal: "it needs boxes [N, 4], labels [N], scores [N] and masks [N, 1, height, width]",
    });
  });

  it("UnknownRank_IsUnresolved", () => {
    expect(
      refusalOf(maskRcnn, signatureOf({ ...onnxModels, "6887": ["float32", undefined] }, 0))
        .unresolved,
    ).toBe(true);
  });
});

describe("maskRcnn.decode", () => {
  beforeAll(async () => {
    await loadCore();
  });

  const size = { width: 8, height: 8 };
  const outputs = {
    boxes: { dims: [1, 4], data: Float32Array.of(1, 1, 6, 5) },
    labels: { dims: [1], data: Float32Array.of(1), type: "int64" },
    scores: { dims: [1], data: Float32Array.of(0.75) },
    masks: { dims: [1, 1, 2, 2], data: Float32Array.of(1, 1, 1, 1) },
  };

  it("ClassIds_CountAsTheExportDoes", () => {
    const classIdOf = (family: string) =>
      decode(outputs, { family, source: size, network: size }).instances[0]?.classId;
    expect(classIdOf("mask_rcnn/onnx-models")).toBe(0);
    expect(classIdOf("mask_rcnn/detectron2")).toBe(1);
  });

  it("MissingOutput_NamesIt", () => {
    const { scores: _, ...rest } = outputs;
    const binding = {
      outputs: { boxes: "boxes", labels: "labels", scores: "scores", masks: "masks" },
    };
    const tensors = new Map(Object.entries(rest));
    expect(() =>
      maskRcnn.decode(undefined as never, binding as never, tensors, {} as never),
    ).toThrow(/'scores' is missing/);
  });

  it("MasksOfAnotherNumberOfObjects_AreRefusedWithTheShape", () => {
    const masks = { dims: [2, 1, 2, 2], data: new Float32Array(8) };
    expect(() =>
      decode({ ...outputs, masks }, { family: "mask_rcnn", source: size, network: size }),
    ).toThrow(/masks.*\[2, 1, 2, 2\]/);
  });
});
