import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PromptSegmenter, type PromptSegmenterOptions } from "../../web/index.js";
import { readOnnxMetadata } from "../../web/model/onnx_metadata.js";
import { realRuntime } from "../../web/runtime/device_ladder.js";
import { FakeOrt } from "./fake_ort.js";
import { promptModel } from "./prompt_models.js";
import { type elementType, handMadeModel, valueInfo } from "./protobuf_writer.js";

const file = (name: string) => new Uint8Array(readFileSync(promptModel(name)));

/** A graph with the tensors of a file and nodes of these operators. */
function likeFile(name: string, operators: readonly string[]): Uint8Array {
  const { inputs, outputs } = readOnnxMetadata(file(name));
  const infos = (tensors: typeof inputs) =>
    tensors.map(({ name, type, dims }) => valueInfo(name, type as keyof typeof elementType, dims));
  return handMadeModel({ inputs: infos(inputs), outputs: infos(outputs), operators });
}

const usual = { ...realRuntime };
let ort: FakeOrt;
beforeEach(() => {
  ort = new FakeOrt();
  Object.assign(realRuntime, ort.runtime);
});
afterEach(() => Object.assign(realRuntime, usual));

describe("the self-check of a promptable model", () => {
  /** Both networks differ by `difference` on the GPU. */
  async function deviceOf(operators: readonly string[], difference: number) {
    ort.behavior.run = (provider) => ({
      out: ort.tensor(
        [1, 2],
        [1, 2].map((v) => v * (provider === "webgpu" ? 1 + difference : 1)),
      ),
    });
    const segmenter = await PromptSegmenter.create({
      encoder: likeFile("sam_encoder", operators),
      decoder: likeFile("sam_decoder", operators),
    });
    const { device, fallbacks } = segmenter;
    await segmenter.dispose();
    return { device, reasons: fallbacks.map(({ reason }) => reason) };
  }

  it("QuantizesAtRun_IsAllowedTheDifferenceOfQuantizedNetworks", async () => {
    expect(await deviceOf(["DynamicQuantizeLinear"], 0.1)).toEqual({
      device: "webgpu",
      reasons: [],
    });
  });

  it("QuantizesAtRun_WrongResultsAreStillRefused", async () => {
    const { device, reasons } = await deviceOf(["DynamicQuantizeLinear"], 0.3);
    expect(device).toBe("wasm");
    expect(reasons).toEqual([
      expect.stringContaining("differs by 30.0 % from the CPU's (maximum 20 %)"),
      expect.stringMatching(/^decoder: .*\(maximum 20 %\)$/),
    ]);
  });

  it("DoesNotQuantize_IsAllowedRoundingOnly", async () => {
    const { device, reasons } = await deviceOf(["Conv"], 0.1);
    expect(device).toBe("wasm");
    expect(reasons).toEqual([
      expect.stringContaining("(maximum 5 %)"),
      expect.stringContaining("(maximum 5 %)"),
    ]);
  });
});

describe("sha256 of a promptable model", () => {
  const digest = (name: string) => createHash("sha256").update(file(name)).digest("hex");
  const other = "0".repeat(64);
  const pair = { encoder: file("sam_encoder"), decoder: file("sam_decoder") };
  const digests = { encoder: digest("sam_encoder"), decoder: digest("sam_decoder") };
  const create = (options: PromptSegmenterOptions) =>
    PromptSegmenter.create({ device: "wasm", ...options });

  it("Digests_OfTheFiles_AreAccepted", async () => {
    for (const sha256 of [digests, { decoder: digests.decoder }, {}]) {
      await using segmenter = await create({ ...pair, sha256 });
      expect(segmenter.info.files.map((one) => one.sha256)).toEqual(Object.values(digests));
    }
    const model = file("efficient_sam_combined");
    await using combined = await create({ model, sha256: digest("efficient_sam_combined") });
    expect(combined.info.files).toHaveLength(1);
  });

  it.each([
    ["encoder", { ...pair, sha256: { encoder: other } }, digests.encoder],
    ["decoder", { ...pair, sha256: { ...digests, decoder: other } }, digests.decoder],
    ["swapped", { ...pair, sha256: { encoder: digests.decoder } }, digests.encoder],
    [
      "combined",
      { model: file("efficient_sam_combined"), sha256: other },
      digest("efficient_sam_combined"),
    ],
  ])("AnotherDigest_%s_IsAMismatch", async (_, options, value) => {
    await expect(create(options)).rejects.toMatchObject({ code: "hashMismatch", value });
  });

  it("BuiltIn_AnotherDigest_IsAMismatch", async () => {
    await expect(create({ sha256: { decoder: other } })).rejects.toMatchObject({
      code: "hashMismatch",
    });
  });

  it.each([
    [{ ...pair, sha256: digests.encoder }, /^sha256 is [0-9a-f]{64}; it must be \{ encoder/],
    [{ sha256: digests.encoder }, /^sha256 is [0-9a-f]{64}; it must be \{ encoder/],
    [
      { model: file("efficient_sam_combined"), sha256: { encoder: other } },
      /^sha256 is .*; it must be one digest, for one file$/,
    ],
    [{ ...pair, sha256: { encoder: "abc" } }, /^sha256 is abc; it must be 64 lower-case hex/],
    [{ ...pair, sha256: { encodr: other } }, /^unknown option 'sha256.encodr'; did you mean/],
  ])("AnotherForm_%#_IsRefused", async (options, message) => {
    await expect(create(options as PromptSegmenterOptions)).rejects.toMatchObject({
      code: "badOption",
      message: expect.stringMatching(message),
    });
  });
});
