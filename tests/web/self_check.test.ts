import { describe, expect, it } from "vitest";
import type { Preprocessing } from "../../web/base/preprocessing.js";
import type { RawTensor } from "../../web/base/tensor.js";
import { checkImage, compareOutputs } from "../../web/runtime/self_check.js";

const preprocessing: Preprocessing = {
  width: 64,
  height: 32,
  resizeMode: "stretch",
  colorOrder: "rgb",
  inputScale: 1,
  mean: [100, 110, 120],
  std: [50, 51, 52],
  fill: 0,
};

let state = 1;
const random = () => {
  state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff;
  return state / 0x7fffffff;
};
const tensor = (dims: number[], value: (i: number) => number): RawTensor => ({
  dims,
  data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => value(i)),
});
const one = (output: RawTensor) => new Map([["out", output]]);
const map = (
  { dims, data }: RawTensor,
  change: (value: number, i: number) => number,
): RawTensor => ({ dims, data: data.map(change) });

/** Boxes in pixels and scores near zero in one tensor, as detection heads give them. */
const head = tensor([1, 8, 500], (i) => (i < 2000 ? 640 * random() : 0.01 * random()));

describe("compareOutputs", () => {
  it("Rounding_Agrees", () => {
    expect(
      compareOutputs(one(map(head, (v) => v * (1 + 0.01 * (random() - 0.5)))), one(head)),
    ).toBeUndefined();
  });

  it("ScoresAllZero_AreSeenBesideLargeBoxes", () => {
    expect(compareOutputs(one(map(head, (v, i) => (i < 2000 ? v : 0))), one(head))).toMatch(
      /'out' differs by 9\d\.\d %/,
    );
  });

  it.each([
    ["zeros", () => 0],
    ["NaN", () => Number.NaN],
    ["one NaN", (v: number, i: number) => (i === 1234 ? Number.NaN : v)],
    ["infinity", (v: number, i: number) => (i === 77 ? Infinity : v)],
    ["channels shifted", (_: number, i: number) => head.data[(i + 500) % 4000]!],
  ])("%s_IsSeen", (_, change) => {
    expect(compareOutputs(one(map(head, change)), one(head))).toContain("differs by");
  });

  it("SpecialValues_TheSameOnBothSides_Agree", () => {
    const special = tensor([1, 2, 3], (i) => [Number.NaN, Infinity, -Infinity, 0, -0, 1][i]!);
    expect(compareOutputs(one(special), one(special))).toBeUndefined();
  });

  it("Rows_InAnotherOrder_AreTheSameObjects", () => {
    const rows = tensor([1, 50, 10], () => random());
    const swapped = map(rows, (_, i) => rows.data[(i + 10) % 500]!);
    expect(compareOutputs(one(swapped), one(rows))).toBeUndefined();
    expect(
      compareOutputs(one(map(rows, (v, i) => (i % 10 === 4 ? 1 - v * v : v))), one(rows)),
    ).toContain("differs");
  });

  it("ShapeOrOutput_Missing_IsNamed", () => {
    expect(compareOutputs(one(tensor([2], () => 1)), one(tensor([1], () => 1)))).toBe(
      "output 'out' has shape [2], on the CPU [1]",
    );
    expect(compareOutputs(new Map(), one(head))).toContain("[none]");
  });

  it("EmptyOutputs_Agree", () => {
    const empty = tensor([0, 6], () => 0);
    expect(compareOutputs(one(empty), one(empty))).toBeUndefined();
  });
});

describe("checkImage", () => {
  it("Normalized_LiesInTheRangeOfRealImages_AndIsTheSameEachTime", () => {
    const image = checkImage(preprocessing);
    expect(image).toHaveLength(3 * 64 * 32);
    expect(checkImage(preprocessing)).toEqual(image);
    for (let channel = 0; channel < 3; ++channel) {
      const plane = image
        .subarray(channel * 2048, (channel + 1) * 2048)
        .map((v) => v * preprocessing.std[channel]! + preprocessing.mean[channel]!);
      expect(Math.min(...plane)).toBeGreaterThanOrEqual(-0.01);
      expect(Math.max(...plane)).toBeLessThanOrEqual(255);
      expect(Math.max(...plane) - Math.min(...plane)).toBeGreaterThan(150);
    }
  });

  it("QuantizedAtRun_MoreIsAllowed_ButNoWrongKernel", () => {
    const off = (part: number) =>
      compareOutputs(one(map(head, (v, i) => v * (i % 2 ? 1 + part : 1 - part))), one(head), true);
    expect(compareOutputs(one(map(head, (v, i) => v * (i % 2 ? 1.1 : 0.9))), one(head))).toMatch(
      /maximum 5 %/,
    );
    expect(off(0.1)).toBeUndefined();
    expect(off(0.3)).toMatch(/differs by 30\.0 % .*maximum 20 %/);
    // One row of a plane is nearly nothing, and off by as much as itself.
    const planes = tensor([1, 2, 20, 30], (i) => (i % 600 < 30 ? 0.01 : 1));
    const moved = map(planes, (v, i) => (i % 600 < 30 ? 0 : v));
    expect(compareOutputs(one(moved), one(planes))).toMatch(/differs/);
    expect(compareOutputs(one(moved), one(planes), true)).toBeUndefined();
    expect(compareOutputs(one(map(planes, () => 0)), one(planes), true)).toMatch(/differs/);
  });
});
