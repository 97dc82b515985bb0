import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Box,
  type BoxSegmenter,
  Mask,
  type PromptSegmenter,
  Segmenter,
} from "../../web/index.js";
import { openPromptModel } from "./prompt_models.js";

const tiny = (name: string) =>
  fileURLToPath(new URL(`../data/tiny_models/${name}`, import.meta.url));
const squares = tiny("squares.png");

/** Answers with the left half of each box, or as `answer` says. */
function fake(
  answer: (box: Box, i: number) => { mask: Mask; box: Box } = leftHalf,
): BoxSegmenter & { calls: Box[][] } {
  const calls: Box[][] = [];
  const segmentBoxesIn: BoxSegmenter["segmentBoxesIn"] = async (_, boxes) => {
    calls.push([...boxes]);
    return boxes.map(answer);
  };
  return { calls, segmentBoxesIn };
}

function leftHalf({ x1, y1, x2, y2 }: Box): { mask: Mask; box: Box } {
  const box = { x1, y1, x2: (x1 + x2) / 2, y2 };
  const crop = { x: x1, y: y1, width: box.x2 - x1, height: y2 - y1 };
  const runs = Uint32Array.of(0, crop.width * crop.height);
  return { box, mask: Mask.from({ ...crop, sourceWidth: 64, sourceHeight: 64, runs }) };
}

const empty = () => ({
  box: { x1: 0, y1: 0, x2: 0, y2: 0 },
  mask: Mask.from({
    x: 0,
    y: 0,
    width: 0,
    height: 0,
    sourceWidth: 64,
    sourceHeight: 64,
    runs: new Uint32Array(0),
  }),
});

describe("segmentWith", () => {
  let segmenter: Segmenter;
  beforeAll(async () => {
    segmenter = await Segmenter.create({ model: tiny("dense.onnx"), device: "wasm" });
  });
  afterAll(() => segmenter?.dispose());

  it("Masks_AreThoseOfTheSecondStep_ScoresAndClassesStay", async () => {
    const before = await segmenter.segment(squares);
    const second = fake();
    const after = await segmenter.segment(squares, { segmentWith: second });
    expect(second.calls).toEqual([before.instances.map(({ box }) => box)]);
    expect(after.instances.map(({ label, classId, score }) => ({ label, classId, score }))).toEqual(
      before.instances.map(({ label, classId, score }) => ({ label, classId, score })),
    );
    for (const [i, { box, mask }] of after.instances.entries()) {
      expect(box.x2 - box.x1).toBe(8);
      expect(mask.area).toBe(8 * 16);
      expect(box.x1).toBe(before.instances[i]!.box.x1);
    }
    expect(after.timingsMs.secondStep).toBeGreaterThanOrEqual(0);
    const { total, ...parts } = after.timingsMs;
    expect(Object.values(parts).reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(total, 6);
  });

  it("NothingFound_KeepsTheDetectorsMask", async () => {
    const before = await segmenter.segment(squares);
    const after = await segmenter.segment(squares, {
      segmentWith: fake((box, i) => (i === 1 ? empty() : leftHalf(box))),
    });
    expect(after.instances[1]).toEqual(before.instances[1]);
    expect(after.instances[0]!.mask.area).toBe(128);
  });

  it("NoInstances_AskNobody", async () => {
    const second = fake();
    const black = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 4) };
    expect((await segmenter.segment(black, { segmentWith: second })).instances).toEqual([]);
    expect(second.calls).toEqual([]);
  });

  it("FailureOfTheSecondStep_IsTheCalls_AndTheNextWorks", async () => {
    const segmentWith = { segmentBoxesIn: () => Promise.reject(new Error("broken")) };
    await expect(segmenter.segment(squares, { segmentWith })).rejects.toThrow("broken");
    expect((await segmenter.segment(squares)).instances).toHaveLength(3);
  });

  it("Abort_BetweenTheSteps_EndsTheCall", async () => {
    const controller = new AbortController();
    const segmentWith = fake();
    const call = segmenter.segment(squares, { segmentWith, signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: "aborted" });
    expect(segmentWith.calls).toEqual([]);
  });

  it("Batch_EveryImageHasASecondStep", async () => {
    const second = fake();
    const results = await segmenter.segmentBatch([squares, squares], { segmentWith: second });
    expect(second.calls).toHaveLength(2);
    for (const { instances } of results)
      expect(instances.map(({ mask }) => mask.area)).toEqual([128, 128, 128]);
  });
});

describe("segmentWith a PromptSegmenter", () => {
  let segmenter: Segmenter;
  let prompts: PromptSegmenter;
  beforeAll(async () => {
    segmenter = await Segmenter.create({ model: tiny("dense.onnx"), device: "wasm" });
    prompts = await openPromptModel("sam");
  });
  afterAll(() => Promise.all([segmenter?.dispose(), prompts?.dispose()]));

  it("Squares_AreFoundInTheirBoxes_AndTheImageInUseStays", async () => {
    const other = { width: 8, height: 6, data: new Uint8ClampedArray(8 * 6 * 4).fill(90) };
    await prompts.setImage(other);
    const { instances } = await segmenter.segment(squares, { segmentWith: prompts });
    expect(instances).toHaveLength(3);
    for (const { box, mask } of instances) {
      const { x, y, width, height } = mask.bounds();
      expect(box).toEqual({ x1: x, y1: y, x2: x + width, y2: y + height });
      expect(Math.abs(mask.area - 256)).toBeLessThan(40);
    }
    expect(await prompts.predict({ points: [{ x: 4, y: 3, label: "foreground" }] })).toMatchObject({
      width: 8,
      height: 6,
    });
  });
});
