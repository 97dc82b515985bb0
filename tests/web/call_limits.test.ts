import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { withinLimits } from "../../web/base/call_limits.js";
import { MaskletError } from "../../web/base/errors.js";
import { Unending, untilGivenUp } from "../../web/base/patience.js";
import { harmless } from "../../web/base/progress.js";

const never = () => new Promise<never>(() => undefined);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("withinLimits", () => {
  it("TimeOver_EndsWithTimedOut_AndTheTaskIsTold", async () => {
    let told: AbortSignal | undefined;
    const call = withinLimits("source", { timeoutMs: 500 }, (signal) => {
      told = signal;
      return never();
    });
    const error = call.catch((reason) => reason);
    await vi.advanceTimersByTimeAsync(499);
    expect(told?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await error).toMatchObject({
      code: "timedOut",
      name: "TimeoutError",
      value: 500,
      message: "the call took longer than its timeoutMs, 500",
    });
    expect(told?.aborted).toBe(true);
  });

  it("Aborted_EndsWithTheReason_NamedAsThePlatformDoes", async () => {
    const controller = new AbortController();
    const call = withinLimits("source", { signal: controller.signal, timeoutMs: 500 }, never);
    controller.abort("enough");
    await expect(call).rejects.toMatchObject({
      code: "aborted",
      name: "AbortError",
      cause: "enough",
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("AbortedBefore_DoesNoWork", async () => {
    const task = vi.fn(never);
    const call = withinLimits("source", { signal: AbortSignal.abort() }, task);
    await expect(call).rejects.toMatchObject({ code: "aborted" });
    expect(task).not.toHaveBeenCalled();
  });

  it("InTime_GivesTheResult_AndLeavesNoTimer", async () => {
    expect(await withinLimits("source", { timeoutMs: 5 }, async () => 7)).toBe(7);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, "5", null])(
    "TimeoutMs_%s_IsRefused",
    async (timeoutMs) => {
      const call = withinLimits("source", { timeoutMs: timeoutMs as number }, never);
      await expect(call).rejects.toMatchObject({
        code: "badOption",
        message: expect.stringContaining("timeoutMs"),
      });
    },
  );

  it.each([null, {}, "stop", true])("Signal_%s_IsRefused", async (signal) => {
    const call = withinLimits("source", { signal: signal as AbortSignal }, never);
    await expect(call).rejects.toMatchObject({
      code: "badOption",
      message: expect.stringContaining("an AbortSignal"),
    });
  });
});

describe("untilGivenUp", () => {
  it("Aborted_WaitsForTheGracePeriod_ThenGivesUp", async () => {
    const controller = new AbortController();
    const call = untilGivenUp(never(), { unwanted: [[controller.signal, 100]] });
    const outcome = call.catch((error) => error);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(vi.getTimerCount()).toBe(0);
    controller.abort();
    await vi.advanceTimersByTimeAsync(99);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toBeInstanceOf(Unending);
  });

  it("SettledWithinTheGracePeriod_IsTheResult", async () => {
    const work = new Promise((resolve) => setTimeout(() => resolve("done"), 50));
    const call = untilGivenUp(work, { unwanted: [[AbortSignal.abort(), 100]], limitMs: 200 });
    await vi.advanceTimersByTimeAsync(50);
    expect(await call).toBe("done");
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("harmless", () => {
  it("Throwing_OrRejecting_IsToldToTheConsoleOnly", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    harmless("load", () => {
      throw new Error("mine");
    })!(1);
    harmless("load", () => Promise.reject(new Error("mine too")))!(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(log.mock.calls.map(([, error]) => (error as Error).message)).toEqual([
      "mine",
      "mine too",
    ]);
    log.mockRestore();
  });

  it("NotAFunction_IsRefused", () => {
    expect(() => harmless("load", "print" as never)).toThrow(MaskletError);
  });
});
