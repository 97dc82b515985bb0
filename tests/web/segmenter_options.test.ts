import { describe, expect, it } from "vitest";
import { checkSegmentOptions } from "../../web/segment/options.js";

const labels = ["cat", "dog", "cat"];

describe("checkSegmentOptions", () => {
  it("Nothing_GivesTheDefaults", () => {
    expect(checkSegmentOptions({}, labels, 3)).toEqual({
      scoreThreshold: 0.25,
      iouThreshold: 0.7,
      maxInstances: 100,
      soft: false,
    });
  });

  it("Classes_ByLabelAndId_MarkTheirBytes", () => {
    const filter = (classes: (string | number)[], count = 3) => [
      ...checkSegmentOptions({ classes }, labels, count).classFilter!,
    ];
    expect(filter(["cat"])).toEqual([1, 0, 1]);
    expect(filter(["dog", 2])).toEqual([0, 1, 1]);
    expect(filter([])).toEqual([0, 0, 0]);
    expect(filter([7], 0)).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
  });

  it.each([
    [{ scoreThreshold: -0.1 }, "scoreThreshold is -0.1"],
    [{ scoreThreshold: Number.NaN }, "scoreThreshold is NaN"],
    [{ iouThreshold: 1.01 }, "iouThreshold is 1.01"],
    [
      { iouThreshold: "0.5" as unknown as number },
      "iouThreshold is 0.5; it must be a number from 0 to 1",
    ],
    [{ maxInstances: 0 }, "maxInstances is 0"],
    [{ maxInstances: 1.5 }, "maxInstances is 1.5"],
    [{ maxInstances: 1e9 }, "maxInstances is 1000000000"],
    [{ classes: ["zebra"] }, "classes is zebra; it must be one of cat, dog, cat"],
    [{ classes: [3] }, "classes is 3; it must be class ids from 0 to 2"],
    [{ classes: [-1] }, "classes is -1"],
    [{ classes: [0.5] }, "classes is 0.5"],
    [{ classes: "cat" as unknown as string[] }, "classes is cat; it must be a list"],
  ])("%o_IsRefused", (options, message) => {
    const work = () => checkSegmentOptions(options, labels, 3);
    expect(work).toThrow(
      expect.objectContaining({ code: "badOption", message: expect.stringContaining(message) }),
    );
  });
});
