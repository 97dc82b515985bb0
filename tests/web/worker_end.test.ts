// A worker that does not answer: fake workers on message channels, the real client.
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { expose } from "comlink";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { disposeGraceMs, workerGraceMs } from "../../web/base/limits.js";
import { Segmenter } from "../../web/index.js";
import type { SegmentEngine } from "../../web/segment/calls.js";
import { startWorkerEngine } from "../../web/worker/client.js";
import type { WorkerApi } from "../../web/worker/protocol.js";

type Answer = (call: number) => Promise<unknown>;

const never = () => new Promise<never>(() => undefined);
const state = { device: "wasm", fallbacks: [], info: { labels: [] } };
const image = { width: 2, height: 2, data: new Uint8ClampedArray(16) };

/** What the workers that are started next do; the last one does for all that follow. */
let behaviors: { create?: Answer; work: Answer; dispose?: () => Promise<void> }[] = [];
let workers: FakeWorker[] = [];

class FakeWorker {
  terminated = false;
  readonly aborted: number[] = [];
  private readonly port: MessagePort;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    const { create, work, dispose } = behaviors[workers.length] ?? behaviors.at(-1)!;
    const api: WorkerApi = {
      hold: async () => false,
      create: (call) => (create?.(call) ?? Promise.resolve({ ok: state })) as never,
      work: (call) => work(call) as never,
      abort: (call) => void this.aborted.push(call),
      dispose: dispose ?? (async () => undefined),
    };
    const listeners = new Map<unknown, (data: unknown) => void>();
    expose(api, {
      postMessage: (message, transfer) => port2.postMessage(message, transfer as never),
      addEventListener: (_, listener) => {
        const hear = (data: unknown) => (listener as (event: object) => void)({ data });
        listeners.set(listener, hear);
        port2.on("message", hear);
      },
      removeEventListener: (_, listener) => port2.off("message", listeners.get(listener)!),
    });
    workers.push(this);
  }

  postMessage(message: unknown, transfer: Transferable[]): void {
    this.port.postMessage(message, transfer as never);
  }

  addEventListener(type: string, listener: (event: object) => void): void {
    if (type === "message") this.port.on("message", (data) => listener({ data }));
  }

  removeEventListener(): void {}
  start(): void {}

  terminate(): void {
    this.terminated = true;
    this.port.close();
  }
}

const found = async () => ({ ok: { results: [], state } });
const start = () => startWorkerEngine("segment", { model: new Uint8Array(1) });
const segment = (engine: SegmentEngine, signal?: AbortSignal) =>
  engine.segment([image], {}, { signal });
/** Lets messages of the channels through, which are no timers. */
const messages = async () => {
  for (let i = 0; i < 20; ++i) await new Promise((resolve) => setImmediate(resolve));
};
const pass = async (ms: number) => {
  await messages();
  await vi.advanceTimersByTimeAsync(ms);
  await messages();
};
const outcome = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    (error) => error.code as string,
  );

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.stubGlobal("Worker", FakeWorker);
  workers = [];
});

afterEach(() => {
  for (const worker of workers) worker.terminate();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a run that never ends, in a worker", () => {
  it("Dispose_EndsTheWorkerAfterTheGracePeriod_AndItsCalls", async () => {
    behaviors = [{ work: never, dispose: never }];
    const engine = await start();
    const call = outcome(segment(engine));
    await messages();
    const disposed = outcome(engine.dispose());
    await pass(disposeGraceMs - 1);
    expect(workers[0]!.terminated).toBe(false);
    await pass(1);
    expect(await Promise.all([call, disposed])).toEqual(["disposed", "done"]);
    expect(workers[0]!.terminated).toBe(true);
  });

  it("AbortedCall_EndsTheWorkerAfterTheGracePeriod_TheNextCallGetsAnother", async () => {
    behaviors = [{ work: never }, { work: found }];
    const engine = await start();
    const controller = new AbortController();
    const call = outcome(segment(engine, controller.signal));
    await messages();
    controller.abort();
    await pass(workerGraceMs - 1);
    expect([workers[0]!.aborted.length, workers[0]!.terminated]).toEqual([1, false]);
    await pass(1);
    expect(await call).toBe("workerFailed");
    expect(workers[0]!.terminated).toBe(true);
    expect(await outcome(segment(engine))).toBe("done");
    expect(workers.length).toBe(2);
  });

  it("AbortedCallBehindALongOne_DoesNotEndIt", async () => {
    let finish = (): void => undefined;
    const long = new Promise((resolve) => {
      finish = () => resolve({ ok: { results: [], state } });
    });
    let calls = 0;
    behaviors = [{ work: () => (calls++ === 0 ? long : never()) }];
    const engine = await start();
    const first = outcome(segment(engine));
    await messages();
    const controller = new AbortController();
    const second = outcome(segment(engine, controller.signal));
    await messages();
    controller.abort();
    await pass(5 * workerGraceMs);
    expect(workers[0]!.terminated).toBe(false);
    finish();
    await messages();
    expect(await first).toBe("done");
    // Now it is the one that all others wait for.
    await pass(workerGraceMs);
    expect(await second).toBe("workerFailed");
  });

  it("AbortedCallAnswered_KeepsTheWorker", async () => {
    behaviors = [{ work: found }];
    const engine = await start();
    const controller = new AbortController();
    const call = outcome(segment(engine, controller.signal));
    controller.abort();
    await pass(3 * workerGraceMs);
    expect(await call).toMatch(/done|aborted/);
    expect(workers.map(({ terminated }) => terminated)).toEqual([false]);
  });

  it("StartOfTheNextWorkerNeverEnds_DisposeEnds", async () => {
    behaviors = [{ work: never }, { create: never, work: never }];
    const engine = await start();
    const controller = new AbortController();
    const first = outcome(segment(engine, controller.signal));
    await messages();
    controller.abort();
    await pass(workerGraceMs);
    expect(await first).toBe("workerFailed");
    const second = outcome(segment(engine));
    await messages();
    expect(workers.length).toBe(2);
    await engine.dispose();
    expect(await second).toBe("disposed");
    expect(workers[1]!.terminated).toBe(true);
  });
});

describe("a run that never ends, behind a Segmenter", () => {
  const open = async (engine: Partial<SegmentEngine>) =>
    new (Segmenter as unknown as new (engine: unknown) => Segmenter)({ state, ...engine });

  it("Dispose_AlwaysEnds_AndEndsItsCalls", async () => {
    const segmenter = await open({ segment: never, dispose: never });
    const call = outcome(segmenter.segment(image));
    const disposed = outcome(segmenter.dispose());
    await pass(2 * disposeGraceMs);
    expect(await Promise.all([call, disposed])).toEqual(["disposed", "done"]);
  });

  it("TimeoutMs_EndsEveryKindOfCall", async () => {
    const segmenter = await open({ segment: never, infer: never });
    const calls = [
      segmenter.segment(image, { timeoutMs: 50 }),
      segmenter.segmentBatch([image], { timeoutMs: 50 }),
      segmenter.infer(image, { timeoutMs: 50 }),
    ].map(outcome);
    await pass(50);
    expect(await Promise.all(calls)).toEqual(["timedOut", "timedOut", "timedOut"]);
  });

  it("AbortedBefore_TheEngineIsNotAsked", async () => {
    const asked = vi.fn(never);
    const segmenter = await open({ segment: asked });
    expect(await outcome(segmenter.segment(image, { signal: AbortSignal.abort() }))).toBe(
      "aborted",
    );
    expect(asked).not.toHaveBeenCalled();
  });
});
