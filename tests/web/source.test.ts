import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import type { RgbaImage, Source } from "../../web/base/image.js";
import { decodeImage } from "../../web/source/decode_image.js";

const file = new URL("../data/tiny_models/squares.png", import.meta.url);
const bytes = new Uint8Array(readFileSync(file));

/** The image that make_tiny_models.py draws. */
function expectSquares({ width, height, data }: RgbaImage): void {
  const expected = new Uint8Array(64 * 64 * 4);
  for (let i = 3; i < expected.length; i += 4) expected[i] = 255;
  for (const [x0, y0, channel] of [
    [0, 0, 0],
    [32, 16, 2],
    [48, 48, 1],
  ] as const) {
    for (let y = y0; y < y0 + 16; ++y)
      for (let x = x0; x < x0 + 16; ++x) expected[(y * 64 + x) * 4 + channel] = 255;
  }
  expect([width, height]).toEqual([64, 64]);
  expect(Buffer.from(data).equals(expected)).toBe(true);
}

describe("decodeImage in Node", () => {
  it.each<[string, () => Source]>([
    ["path", () => file.pathname],
    ["file URL", () => file],
    ["file URL as text", () => file.href],
    ["bytes", () => bytes],
    ["view", () => new Uint8Array([0, ...bytes, 0]).subarray(1, 1 + bytes.length)],
    ["Buffer", () => Buffer.from(bytes)],
    ["ArrayBuffer", () => bytes.slice().buffer],
    ["Blob", () => new Blob([bytes])],
    ["File", () => new File([bytes], "squares.png")],
    ["data URL", () => `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`],
  ])("%s_GivesThePixels", async (_, source) => {
    expectSquares(await decodeImage(source()));
  });

  it("Address_IsFetched_AndItsFailuresAreTyped", async () => {
    const server = createServer((request, response) =>
      request.url === "/squares.png" ? response.end(bytes) : response.writeHead(410).end(),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expectSquares(await decodeImage(`${base}/squares.png`));
      await expect(decodeImage(`${base}/gone`)).rejects.toMatchObject({
        code: "networkError",
        stage: "source",
        value: 410,
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it("Pixels_AreNotCopied", async () => {
    const image = { width: 2, height: 1, data: new Uint8ClampedArray(8) };
    expect(await decodeImage(image)).toBe(image);
  });

  it.each<[string, unknown, string]>([
    ["/no/such/image.png", "/no/such/image.png", "badSource"],
    ["empty bytes", new Uint8Array(0), "badSource"],
    ["empty Blob", new Blob([]), "badSource"],
    ["no image", new Uint8Array(100).fill(7), "badImageFile"],
    ["truncated", bytes.subarray(0, 60), "truncatedImageFile"],
    ["short pixels", { width: 4, height: 4, data: new Uint8Array(63) }, "badSource"],
    ["long pixels", { width: 4, height: 4, data: new Uint8Array(65) }, "badSource"],
    ["floats", { width: 1, height: 1, data: new Float32Array(4) }, "badSource"],
    ["negative side", { width: -1, height: -1, data: new Uint8Array(4) }, "badSource"],
    ["NaN side", { width: Number.NaN, height: 1, data: new Uint8Array(4) }, "badSource"],
    ["nothing", undefined, "badSource"],
    ["null", null, "badSource"],
    ["number", 3, "badSource"],
    ["array", [1, 2], "badSource"],
  ])("%s_IsTyped", async (_, source, code) => {
    await expect(decodeImage(source as Source)).rejects.toMatchObject({ code, stage: "source" });
    expectSquares(await decodeImage(bytes));
  });

  it("DetachedBuffer_IsTyped", async () => {
    const gone = bytes.slice();
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    await expect(decodeImage(gone)).rejects.toMatchObject({ code: "badSource", value: 0 });
    await expect(decodeImage(gone.buffer)).rejects.toMatchObject({ code: "badSource", value: 0 });
  });

  it("MorePixelsThanTheLimit_AreRefused", async () => {
    await expect(decodeImage(bytes, { maxPixels: 4095 })).rejects.toMatchObject({
      code: "tooManyPixels",
      value: 4096,
    });
    expectSquares(await decodeImage(bytes, { maxPixels: 4096 }));
    const image = { width: 100, height: 1, data: new Uint8Array(400) };
    await expect(decodeImage(image, { maxPixels: 99 })).rejects.toMatchObject({
      code: "tooManyPixels",
      value: 100,
    });
  });

  it("Abort_IsTyped", async () => {
    await expect(decodeImage(bytes, { signal: AbortSignal.abort("why") })).rejects.toMatchObject({
      code: "aborted",
      cause: "why",
    });
  });
});
