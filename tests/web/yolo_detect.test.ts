import { describe, expect, it } from "vitest";
import { matchFamily } from "../../web/families/detect.js";
import { yoloDetect } from "../../web/families/yolo_detect.js";
import { type Dims, matchOf, type SignatureOptions, signature } from "./output_signature.js";

describe("yoloDetect.bind", () => {
  it.each<[string, Dims[], SignatureOptions, string, number]>([
    ["Yolov8", [[1, 84, 8400]], {}, "dense", 80],
    ["Yolov8OneClass", [[1, 5, 8400]], {}, "dense", 1],
    ["Yolov8TwoClasses_NotEndToEnd", [[1, 6, 8400]], {}, "dense", 2],
    ["Yolov8FinerLevel", [[1, 84, 34000]], {}, "dense", 80],
    ["SmallInput_FewerAnchorsThanChannels", [[1, 95, 84]], { size: 64 }, "dense", 91],
    ["OpenSize", [["b", 84, "anchors"]], { open: true }, "dense", 80],
    ["Yolov10", [[1, 300, 6]], {}, "end-to-end", 0],
    [
      "Yolo26_ByMetadata",
      [[1, 300, 6]],
      { hints: { endToEnd: true, task: "detect", labels: ["a", "b"] } },
      "end-to-end",
      2,
    ],
    ["EndToEnd_OpenRows", [["b", "rows", 6]], { hints: { endToEnd: true } }, "end-to-end", 0],
    ["Yolov5", [[1, 25200, 85]], {}, "objectness", 80],
    [
      "Yolov5WithItsFeatureMaps",
      [
        [1, 25200, 85],
        [1, 3, 80, 80, 85],
        [1, 3, 40, 40, 85],
      ],
      {},
      "objectness",
      80,
    ],
    ["Yolov5OneClass_NotEndToEnd", [[1, 252, 6]], { size: 64 }, "objectness", 1],
    ["Yolov3Tiny", [[1, 6000, 85]], {}, "objectness", 80],
    ["Yolov5Half", [[1, 25200, 85]], { type: "float16" }, "objectness", 80],
  ])("%s_IsRecognized", (_, outputs, options, variant, classCount) => {
    const model = signature(outputs, options);
    expect(yoloDetect.bind(model)).toMatchObject({ variant, classCount });
    expect(matchOf(model)).toBe(`yolo_detect/${variant}`);
  });

  it.each<[string, Dims[], SignatureOptions, RegExp]>([
    [
      "Segmentation",
      [
        [1, 116, 8400],
        [1, 32, 160, 160],
      ],
      {},
      /rank 4/,
    ],
    [
      "Detr",
      [
        [1, 300, 4],
        [1, 300, 80],
      ],
      {},
      /holds the boxes/,
    ],
    ["Pose_ByMetadata", [[1, 56, 8400]], { hints: { task: "pose" } }, /'pose'/],
    ["TooFewChannels", [[1, 4, 8400]], {}, /4 channels/],
    ["LongAxisFirst", [[1, 500, 84]], {}, /long axis first/],
    ["Integers", [[1, 84, 8400]], { type: "int64" }, /float output of rank 3/],
  ])("%s_IsRefused", (_, outputs, options, refusal) => {
    expect(yoloDetect.bind(signature(outputs, options))).toMatchObject({
      refusal: expect.stringMatching(refusal),
    });
  });

  it("OneRowPerCell_IsYolox_OrForcedYolov6", () => {
    const model = signature([[1, 8400, 85]]);
    expect(matchOf(model)).toBe("yolox/automatic");
    expect(matchOf(model, { name: "yolo_detect", variant: undefined })).toBe(
      "yolo_detect/objectness",
    );
  });

  it("OpenRows_AreLeftToATrialRun", () => {
    expect(matchFamily(signature([["b", "rows", 85]]))).toMatchObject({
      match: undefined,
      unresolved: true,
    });
    expect(matchFamily(signature([["b", "rows", 6]]))).toMatchObject({
      match: undefined,
      unresolved: true,
    });
  });
});
