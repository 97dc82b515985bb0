// Runs that never settle, on the page's own thread: the session is given up, the queue goes on.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { gpuRunLimitMs, runGraceMs, sessionGraceMs } from "../../web/base/limits.js";
import type { Feeds } from "../../web/runtime/feed.js";
import { ModelSession, type SessionRequest } from "../../web/runtime/model_session.js";
import { type FakeBehavior, FakeOrt } from "./fake_ort.js";

const feeds: Feeds = {
  images: { type: "float32", dims: [1, 3, 2, 4], data: new Float32Array(24) },
};

/** Behaves well until it is told to hang, and ends its hung runs when it is told to. */
class HangingOrt {
  hangs = false;
  private ends: (() => void)[] = [];
  readonly ort: FakeOrt;

  constructor(behavior: FakeBehavior = {}) {
    this.ort = new FakeOrt({
      ...behavior,
      run: (provider) => {
        if (!this.hangs || provider !== "webgpu") return undefined;
        // The real runtime is busy for its own bundle only.
        this.ort.free();
        return new Promise((resolve) =>
          this.ends.push(() => resolve({ out: this.ort.tensor([1, 2], [1, 2]) })),
        );
      },
    });
  }

  open(request: Partial<SessionRequest> = {}): Promise<ModelSession> {
    const usual = {
      model: new Uint8Array(1),
      checkFeeds: () => feeds,
      device: "auto",
      allowSoftwareAdapter: false,
    } as const;
    return ModelSession.open({ ...usual, ...request }, this.ort.runtime);
  }

  endAll(): void {
    this.hangs = false;
    for (const end of this.ends.splice(0)) end();
  }
}

/** Lets `setImmediate` of the fake runtime through, which is no timer here. */
const breathe = async () => {
  for (let i = 0; i < 20; ++i) await new Promise((resolve) => setImmediate(resolve));
};
const pass = async (ms: number) => {
  await breathe();
  await vi.advanceTimersByTimeAsync(ms);
  await breathe();
};
const outcome = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    (error) => error.code as string,
  );

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => vi.useRealTimers());

it("AbortedRun_IsGivenUpAfterTheGracePeriod_OthersGoOn_TheNextRunTakesTheNextDevice", async () => {
  const hanging = new HangingOrt();
  const session = await hanging.open();
  const other = await hanging.open({ device: "wasm" });
  hanging.hangs = true;
  const controller = new AbortController();
  const hung = outcome(session.run(feeds, { signal: controller.signal }));
  const waiting = outcome(other.run(feeds));
  await breathe();
  controller.abort();
  await pass(runGraceMs - 1);
  let settled = false;
  void waiting.then(() => (settled = true));
  await breathe();
  expect(settled).toBe(false);
  await pass(1);
  expect(await Promise.all([hung, waiting])).toEqual(["aborted", "done"]);
  expect(await outcome(session.run(feeds))).toBe("done");
  expect([session.device, session.fallbacks]).toEqual([
    "wasm",
    [{ device: "webgpu", reason: "a run did not end" }],
  ]);
  // What the hung run held is freed when it ends after all.
  hanging.endAll();
  await breathe();
  await Promise.all([session.dispose(), other.dispose()]);
  expect([hanging.ort.liveSessions, hanging.ort.liveTensors]).toEqual([0, 0]);
});

it("AbortedRun_ThatEndsLate_KeepsSessionAndDevice", async () => {
  const hanging = new HangingOrt();
  const session = await hanging.open();
  hanging.hangs = true;
  const controller = new AbortController();
  const slow = outcome(session.run(feeds, { signal: controller.signal }));
  await breathe();
  controller.abort();
  await pass(runGraceMs);
  expect(await slow).toBe("aborted");
  hanging.endAll();
  await breathe();
  expect(await outcome(session.run(feeds))).toBe("done");
  expect([session.device, session.fallbacks]).toEqual(["webgpu", []]);
  await session.dispose();
  expect([hanging.ort.liveSessions, hanging.ort.liveTensors]).toEqual([0, 0]);
});

it("RunOnTheGpu_BeyondItsLimit_IsRepeatedOnTheNextDevice", async () => {
  const hanging = new HangingOrt();
  const session = await hanging.open();
  hanging.hangs = true;
  const call = outcome(session.run(feeds));
  await pass(gpuRunLimitMs);
  expect(await call).toBe("done");
  expect(session.device).toBe("wasm");
  hanging.endAll();
  await breathe();
  await session.dispose();
  expect([hanging.ort.liveSessions, hanging.ort.liveTensors]).toEqual([0, 0]);
});

it("SelfCheckThatHangs_TakesTheNextDevice", async () => {
  const hanging = new HangingOrt();
  hanging.hangs = true;
  const opening = hanging.open();
  await pass(gpuRunLimitMs);
  const session = await opening;
  expect([session.device, session.fallbacks.length]).toEqual(["wasm", 1]);
  expect(session.fallbacks[0]!.reason).toContain("did not end");
  expect(await outcome(session.run(feeds))).toBe("done");
  expect(session.device).toBe("wasm");
  hanging.endAll();
  await breathe();
  await session.dispose();
  expect([hanging.ort.liveSessions, hanging.ort.liveTensors]).toEqual([0, 0]);
});

it("OnlyTheGpuAsked_AHungRunFails_AndTheNextGetsANewSession", async () => {
  const hanging = new HangingOrt();
  const session = await hanging.open({ device: "webgpu" });
  hanging.hangs = true;
  const call = outcome(session.run(feeds));
  await pass(gpuRunLimitMs);
  expect(await call).toBe("inferenceFailed");
  hanging.hangs = false;
  expect(await outcome(session.run(feeds))).toBe("done");
  hanging.endAll();
  await breathe();
  await session.dispose();
  expect([hanging.ort.liveSessions, hanging.ort.liveTensors]).toEqual([0, 0]);
});

it("Dispose_DoesNotWaitForARunThatNeverEnds_AndFreesTheQueue", async () => {
  const hanging = new HangingOrt();
  const session = await hanging.open();
  const other = await hanging.open({ device: "wasm" });
  hanging.hangs = true;
  const hung = outcome(session.run(feeds));
  await breathe();
  const disposed = outcome(session.dispose());
  await pass(sessionGraceMs);
  expect(await disposed).toBe("done");
  const waiting = outcome(other.run(feeds));
  await pass(runGraceMs);
  expect(await Promise.all([hung, waiting])).toEqual(["disposed", "done"]);
  await other.dispose();
  hanging.endAll();
  await breathe();
  expect([hanging.ort.liveSessions, hanging.ort.liveTensors]).toEqual([0, 0]);
});

it("CompilationThatNeverEnds_IsGivenUpWhenAborted_AndReleasedWhenItEnds", async () => {
  let end = (): void => undefined;
  const hanging = new HangingOrt({
    create: () => {
      hanging.ort.free();
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    },
  });
  const controller = new AbortController();
  const opening = outcome(hanging.open({ device: "wasm", signal: controller.signal }));
  await breathe();
  controller.abort();
  await pass(runGraceMs);
  expect(await opening).toBe("aborted");
  end();
  await breathe();
  expect(hanging.ort.liveSessions).toBe(0);
});
