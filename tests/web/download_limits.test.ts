import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { downloadStallMs, headLimitMs, maxModelBytes } from "../../web/base/limits.js";
import { cacheModel, findCachedModel } from "../../web/model/cache.js";
import { download } from "../../web/model/download.js";
import { sha256Hex } from "../../web/model/sha256.js";

const address = new URL("https://models.invalid/m.onnx");
const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);

/** A body of parts; `hangs` leaves it open after them, `breaks` ends it with an error. */
function body(parts: readonly Uint8Array[], end: "closes" | "hangs" | "breaks" = "closes") {
  return (signal?: AbortSignal | null) =>
    new ReadableStream({
      start(controller) {
        for (const part of parts) controller.enqueue(part);
        if (end === "closes") controller.close();
        if (end === "breaks") queueMicrotask(() => controller.error(new TypeError("cut off")));
        signal?.addEventListener("abort", () => controller.error(new Error("aborted")));
      },
    });
}

/** Answers the requests one after another; the last answer serves all that follow. */
function serve(
  ...answers: { body: ReturnType<typeof body>; status?: number; length?: string }[]
): ReturnType<typeof vi.fn> {
  let at = 0;
  const fetched = vi.fn(async (_: URL, init?: RequestInit) => {
    const { body, status = 200, length } = answers[Math.min(at++, answers.length - 1)]!;
    const headers = new Headers(length === undefined ? [] : [["content-length", length]]);
    return new Response(body(init?.signal), { status, headers });
  });
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("download", () => {
  it("Whole_LeavesNoTimer", async () => {
    serve({ body: body([bytes]), length: "100" });
    expect((await download(address, {})).bytes).toEqual(bytes);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("BrokenOff_IsRepeatedOnce", async () => {
    const fetched = serve(
      { body: body([bytes.subarray(0, 40)], "breaks"), length: "100" },
      { body: body([bytes]), length: "100" },
    );
    expect((await download(address, {})).bytes).toEqual(bytes);
    expect(fetched).toHaveBeenCalledTimes(2);
  });

  it("TooShortTwice_IsANetworkError", async () => {
    const fetched = serve({ body: body([bytes.subarray(0, 40)]), length: "100" });
    await expect(download(address, {})).rejects.toMatchObject({
      code: "networkError",
      message: expect.stringContaining("received 40 of 100 bytes"),
    });
    expect(fetched).toHaveBeenCalledTimes(2);
  });

  it("Stalled_IsGivenUpAfterTheLimit", async () => {
    serve({ body: body([bytes.subarray(0, 40)], "hangs"), length: "100" });
    const outcome = download(address, {}).catch((error) => error);
    await vi.advanceTimersByTimeAsync(2 * downloadStallMs - 1);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toMatchObject({
      code: "networkError",
      message: expect.stringContaining(`no byte for ${downloadStallMs} ms`),
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("Aborted_WhileItStalls_EndsAtOnce", async () => {
    serve({ body: body([bytes.subarray(0, 40)], "hangs"), length: "100" });
    const controller = new AbortController();
    const outcome = download(address, { signal: controller.signal }).catch((error) => error);
    await vi.advanceTimersByTimeAsync(10);
    controller.abort("enough");
    expect(await outcome).toMatchObject({ code: "aborted", cause: "enough" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ["a part", { status: 206 }, "HTTP 206"],
    ["a length that is no number", { length: "many" }, "'many', is not a number"],
    ["a negative length", { length: "-1" }, "'-1', is not a number"],
    ["too many bytes", { length: `${maxModelBytes + 1}` }, `the maximum is ${maxModelBytes}`],
  ])("%s_IsRefusedWithoutAnotherAttempt", async (_, answer, words) => {
    const fetched = serve({ body: body([bytes]), ...answer });
    await expect(download(address, {})).rejects.toMatchObject({
      code: "networkError",
      message: expect.stringContaining(words),
    });
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it("MoreThanAnnounced_IsANetworkError", async () => {
    serve({ body: body([bytes]), length: "99" });
    await expect(download(address, {})).rejects.toMatchObject({ code: "networkError" });
  });
});

describe("the question whether a cached model has changed", () => {
  it("WithoutAnAnswer_TheCachedModelIsTaken", async () => {
    const entries = new Map<string, Response>();
    vi.stubGlobal("caches", {
      open: async () => ({
        match: async (key: string) => entries.get(key)?.clone(),
        put: async (key: string, response: Response) => void entries.set(key, response),
        delete: async (key: string) => entries.delete(key),
      }),
    });
    await cacheModel(address, undefined, bytes, await sha256Hex(bytes), new Headers());
    vi.stubGlobal(
      "fetch",
      (_: URL, { signal }: RequestInit) =>
        new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason))),
    );
    const found = findCachedModel(address, undefined, undefined);
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
    await vi.advanceTimersByTimeAsync(headLimitMs);
    expect(await found).toEqual(bytes);
  });
});
