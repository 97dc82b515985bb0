import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCore, type PromptSegmenter } from "../../web/index.js";
import { boxIou, suppressBoxes } from "../../web/mask/suppression.js";
import { isCutOff } from "../../web/prompt/everything.js";
import { cropsOf, gridSizeOf, pointGrid } from "../../web/tiles/grid.js";
import { goldenFile, openPromptModel } from "./prompt_models.js";

describe("Point grid", () => {
  it("Points_AreCellCenters_RowByRow", () => {
    expect(pointGrid(2, { width: 8, height: 4 })).toEqual([
      { x: 2, y: 1 },
      { x: 6, y: 1 },
      { x: 2, y: 3 },
      { x: 6, y: 3 },
    ]);
    expect(pointGrid(1, { width: 1, height: 1 })).toEqual([{ x: 0.5, y: 0.5 }]);
    expect([0, 1, 2, 3, 9].map((layer) => gridSizeOf(layer, 10))).toEqual([10, 5, 2, 1, 1]);
  });

  it("Crops_OfOneLayer_OverlapAsTheReference", () => {
    // By hand from amg.generate_crop_boxes: overlap int(512 / 1500 * 600 * 2 / 2) = 204, width
    // ceil((204 + 900) / 2) = 552, height 402.
    const crops = cropsOf({ width: 900, height: 600 }, 1);
    expect(crops).toEqual([
      { x: 0, y: 0, width: 900, height: 600, layer: 0 },
      { x: 0, y: 0, width: 552, height: 402, layer: 1 },
      { x: 0, y: 198, width: 552, height: 402, layer: 1 },
      { x: 348, y: 0, width: 552, height: 402, layer: 1 },
      { x: 348, y: 198, width: 552, height: 402, layer: 1 },
    ]);
    expect(cropsOf({ width: 900, height: 600 }, 2)).toHaveLength(1 + 4 + 16);
  });

  it("Crops_OfOnePixel_AreNeverEmpty", () => {
    for (const { width, height } of cropsOf({ width: 1, height: 7 }, 3))
      expect(Math.min(width, height)).toBeGreaterThan(0);
  });

  it("CutOff_IsWhatEndsAtTheCropAndNotAtTheImage", () => {
    const crop = { x: 100, y: 0, width: 200, height: 300, layer: 1 };
    const image = { width: 1000, height: 300 };
    expect(isCutOff({ x1: 150, y1: 0, x2: 250, y2: 300 }, crop, image)).toBe(false);
    expect(isCutOff({ x1: 120, y1: 50, x2: 250, y2: 100 }, crop, image)).toBe(true);
    expect(isCutOff({ x1: 121, y1: 50, x2: 279, y2: 100 }, crop, image)).toBe(false);
    expect(isCutOff({ x1: 150, y1: 50, x2: 280, y2: 100 }, crop, image)).toBe(true);
  });
});

describe("Suppression", () => {
  const box = (x1: number, x2: number) => ({ x1, y1: 0, x2, y2: 1 });

  it("Boxes_BestFirst_EqualIouStays", () => {
    expect(boxIou(box(0, 10), box(5, 15))).toBeCloseTo(1 / 3, 12);
    expect(boxIou(box(0, 1), box(1, 2))).toBe(0);
    expect(
      suppressBoxes([box(0, 10), box(0, 9), box(20, 30), box(0, 7)], [0.5, 0.9, 0.1, 0.2], 0.75),
    ).toEqual([1, 2]);
    expect(suppressBoxes([box(0, 10), box(0, 5)], [1, 0.5], 0.5)).toEqual([0, 1]);
    expect(suppressBoxes([], [], 0.5)).toEqual([]);
  });
});

describe("Everything", () => {
  let segmenter: PromptSegmenter;
  const scene = { width: 120, height: 90, data: new Uint8ClampedArray(120 * 90 * 4).fill(40) };
  const things = [
    { x: 10, y: 10, width: 30, height: 20, color: [220, 40, 40] },
    { x: 60, y: 40, width: 40, height: 40, color: [40, 220, 40] },
    { x: 90, y: 5, width: 20, height: 20, color: [60, 60, 230] },
  ];
  for (const { x, y, width, height, color } of things) {
    for (let row = y; row < y + height; ++row)
      for (let i = x; i < x + width; ++i) scene.data.set(color, (row * 120 + i) * 4);
  }

  beforeAll(async () => {
    await loadCore();
    segmenter = await openPromptModel("sam_transformers");
    await segmenter.setImage(scene);
  });
  afterAll(() => segmenter?.dispose());

  it("KnownScene_FindsEveryThingAndTheGround", async () => {
    const progress: number[] = [];
    const options = {
      gridSize: 8,
      predictedIouThreshold: 0.5,
      stabilityThreshold: 0.6,
      onProgress: ({ done }: { done: number }) => progress.push(done),
    };
    const found = await segmenter.everything(options);
    for (const { x, y, width, height } of things) {
      const box = { x1: x, y1: y, x2: x + width, y2: y + height };
      expect(found.filter((candidate) => boxIou(candidate.box, box) > 0.85)).toHaveLength(1);
    }
    expect(progress).toEqual([0, 64]);
    const ious = found.map(({ predictedIou }) => predictedIou);
    expect(ious).toEqual([...ious].sort((a, b) => b - a));
    for (const { mask, lowResMask } of found)
      expect([mask.sourceWidth, mask.sourceHeight, lowResMask]).toEqual([120, 90, undefined]);
  });

  it("Thresholds_Filter", async () => {
    const all = await segmenter.everything({
      gridSize: 4,
      predictedIouThreshold: 0,
      stabilityThreshold: 0,
      boxIouThreshold: 1,
    });
    const some = await segmenter.everything({
      gridSize: 4,
      predictedIouThreshold: 0.9,
      stabilityThreshold: 0,
      boxIouThreshold: 1,
    });
    expect(some.length).toBeGreaterThan(0);
    expect(some.length).toBe(all.filter(({ predictedIou }) => predictedIou > 0.9).length);
    const stable = await segmenter.everything({
      gridSize: 4,
      predictedIouThreshold: 0,
      stabilityThreshold: 0.93,
      boxIouThreshold: 1,
    });
    expect(stable.length).toBe(all.filter(({ stabilityScore }) => stabilityScore >= 0.93).length);
    expect(await segmenter.everything({ gridSize: 2, predictedIouThreshold: 2 })).toEqual([]);
  });

  it("CropLayer_GivesMasksInPixelsOfTheWhole", async () => {
    const found = await segmenter.everything({
      gridSize: 8,
      predictedIouThreshold: 0.5,
      stabilityThreshold: 0.6,
      cropLayers: 1,
    });
    for (const { box, mask } of found) {
      const { x, y, width, height } = mask.bounds();
      expect(box).toEqual({ x1: x, y1: y, x2: x + width, y2: y + height });
      expect([mask.sourceWidth, mask.sourceHeight]).toEqual([120, 90]);
    }
    expect(found.some(({ mask }) => mask.contains(25, 20))).toBe(true);
  });

  it("MaskIou_RemovesDoubles", async () => {
    const options = {
      gridSize: 8,
      predictedIouThreshold: 0,
      stabilityThreshold: 0,
      boxIouThreshold: 1,
    };
    const all = await segmenter.everything(options);
    const different = await segmenter.everything({ ...options, maskIouThreshold: 0.8 });
    expect(different.length).toBeLessThan(all.length);
    for (const [i, a] of different.entries())
      for (const b of different.slice(i + 1)) expect(a.mask.iou(b.mask)).toBeLessThanOrEqual(0.8);
  });

  it("MinArea_LeavesNoSmallRegions", async () => {
    const core = await loadCore();
    const found = await segmenter.everything({
      gridSize: 6,
      predictedIouThreshold: 0,
      stabilityThreshold: 0,
      minArea: 60,
    });
    expect(found.length).toBeGreaterThan(0);
    for (const { mask, box } of found) {
      expect(core.masks.intersectionArea(mask, core.masks.removeSmallRegions(mask, 60))).toBe(
        mask.area,
      );
      const { x, y, width, height } = mask.bounds();
      expect(box).toEqual({ x1: x, y1: y, x2: x + width, y2: y + height });
    }
  });

  it("Abort_EndsIt_AndTheNextCallWorks", async () => {
    const controller = new AbortController();
    const call = segmenter.everything({
      gridSize: 32,
      signal: controller.signal,
      onProgress: ({ done }) => done > 0 && controller.abort(),
    });
    await expect(call).rejects.toMatchObject({ code: "aborted" });
    expect(
      await segmenter.everything({ gridSize: 2, predictedIouThreshold: 0, stabilityThreshold: 0 }),
    ).not.toHaveLength(0);
  });

  it.each([
    ["gridSize", 0],
    ["gridSize", 1.5],
    ["stabilityThreshold", 1.1],
    ["boxIouThreshold", -0.1],
    ["maskIouThreshold", Number.NaN],
    ["minArea", -1],
    ["cropLayers", 5],
    ["predictedIouThreshold", Number.NaN],
  ])("Setting_%s_%s_IsTyped", async (name, value) => {
    await expect(segmenter.everything({ [name]: value })).rejects.toMatchObject({
      code: "badOption",
      value,
    });
  });

  it("Photo_OfTheGoldens_KeepsEveryShapeApart", async () => {
    await segmenter.setImage(readFileSync(goldenFile("shapes.png")));
    const found = await segmenter.everything({
      gridSize: 16,
      predictedIouThreshold: 0.5,
      stabilityThreshold: 0.5,
    });
    expect(found.length).toBeGreaterThan(2);
  });
});
