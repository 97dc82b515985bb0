import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { yolov5Seg } from "../../web/families/yolov5_seg.js";
import { Segmenter } from "../../web/index.js";
import { type Dims, matchOf, type SignatureOptions, signature } from "./output_signature.js";
import { sharedFile } from "./shared_data.js";

const planes: Dims = [1, 32, 160, 160];

describe("yolov5Seg.bind", () => {
  it.each<[string, Dims[], SignatureOptions, number]>([
    ["Coco", [[1, 25200, 117], planes], {}, 80],
    ["PrototypesFirst", [planes, [1, 25200, 117]], {}, 80],
    ["OneClass", [[1, 25200, 38], planes], {}, 1],
    [
      "FourLevels",
      [
        [1, 102000, 117],
        [1, 32, 320, 320],
      ],
      { size: 1280 },
      80,
    ],
    [
      "OddSides",
      [
        [1, 3 * (80 * 52 + 40 * 26 + 20 * 13), 117],
        [1, 32, 104, 160],
      ],
      { size: [640, 416] },
      80,
    ],
    [
      "SmallInput_FewerRowsThanFinalOnes",
      [
        [1, 252, 117],
        [1, 32, 16, 16],
      ],
      { size: 64 },
      80,
    ],
    [
      "SmallInput_OneClass_NotEndToEnd",
      [
        [1, 252, 38],
        [1, 32, 16, 16],
      ],
      { size: 64 },
      1,
    ],
    ["Half", [[1, 25200, 117], planes], { type: "float16" }, 80],
    ["OtherStrides", [[1, 30000, 117], planes], {}, 80],
  ])("%s_IsRecognized", (_, outputs, options, classCount) => {
    const model = signature(outputs, options);
    expect(yolov5Seg.bind(model)).toMatchObject({ variant: "anchors", classCount });
    expect(matchOf(model)).toBe("yolov5_seg/anchors");
  });

  it.each<[string, Dims[], SignatureOptions, RegExp]>([
    ["Yolov8", [[1, 116, 8400], planes], {}, /116 rows/],
    ["Yolov8WithItsAxesSwapped", [[1, 8400, 116], planes], {}, /one row per cell/],
    ["EndToEnd", [[1, 300, 38], planes], {}, /300 rows/],
    ["Detector", [[1, 25200, 85]], {}, /rank 4/],
    ["NoClass", [[1, 25200, 37], planes], {}, /37 columns/],
  ])("%s_IsRefused", (_, outputs, options, refusal) => {
    expect(yolov5Seg.bind(signature(outputs, options))).toMatchObject({
      refusal: expect.stringMatching(refusal),
    });
  });

  it("OpenRows_AreTakenWithLessCertainty", () => {
    const outputs: Dims[] = [
      ["batch", "anchors", 117],
      ["batch", 32, "h", "w"],
    ];
    const model = signature(outputs, { open: true });
    expect(yolov5Seg.bind(model)).toMatchObject({
      variant: "anchors",
      classCount: 80,
      certainty: 0.5,
    });
    expect(matchOf(model)).toBe("yolov5_seg/anchors");
  });

  it("OpenColumnsOrRows_AreLeftToATrialRun", () => {
    expect(yolov5Seg.bind(signature([[1, 25200, "columns"], planes]))).toMatchObject({
      unresolved: true,
    });
    expect(yolov5Seg.bind(signature([["b", "rows", 38], planes]))).toMatchObject({
      unresolved: true,
    });
    expect(
      yolov5Seg.bind(
        signature([
          [1, 25200, 117],
          ["b", "p", "h", "w"],
        ]),
      ),
    ).toMatchObject({ unresolved: true });
  });
});

describe("a real YOLOv5-seg", () => {
  const model = sharedFile("models/yolov5n-hand-seg-640.onnx");
  const images = sharedFile("coco-train/images");
  // What tests/golden/decode_reference.py --objectness (letterbox, decoding and masks in numpy)
  // gives above 0.5: score, box, mask area.
  const reference: [photo: string, score: number, box: number[], area: number][] = [
    ["000000000036", 0.6627, [216.08, 372.4, 264.38, 464.57], 2630],
    ["000000000074", 0.6319, [65.79, 284.53, 230.84, 372.11], 9680],
    ["000000000077", 0.711, [28.15, 266.5, 50.56, 288.1], 264],
    ["000000000113", 0.7212, [223.59, 318.65, 267.28, 377.13], 1622],
  ];

  it.skipIf(!model || !images)(
    "Photos_SameHandsAsTheNumpyReference",
    { timeout: 120_000 },
    async () => {
      await using segmenter = await Segmenter.create({ model: model! });
      expect(segmenter.info).toMatchObject({ family: "yolov5_seg", masks: true });
      for (const [photo, score, corners, area] of reference) {
        const { instances } = await segmenter.segment(
          new Uint8Array(readFileSync(`${images}/${photo}.jpg`)),
          { scoreThreshold: 0.5 },
        );
        expect(instances, photo).toHaveLength(1);
        const { label, box, mask, score: found } = instances[0]!;
        expect(label).toBe("hand");
        // The decoders of the JPEG differ in the last bit.
        expect(Math.abs(found - score)).toBeLessThan(0.005);
        for (const [i, side] of [box.x1, box.y1, box.x2, box.y2].entries())
          expect(Math.abs(side - corners[i]!)).toBeLessThan(0.3);
        expect(Math.abs(mask.area - area)).toBeLessThanOrEqual(0.01 * area);
      }
    },
  );
});
