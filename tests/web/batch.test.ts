import { describe, expect, it } from "vitest";
import type { TensorInfo } from "../../web/base/tensor.js";
import { findImageInput } from "../../web/model/image_input.js";
import { batchOf, splitBatch } from "../../web/runtime/batch.js";

type Dims = (number | string)[];
const info = (dims: Dims, name = "x"): TensorInfo => ({ name, type: "float32", dims });

const batch = (input: Dims, ...outputs: Dims[]) => {
  const inputs = [info(input)];
  return batchOf(
    findImageInput(inputs)!,
    inputs,
    outputs.map((dims) => info(dims, "out")),
  );
};

describe("batchOf", () => {
  it.each<[number | "open", Dims, Dims[]]>([
    [1, [1, 3, 64, 64], [[1, 116, 84]]],
    [1, [3, 64, 64], [["n", 4]]],
    [
      "open",
      ["batch", 3, 64, 64],
      [
        ["batch", 116, 84],
        ["batch", 32, 16, 16],
      ],
    ],
    ["open", ["?", 3, 64, 64], [["?", 116, 84]]],
    [
      1,
      ["batch", 3, 64, 64],
      [
        ["batch", 116, 84],
        ["found", 4],
      ],
    ],
    [1, ["batch", 3, 64, 64], [[1, 116, 84]]],
    [
      4,
      [4, 3, 64, 64],
      [
        [4, 116, 84],
        ["batch", 32, 16, 16],
      ],
    ],
  ])("%s for input %s and outputs %j", (expected, input, outputs) => {
    expect(batch(input, ...outputs)).toBe(expected);
  });

  it("FixedBatch_WithOutputsOfOtherLengths_IsRefused", () => {
    expect(() => batch([4, 3, 64, 64], [1, 300, 6])).toThrow(
      expect.objectContaining({ code: "unsupported", value: 4 }),
    );
  });
});

describe("splitBatch", () => {
  const outputs = new Map([
    ["rows", { dims: [2, 3, 2], data: Float32Array.from({ length: 12 }, (_, i) => i) }],
    ["labels", { dims: [2, 1], data: Float32Array.of(7, 9), type: "int64" }],
    ["nothing", { dims: [2, 0], data: new Float32Array(0) }],
  ]);

  it("EachImage_GetsItsPart", () => {
    expect(splitBatch(outputs, 2, 2)).toEqual([
      new Map([
        ["rows", { dims: [1, 3, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5) }],
        ["labels", { dims: [1, 1], data: Float32Array.of(7), type: "int64" }],
        ["nothing", { dims: [1, 0], data: new Float32Array(0) }],
      ]),
      new Map([
        ["rows", { dims: [1, 3, 2], data: Float32Array.of(6, 7, 8, 9, 10, 11) }],
        ["labels", { dims: [1, 1], data: Float32Array.of(9), type: "int64" }],
        ["nothing", { dims: [1, 0], data: new Float32Array(0) }],
      ]),
    ]);
    expect(splitBatch(outputs, 2, 1)).toHaveLength(1);
  });

  it("OneImage_IsNotCopied", () => {
    expect(splitBatch(outputs, 1, 1)[0]).toBe(outputs);
  });

  it("OutputOfAnotherLength_IsNamed", () => {
    expect(() => splitBatch(outputs, 3, 3)).toThrow(expect.objectContaining({ code: "badTensor" }));
    expect(() => splitBatch(outputs, 3, 3)).toThrow(/'rows' of shape \[2, 3, 2\]/);
  });
});
