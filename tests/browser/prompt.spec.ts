import { expect } from "@playwright/test";
import { test } from "./engines/test.js";
import { open } from "./tiny_models.js";

const files = (name: string) =>
  [`/data/prompt_models/${name}_encoder.onnx`, `/data/prompt_models/${name}_decoder.onnx`] as const;
const sam = files("sam");

for (const worker of [true, false]) {
  test(`Prompts_${worker ? "InAWorker" : "OnTheCallersThread"}_FindTheObject`, async ({ page }) => {
    const problems = await open(page);
    const state = await page.evaluate(
      async ([encoder, decoder, worker]) => {
        const { masklet, kit } = window;
        const segmenter = await masklet.PromptSegmenter.create({ encoder, decoder, worker });
        const image = kit.image([{ x: 16, y: 32, color: "red" }]);
        const set = [await segmenter.setImage(image), await segmenter.setImage(image)];
        const click = { x: 24, y: 40, label: "foreground" } as const;
        const { candidates, device } = await segmenter.predict({ points: [click], soft: true });
        const session = segmenter.session();
        await session.addPoint(click);
        const first = session.mask!.area;
        await session.addPoint({ x: 4, y: 4, label: "background" });
        await session.undo();
        const undone = session.mask!.area;
        const [boxed] = await segmenter.segmentBoxes([{ x1: 16, y1: 32, x2: 32, y2: 48 }]);
        const progress: number[] = [];
        const found = await segmenter.everything({
          gridSize: 4,
          predictedIouThreshold: 0.5,
          stabilityThreshold: 0.5,
          onProgress: ({ done }) => progress.push(done),
        });
        const failure = await kit.failure(() =>
          segmenter.predict({ points: [{ x: 65, y: 0, label: "foreground" }] }),
        );
        await segmenter.dispose();
        const disposed = await kit.failure(() => segmenter.predict({ points: [click] }));
        return {
          fromCache: set.map((one) => one.fromCache),
          areas: candidates.map(({ mask }) => mask.area),
          inside: candidates.every(
            ({ mask }) =>
              mask.contains(24, 40) && mask.coverage?.length === mask.width * mask.height,
          ),
          lowRes: candidates[0]!.lowResMask?.logits.length,
          methods: candidates[0]!.mask.iou(candidates[0]!.mask),
          same: first === undone,
          boxed: boxed!.mask.area,
          objects: found.length,
          rle: found[0]!.mask.toRle().size,
          progress,
          device,
          failure,
          disposed,
        };
      },
      [...sam, worker] as const,
    );
    expect(state).toMatchObject({
      fromCache: [false, true],
      inside: true,
      lowRes: 65_536,
      methods: 1,
      same: true,
      rle: [64, 64],
      progress: [0, 16],
      device: "wasm",
      failure: { code: "badOption" },
      disposed: { code: "disposed" },
    });
    expect(state.areas).toHaveLength(3);
    for (const area of state.areas) expect(Math.abs(area - 256)).toBeLessThan(40);
    expect(Math.abs(state.boxed - 256)).toBeLessThan(40);
    expect(state.objects).toBeGreaterThanOrEqual(2);
    expect(problems).toEqual([]);
  });
}

test("WorkerTerminated_PromptsFailWithNoImage_AndTheNextImageWorks", async ({ page }) => {
  await open(page);
  const state = await page.evaluate(async ([encoder, decoder]) => {
    const { masklet, kit } = window;
    const workers: Worker[] = [];
    const RealWorker = window.Worker;
    window.Worker = class extends RealWorker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        workers.push(this);
      }
    };
    const segmenter = await masklet.PromptSegmenter.create({ encoder, decoder });
    const image = kit.image([{ x: 16, y: 32, color: "red" }]);
    const points = [{ x: 24, y: 40, label: "foreground" as const }];
    await segmenter.setImage(image);
    const pending = kit.failure(() => segmenter.predict({ points }));
    await new Promise((resolve) => setTimeout(resolve, 0));
    workers[0]!.terminate();
    const failure = await pending;
    const gone = await kit.failure(() => segmenter.predict({ points }));
    await segmenter.setImage(image);
    const { candidates } = await segmenter.predict({ points });
    await segmenter.dispose();
    return { failure, gone, count: candidates.length, workers: workers.length };
  }, sam);
  expect(state).toMatchObject({
    failure: { code: "workerFailed" },
    gone: { code: "noImage" },
    count: 3,
    workers: 2,
  });
});

test("Abort_InAWorker_EndsALongCall_AndTheNextWorks", async ({ page }) => {
  await open(page);
  const state = await page.evaluate(async ([encoder, decoder]) => {
    const { masklet, kit } = window;
    const segmenter = await masklet.PromptSegmenter.create({ encoder, decoder });
    await segmenter.setImage(kit.image([{ x: 16, y: 32, color: "red" }]));
    const controller = new AbortController();
    const failure = await kit.failure(() =>
      segmenter.everything({
        signal: controller.signal,
        onProgress: ({ done }) => done > 0 && controller.abort(new Error("enough")),
      }),
    );
    const { candidates } = await segmenter.predict({
      points: [{ x: 24, y: 40, label: "foreground" }],
    });
    await segmenter.dispose();
    return { failure, count: candidates.length };
  }, sam);
  expect(state).toMatchObject({ failure: { code: "aborted", cause: "Error: enough" }, count: 3 });
});

test("SegmentWith_InWorkers_FitsMasksAndBoxes", async ({ page }) => {
  await open(page);
  const areas = await page.evaluate(async ([encoder, decoder]) => {
    const { masklet, kit } = window;
    const [segmenter, prompts] = await Promise.all([
      masklet.Segmenter.create({ model: "/data/tiny_models/dense.onnx" }),
      masklet.PromptSegmenter.create({ encoder, decoder }),
    ]);
    const image = kit.image([
      { x: 16, y: 32, color: "red" },
      { x: 48, y: 0, color: "blue" },
    ]);
    const { instances } = await segmenter.segment(image, { segmentWith: prompts });
    await Promise.all([segmenter.dispose(), prompts.dispose()]);
    return instances.map(
      ({ mask, box }) => [mask.area, mask.bounds().width - (box.x2 - box.x1)] as const,
    );
  }, sam);
  expect(areas).toHaveLength(2);
  for (const [area, difference] of areas) {
    expect(Math.abs(area - 256)).toBeLessThan(40);
    expect(difference).toBe(0);
  }
});

test("Families_InTheBrowser_AnswerAlike", async ({ page }) => {
  test.slow();
  await open(page);
  const pairs = {
    sam,
    edge_sam: files("edge_sam"),
    efficient_sam: files("efficient_sam"),
    sam_transformers: [
      "/data/prompt_models/sam_hf_vision_encoder.onnx",
      "/data/prompt_models/sam_hf_prompt_encoder_mask_decoder.onnx",
    ],
    sam2: files("sam2_ort"),
    sam2_transformers: [
      "/data/prompt_models/sam2_hf_vision_encoder.onnx",
      "/data/prompt_models/sam2_hf_prompt_encoder_mask_decoder.onnx",
    ],
  } as const;
  const found = await page.evaluate(async (pairs) => {
    const { masklet, kit } = window;
    const results: Record<string, { family: string; area: number }> = {};
    for (const [name, [encoder, decoder]] of Object.entries(pairs)) {
      const segmenter = await masklet.PromptSegmenter.create({ encoder, decoder, worker: false });
      await segmenter.setImage(kit.image([{ x: 16, y: 32, color: "red" }]));
      const { candidates } = await segmenter.predict({
        points: [{ x: 24, y: 40, label: "foreground" }],
      });
      results[name] = { family: segmenter.info.family, area: candidates[0]!.mask.area };
      await segmenter.dispose();
    }
    return results;
  }, pairs);
  for (const [name, { family, area }] of Object.entries(found)) {
    expect(family).toBe(name);
    expect(Math.abs(area - 256)).toBeLessThan(40);
  }
  expect(Object.keys(found)).toHaveLength(6);
});
