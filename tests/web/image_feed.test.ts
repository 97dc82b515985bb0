import { describe, expect, it } from "vitest";
import type { ImageInput } from "../../web/model/image_input.js";
import { makeConstantFeeds } from "../../web/runtime/constant_feeds.js";
import { makeImageFeed } from "../../web/runtime/image_feed.js";

const size = { width: 4, height: 2 };
const area = 8;

/** Two images: value = image * 100 + channel * 10 + pixel. */
const planar = Float32Array.from({ length: 2 * 3 * area }, (_, i) => {
  return Math.floor(i / (3 * area)) * 100 + (Math.floor(i / area) % 3) * 10 + (i % area);
});
const one = planar.slice(0, 3 * area);

const input = (changes: Partial<ImageInput>): ImageInput => {
  return {
    name: "x",
    type: "float32",
    layout: "nchw",
    batch: 1,
    width: undefined,
    height: undefined,
    ...changes,
  };
};

describe("makeImageFeed", () => {
  it("PlanarFloat_IsNotCopied", () => {
    const feed = makeImageFeed(input({}), one, size);
    expect(feed).toEqual({ type: "float32", dims: [1, 3, 2, 4], data: one });
    expect(feed.data).toBe(one);
    expect(makeImageFeed(input({ layout: "chw" }), one, size).dims).toEqual([3, 2, 4]);
  });

  it.each(["nhwc", "hwc"] as const)("%s_HasTheChannelsOfAPixelTogether", (layout) => {
    const { dims, data } = makeImageFeed(input({ layout }), one, size);
    expect(dims).toEqual(layout === "nhwc" ? [1, 2, 4, 3] : [2, 4, 3]);
    for (let i = 0; i < area; ++i)
      expect([...data.slice(i * 3, i * 3 + 3)]).toEqual([i, 10 + i, 20 + i]);
  });

  it("SeveralImages_FollowEachOther_InEitherLayout", () => {
    expect(makeImageFeed(input({ batch: "open" }), planar, size)).toEqual({
      type: "float32",
      dims: [2, 3, 2, 4],
      data: planar,
    });
    const { dims, data } = makeImageFeed(input({ layout: "nhwc", batch: "open" }), planar, size);
    expect(dims).toEqual([2, 2, 4, 3]);
    expect([...data.slice(3 * area, 3 * area + 3)]).toEqual([100, 110, 120]);
  });

  it("FixedBatch_IsFilledUpWithZeros", () => {
    const { dims, data } = makeImageFeed(input({ batch: 3 }), planar, size);
    expect(dims).toEqual([3, 3, 2, 4]);
    expect([...data]).toEqual([...planar, ...new Array(3 * area).fill(0)]);
  });

  it("Bytes_AreRoundedAndCut", () => {
    const levels = Float32Array.of(
      -3,
      0.49,
      0.51,
      1.5,
      2.5,
      254.6,
      255.4,
      300,
      ...new Float32Array(16),
    );
    const { type, data } = makeImageFeed(input({ type: "uint8" }), levels, size);
    expect([type, ...data.slice(0, 8)]).toEqual(["uint8", 0, 0, 1, 2, 2, 255, 255, 255]);
    expect(data).toBeInstanceOf(Uint8Array);
  });

  it("Half_IsItsBitPatterns", () => {
    const { type, data } = makeImageFeed(
      input({ type: "float16" }),
      new Float32Array(24).fill(-2),
      size,
    );
    expect([type, data.length, data[23]]).toEqual(["float16", 24, 0xc000]);
  });

  it.each([
    [new Float32Array(23), 1],
    [planar, 1],
    [new Float32Array(0), "open"],
    [new Float32Array(4 * 3 * area), 3],
  ] as const)("WrongLength_IsTyped (%#)", (values, batch) => {
    expect(() => makeImageFeed(input({ batch }), values, size)).toThrow(
      expect.objectContaining({ code: "badShape", stage: "preprocess" }),
    );
  });
});

it("ConstantFeeds_HaveTheTypeOfTheirInput_AndTheSizesOfTheRun", () => {
  const inputs = [
    { name: "pixel_mask", type: "int64", dims: ["batch", "h", "w"] },
    { name: "sizes", type: "float32", dims: [1, 2] },
  ];
  const constants = {
    pixel_mask: { dims: ["batch", "height", "width"], value: 1 },
    sizes: { dims: [1, 2], value: 640 },
  } as const;
  expect(makeConstantFeeds(constants, inputs, size, 2)).toEqual({
    pixel_mask: { type: "int64", dims: [2, 2, 4], data: new BigInt64Array(16).fill(1n) },
    sizes: { type: "float32", dims: [1, 2], data: Float32Array.of(640, 640) },
  });
});
