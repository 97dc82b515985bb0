import { describe, expect, it } from "vitest";
import type { TensorInfo } from "../../web/base/tensor.js";
import { findImageInput, fixedSize, imageDims } from "../../web/model/image_input.js";

const info = (type: string, dims: TensorInfo["dims"], name = "x"): TensorInfo => ({
  name,
  type,
  dims,
});

describe("findImageInput", () => {
  it.each<[TensorInfo["dims"], string, number | "open", number | undefined, number | undefined]>([
    [[1, 3, 480, 640], "nchw", 1, 640, 480],
    [["batch", 3, "height", "width"], "nchw", "open", undefined, undefined],
    [[4, 3, 64, 64], "nchw", 4, 64, 64],
    [["a", "b", "c", "d"], "nchw", "open", undefined, undefined],
    [[1, 480, 640, 3], "nhwc", 1, 640, 480],
    [["n", "height", "width", 3], "nhwc", "open", undefined, undefined],
    [[3, "height", "width"], "chw", 1, undefined, undefined],
    [["c", "height", 640], "chw", 1, 640, undefined],
    [[480, 640, 3], "hwc", 1, 640, 480],
    // Three rows of three columns: channels first.
    [[1, 3, 3, 3], "nchw", 1, 3, 3],
  ])("%s is %s", (dims, layout, batch, width, height) => {
    expect(findImageInput([info("float32", dims)])).toEqual({
      name: "x",
      type: "float32",
      layout,
      batch,
      width,
      height,
    });
  });

  it.each(["float16", "uint8"])("%s_IsTaken", (type) => {
    expect(findImageInput([info(type, [1, 3, 64, 64])])).toMatchObject({ type });
  });

  it.each<[string, TensorInfo[]]>([
    ["OneChannel", [info("float32", [1, 1, 64, 64])]],
    ["Embedding", [info("float32", [1, 256, 64, 64])]],
    ["Points", [info("float32", ["batch", "points", 2])]],
    ["Mask", [info("int64", [1, 64, 64])]],
    ["WrongRank", [info("float32", [3, 64])]],
    ["NoRank", [info("float32", undefined)]],
    ["Nothing", []],
    ["TwoImages", [info("float32", [1, 3, 64, 64], "a"), info("float32", [1, 3, 64, 64], "b")]],
  ])("%s_IsNone", (_, inputs) => {
    expect(findImageInput(inputs)).toBeUndefined();
  });

  it("AmongOthers_TheImageIsFound", () => {
    const mask = info("int64", ["batch", 64, 64], "pixel_mask");
    const pixels = info("float32", ["batch", 3, "height", "width"], "pixel_values");
    const planes = info("float32", ["a", "b", "c", "d"], "planes");
    expect(findImageInput([mask, pixels])!.name).toBe("pixel_values");
    expect(findImageInput([planes, pixels])!.name).toBe("pixel_values");
  });
});

it("FixedSize_NeedsBothSides", () => {
  const image = (dims: TensorInfo["dims"]) => findImageInput([info("float32", dims)])!;
  expect(fixedSize(image([1, 3, 48, 64]))).toEqual({ width: 64, height: 48 });
  expect(fixedSize(image([1, 3, "h", 64]))).toBeUndefined();
});

it("ImageDims_AreInTheOrderOfTheLayout", () => {
  const size = { width: 5, height: 4 };
  expect(
    (["nchw", "nhwc", "chw", "hwc"] as const).map((layout) =>
      imageDims(layout, size, layout.startsWith("n") ? 2 : 1),
    ),
  ).toEqual([
    [2, 3, 4, 5],
    [2, 4, 5, 3],
    [3, 4, 5],
    [4, 5, 3],
  ]);
});
