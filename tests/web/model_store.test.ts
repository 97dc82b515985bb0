import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Progress } from "../../web/base/device.js";
import { loadModel } from "../../web/model/store.js";

const file = new URL("../data/tiny_models/dense.onnx", import.meta.url);
const model = new Uint8Array(readFileSync(file));
const sha256 = createHash("sha256").update(model).digest("hex");

let server: Server;
let base: string;
let answer: RequestListener;
const requests: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** The Cache API in memory. */
class FakeCache {
  readonly entries = new Map<string, Response>();
  match = async (key: string) => this.entries.get(key)?.clone();
  put = async (key: string, response: Response) => void this.entries.set(key, response);
  delete = async (key: string) => this.entries.delete(key);
}

let cache: FakeCache;

beforeEach(() => {
  requests.length = 0;
  cache = new FakeCache();
  vi.stubGlobal("caches", { open: async () => cache });
  answer = (_, response) =>
    response.setHeader("content-length", model.length).setHeader("etag", '"1"').end(model);
});

afterEach(() => void vi.unstubAllGlobals());

describe("loadModel", () => {
  it.each([
    ["path", () => file.pathname],
    ["file URL", () => file],
    ["file URL as text", () => file.href],
    ["bytes", () => model],
    [
      "view into a larger buffer",
      () => new Uint8Array([1, 2, ...model, 3]).subarray(2, 2 + model.length),
    ],
    ["ArrayBuffer", () => model.slice().buffer],
    ["Blob", () => new Blob([model])],
    ["address", () => `${base}/dense.onnx`],
  ])("%s_IsRead", async (_, source) => {
    const loaded = await loadModel(source(), { sha256 });
    expect([loaded.sha256, loaded.bytes.length, loaded.onnx.inputs[0]!.name]).toEqual([
      sha256,
      model.length,
      "images",
    ]);
  });

  it("CallersBytes_ChangedLater_ChangeNothing", async () => {
    const own = model.slice();
    const { bytes } = await loadModel(own);
    own.fill(0);
    expect(bytes).toEqual(model);
  });

  it("BuiltInModel_ByNameOrByItsBytes_HasItsCard", async () => {
    const byName = await loadModel("masklet-n");
    const byBytes = await loadModel(byName.bytes);
    expect(byName.card!.labels).toHaveLength(80);
    expect(byBytes.card).toBe(byName.card);
    expect((await loadModel(model)).card).toBeUndefined();
  });

  it("Progress_CountsToTheEnd", async () => {
    const events: Progress[] = [];
    await loadModel(`${base}/m`, { onProgress: (event) => events.push(event) });
    expect(events[0]).toEqual({ stage: "download", loaded: 0, total: model.length });
    expect(events.at(-1)).toEqual({ stage: "download", loaded: model.length, total: model.length });
    for (let i = 1; i < events.length; ++i)
      expect(events[i]!.loaded).toBeGreaterThanOrEqual(events[i - 1]!.loaded);
  });

  it("CompressedTransfer_HasNoTotal_AndIsNotTruncated", async () => {
    const { gzipSync } = await import("node:zlib");
    const packed = gzipSync(model);
    answer = (_, response) =>
      response
        .setHeader("content-encoding", "gzip")
        .setHeader("content-length", packed.length)
        .end(packed);
    const events: Progress[] = [];
    const { bytes } = await loadModel(`${base}/m`, { onProgress: (event) => events.push(event) });
    expect(bytes).toEqual(model);
    expect(events[0]!.total).toBeUndefined();
  });

  it.each<[string, RequestListener | undefined, object, object]>([
    ["404", (_, r) => r.writeHead(404).end("no"), {}, { code: "networkError", value: 404 }],
    [
      "web page",
      (_, r) => r.setHeader("content-type", "text/html").end("<html>"),
      {},
      { code: "badModel" },
    ],
    [
      "truncated without a length",
      (_, r) => r.end(model.subarray(0, 2000)),
      {},
      { code: "badModel" },
    ],
    [
      "broken connection",
      (_, r) =>
        r.setHeader("content-length", model.length).write(model.subarray(0, 99), () => r.destroy()),
      {},
      { code: "networkError" },
    ],
    ["empty", (_, r) => r.end(), {}, { code: "badModel", value: 0 }],
    [
      "another file",
      undefined,
      { sha256: "0".repeat(64) },
      { code: "hashMismatch", value: sha256 },
    ],
    ["malformed digest", undefined, { sha256: "ABC" }, { code: "badOption", value: "ABC" }],
  ])("%s_IsTyped_AndNeverKept", async (_, listener, options, expected) => {
    if (listener) answer = listener;
    await expect(loadModel(`${base}/m`, options)).rejects.toMatchObject(expected);
    expect(cache.entries.size).toBe(0);
  });

  it("NoServer_IsANetworkError", async () => {
    await expect(loadModel("http://127.0.0.1:9/m")).rejects.toMatchObject({
      code: "networkError",
      stage: "download",
    });
  });

  it.each([
    ["/no/such/file.onnx", "badModel"],
    ["mask-n", "badModel"],
    [7, "badOption"],
    [undefined, "badOption"],
    [new Uint8Array(0), "badModel"],
  ])("Source_%s_IsTyped", async (source, code) => {
    await expect(loadModel(source as string)).rejects.toMatchObject({ code });
  });

  it("Abort_DuringTheDownload_KeepsNothing", async () => {
    const controller = new AbortController();
    answer = (_, response) =>
      void response.setHeader("content-length", model.length).write(model.subarray(0, 100));
    const work = loadModel(`${base}/m`, {
      signal: controller.signal,
      onProgress: () => controller.abort("enough"),
    });
    await expect(work).rejects.toMatchObject({
      code: "aborted",
      stage: "download",
      cause: "enough",
    });
    expect(cache.entries.size).toBe(0);
  });
});

describe("the cache", () => {
  const load = (options = {}) => loadModel(`${base}/m`, options);

  it("WithADigest_TheSecondLoadAsksNobody", async () => {
    await load({ sha256 });
    const events: Progress[] = [];
    const { bytes } = await load({ sha256, onProgress: (event: Progress) => events.push(event) });
    expect(bytes).toEqual(model);
    expect(requests).toEqual(["GET /m"]);
    expect(events).toEqual([{ stage: "download", loaded: model.length, total: model.length }]);
  });

  it("WithoutADigest_TheServerIsAskedForChanges", async () => {
    await load();
    await load();
    expect(requests).toEqual(["GET /m", "HEAD /m"]);
    const other = new Uint8Array(
      readFileSync(new URL("../data/tiny_models/half.onnx", import.meta.url)),
    );
    answer = (_, response) =>
      response.setHeader("content-length", other.length).setHeader("etag", '"2"').end(other);
    expect((await load()).bytes).toEqual(other);
    expect(requests.slice(2)).toEqual(["HEAD /m", "GET /m"]);
  });

  it("ServerGone_TheKeptModelIsTaken", async () => {
    await load();
    answer = (_, response) => response.destroy();
    expect((await load()).bytes).toEqual(model);
  });

  it("DamagedEntry_IsReplaced", async () => {
    await load({ sha256 });
    const [key] = cache.entries.keys();
    const { headers } = cache.entries.get(key!)!;
    cache.entries.set(key!, new Response(model.slice(0, 500), { headers }));
    expect((await load({ sha256 })).bytes).toEqual(model);
    expect(requests).toEqual(["GET /m", "GET /m"]);
  });

  it("CacheOff_StorageBroken_StorageFull_AreNotErrors", async () => {
    await load({ cache: false });
    expect(cache.entries.size).toBe(0);
    cache.put = () => Promise.reject(new Error("QuotaExceededError"));
    await load();
    vi.stubGlobal("caches", { open: () => Promise.reject(new Error("SecurityError")) });
    await load();
    vi.stubGlobal("caches", undefined);
    await load();
    expect(requests).toHaveLength(4);
  });
});

it("PathWithSpacesAndHash_IsAPath", async () => {
  const folder = mkdtempSync(join(tmpdir(), "masklet models "));
  try {
    const path = join(folder, "my #1 model.onnx");
    writeFileSync(path, model);
    expect((await loadModel(path)).sha256).toBe(sha256);
    expect((await loadModel(pathToFileURL(path))).sha256).toBe(sha256);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
