import { expect, test } from "@playwright/test";
import { open } from "./tiny_models.js";

const sam = ["/data/prompt_models/sam_encoder.onnx", "/data/prompt_models/sam_decoder.onnx"] as const;

/** What both devices must agree on. */
interface Answer {
  area: number;
  predictedIou: number;
  stability: number;
}

test("Prompts_OnWebgpu_AnswerAsOnWasm_WithTheEmbeddingOnTheGpu", async ({ page }) => {
  await open(page);
  const state = await page.evaluate(async ([encoder, decoder]) => {
    const { masklet, kit } = window;
    const answers: Record<string, Answer[]> = {};
    const devices: string[] = [];
    let fallbacks: unknown;
    for (const device of ["wasm", "webgpu"] as const) {
      const segmenter = await masklet.PromptSegmenter.create({ encoder, decoder, device, worker: false, allowSoftwareAdapter: true });
      await segmenter.setImage(kit.picture([{ x: 16, y: 32, colour: "red" }]));
      const first = await segmenter.predict({ points: [{ x: 24, y: 40, label: "foreground" }] });
      const mask = first.candidates[0]!.lowResMask!;
      const second = await segmenter.predict({ points: [{ x: 24, y: 40, label: "foreground" }], mask });
      devices.push(segmenter.device, first.device);
      answers[device] = [...first.candidates, ...second.candidates].map((one) => ({
        area: one.mask.area,
        predictedIou: one.predictedIou,
        stability: one.stabilityScore,
      }));
      fallbacks = segmenter.fallbacks;
      await segmenter.dispose();
    }
    return { answers, devices, fallbacks };
  }, sam);
  expect(state.devices).toEqual(["wasm", "wasm", "webgpu", "webgpu"]);
  expect(state.fallbacks).toEqual([]);
  const { wasm = [], webgpu = [] } = state.answers;
  expect(wasm).toHaveLength(4);
  for (const [i, answer] of webgpu.entries()) {
    expect(answer.area).toBe(wasm[i]!.area);
    expect(answer.predictedIou).toBeCloseTo(wasm[i]!.predictedIou, 3);
    expect(answer.stability).toBeCloseTo(wasm[i]!.stability, 3);
  }
});

test("DeviceLost_TheEmbeddingIsMadeAnew", async ({ page }) => {
  await open(page);
  const state = await page.evaluate(async ([encoder, decoder]) => {
    const { masklet, kit } = window;
    const devices: GPUDevice[] = [];
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...args) {
      const device = await requestDevice.apply(this, args);
      devices.push(device);
      return device;
    };
    const segmenter = await masklet.PromptSegmenter.create({
      encoder,
      decoder,
      device: "webgpu",
      worker: false,
      allowSoftwareAdapter: true,
    });
    await segmenter.setImage(kit.picture([{ x: 16, y: 32, colour: "red" }]));
    const ask = async () =>
      (await segmenter.predict({ points: [{ x: 24, y: 40, label: "foreground" }] })).candidates.map(({ mask }) => mask.area);
    const areas = [await ask()];
    devices.at(-1)!.destroy();
    areas.push(await ask());
    const pending = ask();
    await new Promise((resolve) => setTimeout(resolve, 0));
    devices.at(-1)!.destroy();
    areas.push(await pending, await ask());
    await segmenter.dispose();
    return { areas, made: devices.length, device: segmenter.device };
  }, sam);
  for (const areas of state.areas) expect(areas).toEqual(state.areas[0]);
  expect(state.areas[0]).toHaveLength(3);
  expect(state.made).toBeGreaterThanOrEqual(2);
  expect(state.device).toBe("webgpu");
});
