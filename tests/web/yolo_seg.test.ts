import { describe, expect, it } from "vitest";
import type { TensorInfo } from "../../web/base/tensor.js";
import type { ModelSignature } from "../../web/families/family.js";
import { yoloSeg } from "../../web/families/yolo_seg.js";
import type { ExporterHints } from "../../web/model/exporter_hints.js";

type Dims = (number | string)[];

function signature(
  outputs: (Dims | undefined)[],
  size = 640,
  hints: ExporterHints = {},
  type = "float32",
): ModelSignature {
  const tensors: TensorInfo[] = outputs.map((dims, i) => ({ name: `out${i}`, type, dims }));
  const inputs: TensorInfo[] = [{ name: "images", type: "float32", dims: [1, 3, size, size] }];
  return { inputs, outputs: tensors, inputSize: { width: size, height: size }, hints };
}

describe("yoloSeg.bind", () => {
  it.each<[string, ModelSignature, object]>([
    [
      "YOLOv8",
      signature([
        [1, 116, 8400],
        [1, 32, 160, 160],
      ]),
      { variant: "dense", classCount: 80, outputs: { detections: "out0", prototypes: "out1" } },
    ],
    [
      "PrototypesFirst",
      signature([
        [1, 32, 160, 160],
        [1, 116, 8400],
      ]),
      { variant: "dense", outputs: { detections: "out1", prototypes: "out0" } },
    ],
    [
      "FastSam",
      signature(
        [
          [1, 37, 21504],
          [1, 32, 256, 256],
        ],
        1024,
      ),
      { variant: "dense", classCount: 1 },
    ],
    [
      "OtherCoefficientCount",
      signature([
        [1, 4 + 3 + 16, 8400],
        [1, 16, 160, 160],
      ]),
      { variant: "dense", classCount: 3 },
    ],
    [
      "Half",
      signature(
        [
          [1, 116, 8400],
          [1, 32, 160, 160],
        ],
        640,
        {},
        "float16",
      ),
      { variant: "dense" },
    ],
    [
      "DynamicSize",
      signature([
        ["batch", 116, "anchors"],
        ["batch", 32, "h", "w"],
      ]),
      { variant: "dense", classCount: 80 },
    ],
    [
      "SmallInput_FewerAnchorsThanChannels",
      signature(
        [
          [1, 116, 84],
          [1, 32, 16, 16],
        ],
        64,
      ),
      { variant: "dense", classCount: 80 },
    ],
    [
      "NmsInside",
      signature([
        [1, 300, 38],
        [1, 32, 160, 160],
      ]),
      { variant: "end-to-end", classCount: 0 },
    ],
    [
      "Yolo26",
      signature(
        [
          [1, 300, 38],
          [1, 32, 160, 160],
        ],
        640,
        { endToEnd: true, labels: ["a", "b"] },
      ),
      { variant: "end-to-end", classCount: 2 },
    ],
    [
      "TwoClasses_LongAxisLast",
      signature([
        [1, 38, 8400],
        [1, 32, 160, 160],
      ]),
      { variant: "dense", classCount: 2 },
    ],
    [
      "TwoClasses_LongAxisFirst",
      signature([
        [1, 300, 38],
        [1, 32, 160, 160],
      ]),
      { variant: "end-to-end" },
    ],
    [
      "Square_NoHint",
      signature([
        [1, 38, 38],
        [1, 32, 160, 160],
      ]),
      { variant: "end-to-end" },
    ],
    [
      "Square_HintSaysDense",
      signature(
        [
          [1, 38, 38],
          [1, 32, 160, 160],
        ],
        640,
        { endToEnd: false },
      ),
      { variant: "dense", classCount: 2 },
    ],
    [
      "DynamicRows_HintSaysFinal",
      signature(
        [
          [1, "rows", 38],
          [1, 32, 160, 160],
        ],
        640,
        { endToEnd: true },
      ),
      { variant: "end-to-end" },
    ],
    [
      "ExtraOutputs",
      signature([
        [1, 80],
        [1, 116, 8400],
        [1, 32, 160, 160],
        [1, 144, 80, 80],
      ]),
      { variant: "dense", outputs: { detections: "out1", prototypes: "out2" } },
    ],
  ])("%s_IsRecognized", (_, model, expected) => {
    expect(yoloSeg.bind(model)).toMatchObject(expected);
  });

  it.each<[string, ModelSignature, RegExp]>([
    [
      "YoloV5",
      signature([
        [1, 25200, 117],
        [1, 32, 160, 160],
      ]),
      /longer axis first/,
    ],
    [
      "YoloV5_OneClass",
      signature([
        [1, 25200, 38],
        [1, 32, 160, 160],
      ]),
      /25200 rows, too many for final rows/,
    ],
    [
      "RtmDet",
      signature([
        [1, 100, 5],
        [1, 100],
        [1, 100, 640, 640],
      ]),
      /channels/,
    ],
    [
      "RfDetr",
      signature([
        [1, 100, 4],
        [1, 100, 91],
        [1, 100, 108, 108],
      ]),
      /100 channels/,
    ],
    ["DetectionOnly", signature([[1, 84, 8400]]), /rank 4/],
    [
      "Int64",
      signature(
        [
          [1, 116, 8400],
          [1, 32, 160, 160],
        ],
        640,
        {},
        "int64",
      ),
      /float output/,
    ],
    [
      "TooFewChannels",
      signature([
        [1, 36, 8400],
        [1, 32, 160, 160],
      ]),
      /36 channels/,
    ],
  ])("%s_IsRefusedWithAReason", (_, model, reason) => {
    const answer = yoloSeg.bind(model);
    expect(answer).toEqual({ refusal: expect.stringMatching(reason) });
  });

  it.each<[string, ModelSignature]>([
    ["RankOpen", signature([undefined, undefined])],
    [
      "ChannelsOpen",
      signature([
        [1, "c", 8400],
        [1, 32, 160, 160],
      ]),
    ],
    [
      "PrototypesOpen",
      signature([
        [1, 116, 8400],
        [1, "p", 160, 160],
      ]),
    ],
    [
      "RowsOpen_NoHint",
      signature([
        [1, "rows", 38],
        [1, 32, 160, 160],
      ]),
    ],
  ])("%s_AsksForATrialRun", (_, model) => {
    expect(yoloSeg.bind(model)).toMatchObject({ unresolved: true });
  });
});
