import { describe, expect, it } from "vitest";
import { rtmdetIns } from "../../web/families/rtmdet_ins.js";
import { recognized, refusalOf, renamed, signatureOf, type Tensors } from "./signatures.js";

const fixed: Tensors = {
  dets: ["float32", [1, 100, 5]],
  labels: ["int64", [1, 100]],
  masks: ["float32", [1, 100, 640, 640]],
};
const open: Tensors = {
  dets: ["float32", ["batch", "num_dets", 5]],
  labels: ["int64", ["batch", "num_dets"]],
  masks: ["float32", ["batch", "num_dets", "height", "width"]],
};

describe("rtmdetIns.bind", () => {
  it.each([
    ["Fixed", fixed, 640],
    ["Open", open, 0],
    [
      "NoObjects",
      {
        dets: ["float32", [1, 0, 5]],
        labels: ["int64", [1, 0]],
        masks: ["float32", [1, 0, 640, 640]],
      } as Tensors,
      640,
    ],
    ["BinaryMasks", { ...fixed, masks: ["bool", [1, 100, 640, 640]] } as Tensors, 640],
    [
      "HalfWithLabelsOf32Bits",
      { ...fixed, dets: ["float16", [1, 100, 5]], labels: ["int32", [1, 100]] } as Tensors,
      640,
    ],
  ])("%s_IsRecognizedWhateverTheNames", (_, outputs, side) => {
    const signature = signatureOf(outputs, side);
    expect(recognized(signature)).toBe("rtmdet_ins/mmdeploy");
    expect(rtmdetIns.bind(signature)).toMatchObject({
      outputs: { detections: "dets", labels: "labels", masks: "masks" },
    });
    const { signature: anonymous } = renamed(signature);
    expect(recognized(anonymous)).toBe("rtmdet_ins/mmdeploy");
    expect(rtmdetIns.bind(anonymous)).toMatchObject({
      outputs: { detections: "t2", labels: "t1", masks: "t0" },
    });
  });

  it("Labels_GiveTheNumberOfClasses", () => {
    expect(rtmdetIns.bind(signatureOf(fixed, 640, { labels: ["a", "b", "c"] }))).toMatchObject({
      classCount: 3,
    });
  });

  it.each<[string, Tensors, RegExp]>([
    [
      "MasksOverBoxes",
      { ...fixed, masks: ["float32", [1, 100, 28, 28]] },
      /\[1, 100, 28, 28\] does not have the size of the input, 640 x 640/,
    ],
    [
      "OtherNumberOfMasks",
      { ...fixed, masks: ["float32", [1, 50, 640, 640]] },
      /differ in their number of objects/,
    ],
    ["SixColumns", { ...fixed, dets: ["float32", [1, 100, 6]] }, /needs detections \[1, N, 5\]/],
    ["NoMasks", { dets: fixed.dets!, labels: fixed.labels! }, /needs detections/],
  ])("%s_IsRefused", (_, outputs, reason) => {
    expect(refusalOf(rtmdetIns, signatureOf(outputs, 640)).refusal).toMatch(reason);
  });
});
