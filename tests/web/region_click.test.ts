import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CocoDataset,
  decodeImage,
  loadCore,
  Mask,
  type PromptCandidate,
  PromptSegmenter,
} from "../../web/index.js";
import { goldenFile, readPromptGolden } from "./prompt_models.js";
import { sharedFile } from "./shared_data.js";

let segmenter: PromptSegmenter;
beforeAll(async () => {
  await loadCore();
  segmenter = await PromptSegmenter.create({ model: "region-click", device: "wasm" });
});
afterAll(() => segmenter?.dispose());

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const areas = (candidates: readonly PromptCandidate[]) => candidates.map(({ mask }) => mask.area);

describe("region-click on seven shapes of one color each", () => {
  const golden = readPromptGolden("shapes", "longest");
  let shapes: { point: { x: number; y: number }; shape: Mask }[] = [];
  const foreground = (x: number, y: number) => ({ x, y, label: "foreground" as const });

  beforeAll(async () => {
    shapes = golden.prompts.map(({ points, tokens }) => ({
      point: points[0]!,
      shape: Mask.fromRle(tokens[2]!.rle),
    }));
    await segmenter.setImage(goldenFile(golden.picture));
  });

  // The long bar at the bottom is cut short: no guess of the thing's size is that long and thin.
  it("ClickOnEachShape_GivesTheShape_AndMostOfTheBar", async () => {
    const best: number[] = [];
    for (const { point, shape } of shapes) {
      const { candidates } = await segmenter.predict({ points: [foreground(point.x, point.y)] });
      expect(candidates).toHaveLength(3);
      best.push(Math.max(...candidates.map(({ mask }) => mask.iou(shape))));
    }
    expect(best.filter((iou) => iou > 0.9)).toHaveLength(6);
    expect(Math.min(...best)).toBeGreaterThan(0.7);
  });

  it("BoxAroundEachShape_GivesTheShape", async () => {
    const boxes = shapes.map(({ shape }) => {
      const { x, y, width, height } = shape.bounds();
      return {
        x1: Math.max(0, x - 4),
        y1: Math.max(0, y - 4),
        x2: Math.min(320, x + width + 4),
        y2: Math.min(240, y + height + 4),
      };
    });
    const found = await segmenter.segmentBoxes(boxes);
    for (const [k, { mask }] of found.entries())
      expect(mask.iou(shapes[k]!.shape)).toBeGreaterThan(0.95);
  });

  it("BackgroundPoint_TakesItsShapeAway", async () => {
    const [first, second] = [shapes[0]!.point, shapes[2]!.point];
    const points = [foreground(first.x, first.y), foreground(second.x, second.y)];
    const [both] = (await segmenter.predict({ points, multimask: false })).candidates;
    expect(both!.mask.contains(second.x, second.y)).toBe(true);
    const less = [...points.slice(0, 1), { ...second, label: "background" as const }];
    const [one] = (await segmenter.predict({ points: less, multimask: false })).candidates;
    expect(one!.mask.contains(first.x, first.y)).toBe(true);
    expect(one!.mask.contains(second.x, second.y)).toBe(false);
  });

  it("MaskFedBack_ChangesTheAnswer", async () => {
    const points = [foreground(160, 150)];
    const { candidates } = await segmenter.predict({ points });
    const again = await segmenter.predict({
      points,
      mask: candidates[2]!.lowResMask!,
      multimask: true,
    });
    expect(areas(again.candidates)).not.toEqual(areas(candidates));
  });

  it("OnlyABackgroundPoint_GivesNothing", async () => {
    const { candidates } = await segmenter.predict({
      points: [{ x: 50, y: 50, label: "background" }],
      multimask: true,
    });
    expect(Math.max(...areas(candidates))).toBe(0);
  });
});

const annotations = sharedFile("coco-train/instances.json");

describe.skipIf(annotations === undefined)("region-click on photos", () => {
  it("BoxesOfObjects_AreFilledBetterThanByTheBoxItself", async () => {
    const truth = JSON.parse(readFileSync(annotations!, "utf8")) as CocoDataset;
    const [own, whole]: [number[], number[]] = [[], []];
    for (const { id, file_name } of truth.images.slice(0, 12)) {
      const objects = truth.annotations.filter(
        ({ image_id, iscrowd, area }) => image_id === id && !iscrowd && area! > 4000,
      );
      const image = await decodeImage(sharedFile(`coco-train/images/${file_name}`)!);
      await segmenter.setImage(image);
      const boxes = objects.map(({ bbox: [x, y, width, height] }) => ({
        x1: x,
        y1: y,
        x2: x + width,
        y2: y + height,
      }));
      const found = await segmenter.segmentBoxes(boxes);
      for (const [k, { segmentation }] of objects.entries()) {
        const wanted = Mask.fromCocoPolygons(segmentation as number[][], image);
        const { x1, y1, x2, y2 } = boxes[k]!;
        own.push(found[k]!.mask.iou(wanted));
        whole.push(Mask.fromPolygons([[x1, y1, x2, y1, x2, y2, x1, y2]], image).iou(wanted));
      }
    }
    expect(own.length).toBeGreaterThan(12);
    expect(mean(own)).toBeGreaterThan(mean(whole) + 0.03);
  });
});
