import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { maxInputSide, maxInputValues, maxOnnxEntries, maxTensors } from "../../web/base/limits.js";
import { inspectModel, MaskletError, Segmenter } from "../../web/index.js";
import { checkImageInput } from "../../web/model/image_input.js";
import { readOnnxMetadata } from "../../web/model/onnx_metadata.js";
import { handMadeModel, valueInfo } from "./protobuf_writer.js";

const file = (name: string) =>
  fileURLToPath(new URL(`../data/hostile_models/${name}`, import.meta.url));
const image = { width: 64, height: 64, data: new Uint8ClampedArray(64 * 64 * 4).fill(200) };

const inputs = [valueInfo("images", "float32", [1, 3, 64, 64])];
const outputs = [valueInfo("output0", "float32", [1, 6, 84])];
const withMetadata = (count: number) =>
  handMadeModel({
    inputs,
    outputs,
    metadata: Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, `${i}`])),
  });

describe("a file with many entries", () => {
  it("Metadata_IsReadInLinearTime", () => {
    const time = (count: number) => {
      const bytes = withMetadata(count);
      const start = performance.now();
      expect(Object.keys(readOnnxMetadata(bytes).metadata).length).toBe(count);
      return performance.now() - start;
    };
    time(1_000);
    // Quadratic work takes minutes.
    expect(time(60_000)).toBeLessThan(3_000);
  });

  it("Metadata_BeyondTheLimit_IsRefused", () => {
    expect(() => readOnnxMetadata(withMetadata(maxOnnxEntries + 1))).toThrow(
      expect.objectContaining({ code: "badModel", value: maxOnnxEntries + 1 }),
    );
  });

  it("Inputs_BeyondTheLimit_AreRefused", () => {
    const many = Array.from({ length: maxTensors }, (_, i) => valueInfo(`x${i}`, "float32", [1]));
    expect(() => readOnnxMetadata(handMadeModel({ inputs: many, outputs }))).toThrow(
      expect.objectContaining({ code: "badModel", value: maxTensors + 1 }),
    );
  });
});

describe("an input that no memory holds", () => {
  const input = { name: "images", type: "float32", layout: "nchw", batch: 1 } as const;

  it.each([
    ["width", { width: maxInputSide + 1, height: 64 }, "a width of 8193"],
    ["height", { width: 64, height: 2 ** 30 }, "a height of 1073741824"],
    ["batch", { width: 640, height: 640, batch: 1000 }, "a batch (of 640 x 640 pixels) of 1000"],
    ["batch of an open size", { width: undefined, height: undefined, batch: 2 ** 31 }, "a batch"],
  ])("%s_IsNamed", (_, changes, words) => {
    expect(() => checkImageInput({ ...input, ...changes })).toThrow(
      expect.objectContaining({ code: "unsupported", message: expect.stringContaining(words) }),
    );
  });

  it("TheLargest_IsAllowed", () => {
    const side = maxInputSide;
    expect(3 * side * side).toBeLessThanOrEqual(maxInputValues);
    expect(() => checkImageInput({ ...input, width: side, height: side })).not.toThrow();
  });

  it("HugeModel_IsRefusedBeforeItStarts_AndCanBeInspected", async () => {
    const model = file("inseg_huge.onnx");
    const error = await Segmenter.create({ model }).catch((reason) => reason);
    expect(error).toBeInstanceOf(MaskletError);
    expect(error).toMatchObject({ code: "unsupported" });
    expect(error.message).toMatch(/(width|height) of \d+; the maximum is 8192/);
    const { verdicts } = await inspectModel(model);
    expect(verdicts[0]!.reason).toBe(error.message);
  });
});

describe("outputs that are not probabilities", () => {
  it("ScoreAboveOne_IsRefusedWithTheLikelyReasons", async () => {
    const model = new Uint8Array(readFileSync(file("score5.onnx")));
    const segmenter = await Segmenter.create({ model, device: "wasm" });
    const error = await segmenter.segment(image).catch((reason) => reason);
    await segmenter.dispose();
    expect(error).toBeInstanceOf(MaskletError);
    expect(error).toMatchObject({ code: "badTensor", stage: "decode", value: 5 });
    expect(error.message).toMatch(/score is 5; .*logits.*keypoints.*rotated box/);
  });
});
