import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  builtInPromptModels,
  type PredictOptions,
  type PromptCandidate,
  PromptSegmenter,
  type RgbaImage,
} from "../../web/index.js";
import { goldenFile, openPromptModel, promptModel } from "./prompt_models.js";
import { sceneMask } from "./scenes.js";

type Rgb = readonly [number, number, number];

/** A plain image with a rectangle. */
function image(
  width: number,
  height: number,
  thing = { x: 0, y: 0, width: 0, height: 0 },
  color: Rgb = [220, 30, 30],
): RgbaImage {
  const data = new Uint8ClampedArray(width * height * 4).fill(60);
  for (let y = thing.y; y < thing.y + thing.height; ++y) {
    for (let x = thing.x; x < thing.x + thing.width; ++x) data.set(color, (y * width + x) * 4);
  }
  return { width, height, data };
}

const at = (x: number, y: number, label: "foreground" | "background" = "foreground") => ({
  x,
  y,
  label,
});
const red = image(64, 48, { x: 10, y: 8, width: 20, height: 16 });

const desk = () =>
  new Uint8Array(
    readFileSync(fileURLToPath(new URL("../data/scenes/scene_desk.jpg", import.meta.url))),
  );

const opened: PromptSegmenter[] = [];
async function open(options = {}): Promise<PromptSegmenter> {
  const segmenter = await openPromptModel("sam", options);
  opened.push(segmenter);
  return segmenter;
}
afterEach(() => Promise.all(opened.splice(0).map((segmenter) => segmenter.dispose())));

describe("PromptSegmenter", () => {
  let segmenter: PromptSegmenter;
  beforeAll(async () => {
    segmenter = await openPromptModel("sam");
    await segmenter.setImage(red);
  });
  afterAll(() => segmenter?.dispose());

  it("Info_SaysWhatItIs", () => {
    const { family, variant, files, preprocessing, takes, maskSize } = segmenter.info;
    expect([family, variant, files.map(({ part }) => part)]).toEqual([
      "sam",
      "split",
      ["encoder", "decoder"],
    ]);
    expect(preprocessing).toMatchObject({
      width: 1024,
      height: 1024,
      resizeMode: "letterbox-top-left",
      fill: [123.675, 116.28, 103.53],
    });
    expect(takes).toEqual({ boxes: true, background: true, masks: true });
    expect([maskSize, segmenter.device]).toEqual([{ width: 256, height: 256 }, "wasm"]);
  });

  it("OnePoint_GivesThree_MorePromptsGiveOne", async () => {
    const count = async (options: PredictOptions) =>
      (await segmenter.predict(options)).candidates.length;
    expect(await count({ points: [at(20, 16)] })).toBe(3);
    expect(await count({ points: [at(20, 16), at(2, 2, "background")] })).toBe(1);
    expect(await count({ box: { x1: 10, y1: 8, x2: 30, y2: 24 } })).toBe(1);
    expect(await count({ points: [at(20, 16)], multimask: false })).toBe(1);
    expect(await count({ points: [at(20, 16), at(21, 16)], multimask: true })).toBe(3);
  });

  it("Result_HasTheImageSize_AndTimes", async () => {
    const { width, height, device, timingsMs, candidates } = await segmenter.predict({
      points: [at(20, 16)],
      soft: true,
    });
    expect([width, height, device]).toEqual([64, 48, "wasm"]);
    const { total, ...parts } = timingsMs;
    expect(Object.values(parts).reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(total, 6);
    for (const { mask, box, stabilityScore } of candidates) {
      expect(mask.contains(20, 16)).toBe(true);
      expect(mask.coverage).toHaveLength(mask.width * mask.height);
      expect([mask.sourceWidth, mask.sourceHeight]).toEqual([64, 48]);
      expect(box.x1).toBeGreaterThanOrEqual(9);
      expect(stabilityScore).toBeGreaterThan(0);
      expect(stabilityScore).toBeLessThanOrEqual(1);
    }
  });

  it("Corners_OfTheImage_AreInside", async () => {
    for (const [x, y] of [
      [0, 0],
      [64, 0],
      [0, 48],
      [64, 48],
    ] as const) {
      expect(
        (await segmenter.predict({ points: [at(x, y)] })).candidates[0]!.mask.area,
      ).toBeGreaterThan(0);
    }
    const whole = await segmenter.segmentBoxes([{ x1: 0, y1: 0, x2: 64, y2: 48 }]);
    expect(whole).toHaveLength(1);
  });

  it.each([
    [{}, 0],
    [{ points: [] }, 0],
    [{ points: [at(-0.1, 5)] }, -0.1],
    [{ points: [at(5, 48.5)] }, 48.5],
    [{ points: [at(Number.NaN, 5)] }, Number.NaN],
    [{ points: [at(5, 5), at(65, 5)] }, 65],
    [{ points: [{ x: 1, y: 1, label: "fg" as "foreground" }] }, "fg"],
    [{ box: { x1: 5, y1: 5, x2: 5, y2: 9 } }, "(5, 5, 5, 9)"],
    [{ box: { x1: 5, y1: 5, x2: 70, y2: 9 } }, "(5, 5, 70, 9)"],
    [{ points: [at(1, 1)], mask: { width: 2, height: 2, logits: new Float32Array(4) } }, 4],
    [
      { points: [at(1, 1)], mask: { width: 256, height: 256, logits: new Float32Array(4) } },
      "256 x 256 with 4 values",
    ],
  ] as [PredictOptions, number | string][])("Prompt_%j_IsTyped", async (options, value) => {
    await expect(segmenter.predict(options)).rejects.toMatchObject({ code: "badOption", value });
    expect((await segmenter.predict({ points: [at(20, 16)] })).candidates).toHaveLength(3);
  });

  it("Boxes_KeepTheirOrder_AndEmptyGivesEmpty", async () => {
    const [thing, ground] = await segmenter.segmentBoxes([
      { x1: 9, y1: 7, x2: 31, y2: 25 },
      { x1: 40, y1: 30, x2: 60, y2: 46 },
    ]);
    expect(thing!.mask.contains(20, 16)).toBe(true);
    expect(ground!.mask.contains(50, 38)).toBe(true);
    expect(await segmenter.segmentBoxes([])).toEqual([]);
    await expect(
      segmenter.segmentBoxes([{ x1: 0, y1: 0, x2: 1, y2: Number.NaN }]),
    ).rejects.toMatchObject({ code: "badOption" });
  });

  it("Feedback_ChangesTheResult", async () => {
    await segmenter.setImage(readFileSync(goldenFile("square.png")));
    const first = await segmenter.predict({ points: [at(60, 60)] });
    const again = await segmenter.predict({
      points: [at(60, 60)],
      mask: first.candidates[0]!.lowResMask!,
      multimask: true,
    });
    expect(again.candidates.map(({ predictedIou }) => predictedIou)).not.toEqual(
      first.candidates.map(({ predictedIou }) => predictedIou),
    );
    await segmenter.setImage(red);
  });

  it("Abort_RejectsAtOnce_AndTheNextCallWorks", async () => {
    const controller = new AbortController();
    const calls = [
      segmenter.predict({ points: [at(20, 16)], signal: controller.signal }),
      segmenter.setImage(image(31, 9), { signal: controller.signal }),
      segmenter.segmentBoxes([{ x1: 0, y1: 0, x2: 9, y2: 9 }], { signal: controller.signal }),
    ];
    controller.abort(new Error("enough"));
    for (const call of calls)
      await expect(call).rejects.toMatchObject({ code: "aborted", cause: new Error("enough") });
    expect((await segmenter.predict({ points: [at(20, 16)] })).width).toBe(64);
  });

  it("OverlappingCalls_KeepTheirImages", async () => {
    const sizes = [
      [20, 30],
      [30, 20],
      [25, 25],
      [20, 30],
    ] as const;
    const answers = sizes.flatMap(([width, height]) => {
      const set = segmenter.setImage(image(width, height));
      return [
        set.then((result) => [result.width, result.height]),
        segmenter.predict({ points: [at(5, 5)] }).then((result) => [result.width, result.height]),
      ];
    });
    expect(await Promise.all(answers)).toEqual(sizes.flatMap((size) => [size, size]));
    await segmenter.setImage(red);
  });

  it.each([
    [1, 1],
    [1, 300],
    [300, 1],
    [7, 5],
  ])("Image_%dx%d_Works", async (width, height) => {
    await segmenter.setImage(image(width, height));
    const { candidates } = await segmenter.predict({ points: [at(width / 2, height / 2)] });
    const [{ mask, box }] = candidates as [PromptCandidate];
    // The network mixes a single line of pixels with the padding beside it.
    const isLine = Math.min(width, height) === 1 && width !== height;
    expect(mask.area).toBeGreaterThanOrEqual(isLine ? 1 : width * height);
    expect(mask.contains(width / 2, height / 2)).toBe(true);
    expect([box.x2 <= width, box.y2 <= height, mask.sourceWidth, mask.sourceHeight]).toEqual([
      true,
      true,
      width,
      height,
    ]);
    await segmenter.setImage(red);
  });

  it("Cache_KnowsImagesByTheirPixels", async () => {
    expect((await segmenter.setImage(red)).fromCache).toBe(true);
    expect((await segmenter.setImage({ ...red, data: red.data.slice() })).fromCache).toBe(true);
    const other = { ...red, data: red.data.slice() };
    other.data[0]! ^= 1;
    const set = await segmenter.setImage(other);
    expect([set.fromCache, set.timingsMs.inference > 0]).toEqual([false, true]);
    // Same bytes, other sides.
    expect((await segmenter.setImage({ width: 48, height: 64, data: red.data })).fromCache).toBe(
      false,
    );
    await segmenter.setImage(red);
  });

  it("BadSource_LeavesTheImageInUse", async () => {
    await expect(segmenter.setImage(new Uint8Array(10))).rejects.toMatchObject({
      code: "badImageFile",
    });
    expect((await segmenter.predict({ points: [at(20, 16)] })).width).toBe(64);
  });
});

describe("PromptSegmenter's life", () => {
  it("NoImage_IsTyped", async () => {
    const segmenter = await open();
    await expect(segmenter.predict({ points: [at(1, 1)] })).rejects.toMatchObject({
      code: "noImage",
    });
    await expect(segmenter.everything()).rejects.toMatchObject({ code: "noImage" });
    await expect(segmenter.session().addPoint(at(1, 1))).rejects.toMatchObject({ code: "noImage" });
  });

  it("Eviction_TakesTheLeastRecentlyUsed", async () => {
    const segmenter = await open({ cacheSize: 2 });
    const [a, b, c] = [image(10, 10), image(11, 10), image(12, 10)];
    await segmenter.setImage(a);
    const session = segmenter.session();
    await segmenter.setImage(b);
    await segmenter.setImage(a);
    await segmenter.setImage(c);
    expect((await segmenter.setImage(a)).fromCache).toBe(true);
    expect((await segmenter.setImage(b)).fromCache).toBe(false);
    expect((await segmenter.setImage(c)).fromCache).toBe(false);
    // The session's image is gone by now.
    await expect(session.addPoint(at(1, 1))).rejects.toMatchObject({ code: "noImage" });
    await segmenter.setImage(a);
    expect((await session.addPoint(at(1, 1)))!.width).toBe(10);
  });

  it("ChangedPixels_OfTheCaller_DoNoHarm", async () => {
    const segmenter = await open();
    const mine = image(40, 40, { x: 0, y: 0, width: 20, height: 40 });
    await segmenter.setImage(mine);
    mine.data.fill(0);
    const found = await segmenter.everything({
      gridSize: 2,
      predictedIouThreshold: 0,
      stabilityThreshold: 0,
      cropLayers: 1,
      maskIouThreshold: 0.5,
    });
    expect(found.some(({ box }) => box.x2 - box.x1 < 30)).toBe(true);
  });

  it("Disposed_RefusesCalls_AndMayBeDisposedTwice", async () => {
    const segmenter = await open();
    await segmenter.setImage(red);
    const session = segmenter.session();
    await segmenter.dispose();
    await segmenter.dispose();
    for (const call of [
      segmenter.setImage(red),
      segmenter.predict({ points: [at(1, 1)] }),
      segmenter.segmentBoxes([]),
      segmenter.everything(),
      session.addPoint(at(1, 1)),
    ]) {
      await expect(call).rejects.toMatchObject({ code: "disposed" });
    }
    expect(() => segmenter.session()).toThrow(expect.objectContaining({ code: "disposed" }));
  });

  it("DisposeDuringCalls_EndsThem", async () => {
    const segmenter = await open();
    await segmenter.setImage(red);
    const calls = [segmenter.setImage(image(9, 9)), segmenter.everything({ gridSize: 16 })];
    const ended = Promise.allSettled(calls);
    await segmenter.dispose();
    for (const outcome of await ended) {
      if (outcome.status === "rejected")
        expect(outcome.reason).toMatchObject({ code: expect.stringMatching(/disposed|noImage/) });
    }
  });

  it.each([
    [{ cacheSize: 0 }, 0],
    [{ inputSize: 512 }, 512],
    [{ device: "gpu" }, "gpu"],
    [{ preprocessing: { resizeMode: "stretch" } }, "stretch"],
    [{ preprocessing: { std: [1, 0, 1] } }, "1,0,1"],
  ])("Option_%j_IsTyped", async (options, value) => {
    await expect(openPromptModel("sam", options as object)).rejects.toMatchObject({
      code: "badOption",
      value,
    });
  });

  it("Halves_ThatAreMissingOrDoubled_AreTyped", async () => {
    const create = (options: object) =>
      PromptSegmenter.create({ device: "wasm", ...options } as never);
    await expect(create({ encoder: promptModel("sam_encoder") })).rejects.toMatchObject({
      code: "badOption",
      message: expect.stringContaining("decoder"),
    });
    const decoder = promptModel("sam_decoder");
    await expect(create({ decoder })).rejects.toMatchObject({
      code: "badOption",
      message: expect.stringContaining("encoder"),
    });
    await expect(create({ model: decoder, decoder })).rejects.toMatchObject({ code: "badOption" });
    await expect(create({ encoder: decoder, decoder: promptModel("sam_encoder") })).rejects.toThrow(
      /swapped/,
    );
  });

  it("InputSize_OfAnOpenGraph_CanBeChosen", async () => {
    const segmenter = await openPromptModel("sam_raw", { inputSize: 1024 });
    expect(segmenter.info.preprocessing).toMatchObject({
      width: 1024,
      height: 1024,
      mean: [0, 0, 0],
    });
    await segmenter.dispose();
    await expect(openPromptModel("sam_raw", { inputSize: 9 })).rejects.toMatchObject({
      code: "badOption",
      value: 9,
    });
    await expect(openPromptModel("efficient_sam", { inputSize: 512 })).rejects.toMatchObject({
      code: "badOption",
    });
  });

  it("WithoutAModel_TheFirstBuiltInOneIsTaken", async () => {
    const segmenter = await PromptSegmenter.create();
    opened.push(segmenter);
    const { encoder, decoder } = builtInPromptModels[0];
    expect(segmenter.info.files.map(({ sha256 }) => sha256)).toEqual([
      encoder.sha256,
      decoder.sha256,
    ]);
    await segmenter.setImage(desk());
    // Its own thresholds are those of its card, unless others are asked for.
    const { predictedIouThreshold = 1, stabilityThreshold = 1 } = builtInPromptModels[0].everything;
    const scores = (found: readonly PromptCandidate[]) =>
      found.map(({ predictedIou }) => predictedIou);
    const found = await segmenter.everything({ gridSize: 8 });
    expect(scores(found)).toEqual(
      scores(
        await segmenter.everything({ gridSize: 8, predictedIouThreshold, stabilityThreshold }),
      ),
    );
    expect(found.length).toBeGreaterThan(3);
    expect(Math.min(...scores(found))).toBeGreaterThan(predictedIouThreshold);
    expect(await segmenter.everything({ gridSize: 8, predictedIouThreshold: 1 })).toEqual([]);
  });

  it.each(builtInPromptModels.map(({ name }) => name))(
    "BuiltIn_%s_FindsTheCupOfTheDesk",
    async (model) => {
      const segmenter = await PromptSegmenter.create({ model });
      opened.push(segmenter);
      await segmenter.setImage(desk());
      const truth = sceneMask("scene_desk.jpg", "cup");
      const { candidates } = await segmenter.predict({ points: [at(232, 584)] });
      expect(Math.max(...candidates.map(({ mask }) => mask.iou(truth)))).toBeGreaterThan(0.7);
      const { x, y, width, height } = truth.bounds();
      const [boxed] = await segmenter.segmentBoxes([
        { x1: x, y1: y, x2: x + width, y2: y + height },
      ]);
      expect(boxed!.mask.iou(truth)).toBeGreaterThan(0.7);
    },
    180_000,
  );
});
