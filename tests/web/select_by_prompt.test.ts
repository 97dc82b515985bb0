import { describe, expect, it } from "vitest";
import { type Box, Mask, type PromptPoint, selectByPrompt } from "../../web/index.js";
import { Random } from "./random.js";

const size = { width: 37, height: 23 };

/** An ellipse somewhere, perhaps over the edge, as bytes of the whole image. */
function ellipse(random: Random): Uint8Array {
  const [x, y] = [random.between(0, size.width), random.between(0, size.height)];
  const [rx, ry] = [random.between(1, 15), random.between(1, 10)];
  const inside = (i: number) =>
    (((i % size.width) + 0.5 - x) / rx) ** 2 + ((Math.floor(i / size.width) + 0.5 - y) / ry) ** 2 <
    1;
  return Uint8Array.from({ length: size.width * size.height }, (_, i) => Number(inside(i)));
}

/**
 * FastSAM's box_prompt on bitmaps: sums over the slice and over all, first of the largest. -1 when
 * all are 0.
 */
function boxPromptSlowly(bitmaps: readonly Uint8Array[], { x1, y1, x2, y2 }: Box): number {
  const ious = bitmaps.map((bitmap) => {
    let [shared, all] = [0, 0];
    for (const [i, bit] of bitmap.entries()) {
      const [x, y] = [i % size.width, Math.floor(i / size.width)];
      all += bit;
      if (x >= x1 && x < x2 && y >= y1 && y < y2) shared += bit;
    }
    return shared / ((x2 - x1) * (y2 - y1) + all - shared);
  });
  const best = Math.max(0, ...ious);
  return best > 0 ? ious.indexOf(best) : -1;
}

const covers = (bitmap: Uint8Array, { x, y }: PromptPoint) =>
  bitmap[Math.floor(y) * size.width + Math.floor(x)] === 1;

const square = (x: number, y: number, side: number) => {
  const bytes = new Uint8Array(size.width * size.height);
  for (let row = y; row < y + side; ++row)
    bytes.fill(1, row * size.width + x, row * size.width + x + side);
  return { mask: Mask.fromBytes(bytes, size) };
};
const point = (x: number, y: number, label: PromptPoint["label"] = "foreground"): PromptPoint => ({
  x,
  y,
  label,
});

describe("selectByPrompt", () => {
  it("RandomMasks_AsFastSamOnBitmaps", () => {
    const random = new Random(11);
    for (let round = 0; round < 200; ++round) {
      const bitmaps = Array.from({ length: random.below(8) }, () => ellipse(random));
      const instances = bitmaps.map((bytes, id) => ({ id, mask: Mask.fromBytes(bytes, size) }));
      const [left, top] = [random.below(size.width - 1), random.below(size.height - 1)];
      const box = {
        x1: left,
        y1: top,
        x2: left + 1 + random.below(size.width - left),
        y2: top + 1 + random.below(size.height - top),
      };
      const best = boxPromptSlowly(bitmaps, box);
      expect(selectByPrompt(instances, { box }).map(({ id }) => id)).toEqual(
        best < 0 ? [] : [best],
      );

      const points = Array.from({ length: 1 + random.below(3) }, () =>
        point(
          random.between(0, size.width),
          random.between(0, size.height),
          random.below(3) === 0 ? "background" : "foreground",
        ),
      );
      const hasForeground = points.some(({ label }) => label === "foreground");
      const wanted = instances.filter(({ id }) => {
        const hit = (label: string) =>
          points.some((at) => at.label === label && covers(bitmaps[id]!, at));
        return (!hasForeground || hit("foreground")) && !hit("background");
      });
      expect(selectByPrompt(instances, { points })).toEqual(wanted);
    }
  });

  const small = square(5, 5, 4);
  const large = square(3, 3, 12);
  const far = square(25, 10, 6);
  const all = [far, large, small];

  it("Box_TheBestFitIsChosenNotTheFirstThatOverlaps", () => {
    expect(selectByPrompt(all, { box: { x1: 5.2, y1: 4.8, x2: 9.3, y2: 9.4 } })).toEqual([small]);
    expect(selectByPrompt(all, { box: { x1: 2, y1: 2, x2: 16, y2: 16 } })).toEqual([large]);
  });

  it("Box_BeyondTheImageIsCutToIt", () => {
    expect(selectByPrompt(all, { box: { x1: 20, y1: -50, x2: 500, y2: 500 } })).toEqual([far]);
  });

  it("Box_ThatTouchesNothing_GivesNothing", () => {
    expect(selectByPrompt(all, { box: { x1: 33, y1: 0, x2: 36, y2: 3 } })).toEqual([]);
    expect(selectByPrompt([], { box: { x1: 0, y1: 0, x2: 3, y2: 3 } })).toEqual([]);
  });

  it("Points_ChooseAndDrop", () => {
    expect(selectByPrompt(all, { points: [point(6, 6)] })).toEqual([large, small]);
    expect(selectByPrompt(all, { points: [point(6, 6), point(27, 12)] })).toEqual(all);
    expect(selectByPrompt(all, { points: [point(6, 6), point(13, 13, "background")] })).toEqual([
      small,
    ]);
    expect(selectByPrompt(all, { points: [point(13, 13, "background")] })).toEqual([far, small]);
    expect(selectByPrompt(all, { points: [point(-4, 900)] })).toEqual([]);
  });

  it("BoxAndPoints_AddUp_BackgroundDropsFromBoth", () => {
    const box = { x1: 3, y1: 3, x2: 15, y2: 15 };
    expect(selectByPrompt(all, { box, points: [point(27, 12)] })).toEqual([far, large]);
    expect(selectByPrompt(all, { box, points: [point(4, 4, "background")] })).toEqual([]);
  });

  it.each<[string, Parameters<typeof selectByPrompt>[1], RegExp]>([
    ["Nothing", {}, /prompt is empty/],
    ["NoPoints", { points: [] }, /prompt is empty/],
    ["InvertedBox", { box: { x1: 9, y1: 1, x2: 3, y2: 4 } }, /box is 9, 1, 3, 4/],
    ["NaNBox", { box: { x1: Number.NaN, y1: 1, x2: 3, y2: 4 } }, /box is NaN/],
    ["BoxOutside", { box: { x1: 90, y1: 1, x2: 93, y2: 4 } }, /box is 90/],
    ["NaNPoint", { points: [point(Number.NaN, 1)] }, /points\[0\] is NaN/],
    ["Label", { points: [point(1, 1, "other" as "foreground")] }, /points\[0\].label is other/],
  ])("%s_IsABadOption", (_, prompt, message) => {
    expect(() => selectByPrompt(all, prompt)).toThrow(
      expect.objectContaining({ code: "badOption", stage: "masks" }),
    );
    expect(() => selectByPrompt(all, prompt)).toThrow(message);
  });
});
