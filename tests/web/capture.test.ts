// A source is what it is when the call is made.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MaskletError, Segmenter } from "../../web/index.js";
import { captureSource } from "../../web/source/capture.js";

const file = (name: string) =>
  fileURLToPath(new URL(`../data/tiny_models/${name}`, import.meta.url));
let segmenter: Segmenter;

beforeAll(async () => {
  segmenter = await Segmenter.create({ model: file("dense.onnx"), device: "wasm" });
});
afterAll(() => segmenter.dispose());

describe("a source that is changed after the call", () => {
  it("Bytes_ThatAreOverwritten_GiveTheResultOfBefore", async () => {
    const bytes = new Uint8Array(readFileSync(file("squares.png")));
    const call = segmenter.segmentBatch([bytes, bytes]);
    bytes.fill(0);
    const results = await call;
    expect(results.map(({ instances }) => instances.length)).toEqual([3, 3]);
  });

  it("Pixels_ThatAreOverwritten_GiveTheResultOfBefore", async () => {
    const { decodeImage } = await import("../../web/index.js");
    const { width, height, data } = await decodeImage(file("squares.png"));
    const image = { width, height, data: data.slice() };
    const calls = [
      segmenter.segment(image),
      segmenter.segment(image, {
        segmentWith: { segmentBoxesIn: async (_, boxes) => boxes.map(() => undefined as never) },
      }),
    ];
    image.data.fill(0);
    image.width = 1;
    for (const result of await Promise.all(calls)) {
      expect([result.width, result.instances.length]).toEqual([width, 3]);
    }
  });
});

describe("a source that cannot be looked at", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const throwing = {
    get width(): number {
      throw new Error("not today");
    },
  };
  const detached = new Uint8Array(8);
  structuredClone(detached, { transfer: [detached.buffer] });

  it.each([
    ["a revoked proxy", proxy],
    ["a getter that throws", throwing],
    ["a detached array", detached],
    ["a detached buffer", detached.buffer],
    ["null", null],
    ["undefined", undefined],
    ["a number", 7],
    ["a symbol", Symbol("s")],
    ["a function", () => 7],
    ["a DataView", new DataView(new ArrayBuffer(8))],
    ["no pixels", { width: 2, height: 2, data: "abcd" }],
    ["pixels of no side", { width: 0, height: Number.NaN, data: new Uint8Array(0) }],
  ])("%s_IsAMaskletError", async (_, source) => {
    const error = await segmenter.segment(source as never).catch((reason) => reason);
    expect(error).toBeInstanceOf(MaskletError);
    expect(error.code).toBe("badSource");
  });

  it("Captured_IsACopy", () => {
    const bytes = new Uint8Array([1, 2]);
    expect(captureSource(bytes)).not.toBe(bytes);
    expect(captureSource(new URL("https://x.invalid/a.png"))).toBe("https://x.invalid/a.png");
  });
});
