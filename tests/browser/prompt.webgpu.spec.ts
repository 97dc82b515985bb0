import { expect, test } from "@playwright/test";
import { open } from "./tiny_models.js";

// A Segment Anything of 128 pixels with random weights. Its masks are meaningless, but both devices
// must agree on them.
const model = [
  "/data/reference_models/sam_tiny_vision_encoder.onnx",
  "/data/reference_models/sam_tiny_prompt_encoder_mask_decoder.onnx",
] as const;

test("DeviceLost_TheImageIsEncodedAgain", async ({ page }) => {
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
    const points = [{ x: 24, y: 40, label: "foreground" as const }];
    const image = kit.image([{ x: 16, y: 32, color: "red" }]);
    const ious = async (segmenter: Awaited<ReturnType<typeof masklet.PromptSegmenter.create>>) =>
      (await segmenter.predict({ points })).candidates.map(({ predictedIou }) => predictedIou);
    const reference = await masklet.PromptSegmenter.create({
      encoder,
      decoder,
      device: "wasm",
      worker: false,
    });
    await reference.setImage(image);
    const expected = await ious(reference);
    await reference.dispose();
    const segmenter = await masklet.PromptSegmenter.create({
      encoder,
      decoder,
      device: "webgpu",
      worker: false,
      allowSoftwareAdapter: true,
    });
    await segmenter.setImage(image);
    const answers = [await ious(segmenter)];
    devices.at(-1)!.destroy();
    answers.push(await ious(segmenter), await ious(segmenter));
    const { device } = segmenter;
    await segmenter.dispose();
    return { expected, answers, made: devices.length, device };
  }, model);
  expect(state.expected).toHaveLength(3);
  for (const answer of state.answers) {
    for (const [k, iou] of answer.entries()) expect(iou).toBeCloseTo(state.expected[k]!, 3);
  }
  expect(state.made).toBeGreaterThanOrEqual(2);
  expect(state.device).toBe("webgpu");
});
