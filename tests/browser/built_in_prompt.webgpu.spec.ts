import { expect, test } from "@playwright/test";
import { builtInPromptModels } from "../../web/model/built_in.js";
import { open } from "./tiny_models.js";

for (const { name } of builtInPromptModels) {
  test(`BuiltInPrompt_${name}OnWebgpu_AnswersAsOnWasm`, async ({ page }) => {
    // A software adapter compiles its shaders in a minute or two.
    test.setTimeout(600_000);
    await open(page);
    const state = await page.evaluate(async (model) => {
      const { masklet, kit } = window;
      const answers: Record<string, { area: number; predictedIou: number }[]> = {};
      const fallbacks: unknown[] = [];
      for (const device of ["wasm", "webgpu"] as const) {
        const segmenter = await masklet.PromptSegmenter.create({
          model,
          device,
          worker: false,
          allowSoftwareAdapter: true,
        });
        await segmenter.setImage(kit.image([{ x: 16, y: 32, color: "red" }]));
        const { candidates } = await segmenter.predict({
          points: [{ x: 24, y: 40, label: "foreground" }],
        });
        const boxed = await segmenter.segmentBoxes([{ x1: 13, y1: 29, x2: 35, y2: 51 }]);
        answers[device] = [...candidates, ...boxed].map(({ mask, predictedIou }) => ({
          area: mask.area,
          predictedIou,
        }));
        fallbacks.push(...segmenter.fallbacks);
        await segmenter.dispose();
      }
      return { answers, fallbacks };
    }, name);
    expect(state.fallbacks).toEqual([]);
    const { wasm = [], webgpu = [] } = state.answers;
    expect(webgpu).toHaveLength(4);
    for (const [k, { area, predictedIou }] of webgpu.entries()) {
      expect(Math.abs(area - wasm[k]!.area)).toBeLessThanOrEqual(2);
      expect(predictedIou).toBeCloseTo(wasm[k]!.predictedIou, 2);
    }
    // The square has 256 pixels.
    expect(Math.abs(wasm[3]!.area - 256)).toBeLessThan(64);
  });
}
