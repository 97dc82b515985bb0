import { describe, expect, it } from "vitest";
import { matchFamily } from "../../web/families/detect.js";
import { detrDetect } from "../../web/families/detr_detect.js";
import type { ModelSignature } from "../../web/families/family.js";
import { type Dims, matchOf, type SignatureOptions, signature } from "./output_signature.js";

const labels = (count: number) => Array.from({ length: count }, (_, i) => `kind ${i}`);

describe("detrDetect.bind", () => {
  it.each<[string, Dims[], SignatureOptions, string, number]>([
    [
      "RfDetr",
      [
        [1, 300, 4],
        [1, 300, 91],
      ],
      { size: 560, names: ["dets", "labels"] },
      "sigmoid",
      91,
    ],
    [
      "RfDetrOfOwnClasses",
      [
        [1, 300, 4],
        [1, 300, 7],
      ],
      { size: 384, names: ["dets", "labels"] },
      "sigmoid",
      7,
    ],
    [
      "RtDetr",
      [
        [1, 300, 80],
        [1, 300, 4],
      ],
      { names: ["logits", "pred_boxes"] },
      "sigmoid",
      80,
    ],
    [
      "DeformableDetr",
      [
        [1, 300, 91],
        [1, 300, 4],
      ],
      {},
      "sigmoid",
      91,
    ],
    [
      "Detr",
      [
        [1, 100, 92],
        [1, 100, 4],
      ],
      { size: 800 },
      "softmax",
      91,
    ],
    [
      "DetrOfOwnClasses_ByMetadata",
      [
        [1, 100, 4],
        [1, 100, 6],
      ],
      { hints: { labels: labels(5) } },
      "softmax",
      5,
    ],
    [
      "SigmoidOfOwnClasses_ByMetadata",
      [
        [1, 100, 4],
        [1, 100, 6],
      ],
      { hints: { labels: labels(6) } },
      "sigmoid",
      6,
    ],
    [
      "OneClass",
      [
        [1, 300, 4],
        [1, 300, 1],
      ],
      {},
      "sigmoid",
      1,
    ],
    [
      "HiddenStates_AreNoLogits",
      [
        [1, 100, 92],
        [1, 100, 4],
        [1, 100, 256],
      ],
      { names: ["logits", "pred_boxes", "state"] },
      "softmax",
      91,
    ],
    [
      "FourColumns_ByName",
      [
        [1, 100, 4],
        [1, 100, 4],
      ],
      { names: ["logits", "pred_boxes"], hints: { labels: labels(3) } },
      "softmax",
      3,
    ],
    [
      "OpenQueries",
      [
        ["b", "queries", 4],
        ["b", "queries", 92],
      ],
      {},
      "softmax",
      91,
    ],
    [
      "Half",
      [
        [1, 300, 4],
        [1, 300, 80],
      ],
      { type: "float16" },
      "sigmoid",
      80,
    ],
  ])("%s_IsRecognized", (_, outputs, options, variant, classCount) => {
    const model = signature(outputs, options);
    expect(detrDetect.bind(model)).toMatchObject({ variant, classCount });
    expect(matchOf(model)).toBe(`detr_detect/${variant}`);
  });

  it("SigmoidOrSoftmax_WithoutEvidence_IsAmbiguous", () => {
    const model = signature([
      [1, 200, 4],
      [1, 200, 12],
    ]);
    const { match, candidates } = matchFamily(model);
    expect(match).toBeUndefined();
    expect(candidates.map(({ binding }) => binding.variant).sort()).toEqual(["sigmoid", "softmax"]);
    expect(matchOf(model, { name: "detr_detect", variant: "softmax" })).toBe("detr_detect/softmax");
  });

  it.each<[string, Dims[], RegExp]>([
    [
      "WithMasks",
      [
        [1, 100, 4],
        [1, 100, 91],
        [1, 100, 78, 78],
      ],
      /rank 4/,
    ],
    [
      "ThousandsOfRows",
      [
        [1, 8400, 4],
        [1, 8400, 80],
      ],
      /8400 rows/,
    ],
    [
      "OtherQueryCounts",
      [
        [1, 300, 4],
        [1, 200, 80],
      ],
      /as many rows/,
    ],
    ["BoxesAlone", [[1, 300, 4]], /as many rows/],
  ])("%s_IsRefused", (_, outputs, refusal) => {
    expect(detrDetect.bind(signature(outputs))).toMatchObject({
      refusal: expect.stringMatching(refusal),
    });
  });
});

describe("detrDetect preprocessing", () => {
  const boxesOf = (model: ModelSignature) => {
    const answer = detrDetect.bind(model);
    if ("refusal" in answer) throw new Error(answer.refusal);
    return answer;
  };

  it("RtDetrAt640_IsNotNormalized_RfDetrIs", () => {
    const outputs: Dims[] = [
      [1, 300, 4],
      [1, 300, 80],
    ];
    expect(
      boxesOf(signature(outputs, { names: ["pred_boxes", "logits"] })).preprocessing,
    ).toMatchObject({ mean: [0, 0, 0] });
    expect(
      boxesOf(signature(outputs, { names: ["dets", "labels"] })).preprocessing,
    ).toBeUndefined();
  });

  it("DetrOfOpenSize_KeepsTheAspectRatio_AndGetsAMaskOfOnes", () => {
    const model = signature(
      [
        [1, 100, 4],
        [1, 100, 92],
      ],
      { open: true },
    );
    const inputs = [...model.inputs, { name: "pixel_mask", type: "int64", dims: ["b", "h", "w"] }];
    expect(boxesOf({ ...model, inputs })).toMatchObject({
      sizing: { rule: "short-side", shortSide: 800, longSide: 1333 },
      constantInputs: { pixel_mask: { value: 1 } },
    });
  });
});
