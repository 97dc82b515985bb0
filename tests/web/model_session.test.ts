import { afterEach, describe, expect, it } from "vitest";
import type { Device } from "../../web/base/device.js";
import { type Feeds, type KeptTensor, LostTensorError, makeFeed } from "../../web/runtime/feed.js";
import { ModelSession, type SessionRequest } from "../../web/runtime/model_session.js";
import type { OrtTensor } from "../../web/runtime/ort_module.js";
import { enqueueOrt } from "../../web/runtime/ort_queue.js";
import { type FakeBehavior, FakeOrt } from "./fake_ort.js";

const feeds: Feeds = {
  images: { type: "float32", dims: [1, 3, 2, 4], data: new Float32Array(24) },
};

let ort: FakeOrt;
const opened: ModelSession[] = [];

async function open(
  behavior: FakeBehavior = {},
  request: Partial<SessionRequest> = {},
): Promise<ModelSession> {
  ort = new FakeOrt(behavior);
  return openAnother(request);
}

async function openAnother(request: Partial<SessionRequest> = {}): Promise<ModelSession> {
  const model = new Uint8Array(1);
  const usual = {
    model,
    checkFeeds: () => feeds,
    device: "auto",
    allowSoftwareAdapter: false,
  } as const;
  const session = await ModelSession.open({ ...usual, ...request }, ort.runtime);
  opened.push(session);
  return session;
}

afterEach(async () => {
  for (const session of opened.splice(0)) await session.dispose();
  // Nothing may be left, whatever the test did.
  expect([ort.liveSessions, ort.liveTensors]).toEqual([0, 0]);
});

describe("the ladder", () => {
  it("AllIsWell_TakesWebgpu_AndChecksItAgainstTheCpu", async () => {
    const session = await open();
    expect([session.device, session.fallbacks]).toEqual(["webgpu", []]);
    expect(ort.log).toEqual([
      "load jspi",
      "create webgpu",
      "load jspi",
      "run webgpu",
      "load jspi",
      "create wasm",
      "run wasm",
      "release wasm",
    ]);
    expect([...(await session.run(feeds)).outputs.keys()]).toEqual(["out"]);
  });

  it("WithoutJspi_TheCpuIsThatOfTheSmallBundle", async () => {
    await open({ jspi: false });
    expect(ort.log.filter((entry) => entry.startsWith("load"))).toEqual([
      "load webgpu",
      "load webgpu",
      "load wasm",
    ]);
  });

  it("NoAdapter_TakesWasm_AndLoadsNoGpuBundle", async () => {
    const session = await open({ refusal: () => "the browser offers no GPU adapter" });
    expect(session.device).toBe("wasm");
    expect(session.fallbacks).toEqual([
      { device: "webgpu", reason: "the browser offers no GPU adapter" },
    ]);
    expect(ort.log).toEqual(["load wasm", "create wasm"]);
  });

  it("CreateFails_TheRuntimesWordsAreTheReason", async () => {
    const session = await open({
      create: (provider) => {
        if (provider === "webgpu") throw new Error("shader-f16 is missing");
      },
    });
    expect(session.fallbacks).toEqual([{ device: "webgpu", reason: "shader-f16 is missing" }]);
  });

  it("Disagreement_DropsTheDevice_AndReleasesItsSession", async () => {
    const session = await open({
      run: (provider) => ({ out: ort.tensor([1, 2], provider === "webgpu" ? [0, 0] : [1, 2]) }),
    });
    expect(session.device).toBe("wasm");
    expect(session.fallbacks[0]!.reason).toMatch(
      /^wrong results: output 'out' differs by 100\.0 %/,
    );
    expect(ort.log).toContain("release webgpu");
  });

  it("FirstRunFails_DropsTheDevice", async () => {
    const session = await open({
      run: (provider) => {
        if (provider === "webgpu") throw new Error("kernel not found");
        return undefined;
      },
    });
    expect(session.fallbacks).toEqual([{ device: "webgpu", reason: "kernel not found" }]);
    expect(session.device).toBe("wasm");
  });

  it("InNode_TheNativePackageIsFirst", async () => {
    const session = await open({ node: true });
    expect([session.device, ort.log]).toEqual(["node-cpu", ["load node", "create cpu"]]);
  });

  it("NativePackageNotInstalled_TakesWasm", async () => {
    const session = await open({
      node: true,
      load: (bundle) => {
        if (bundle === "node") throw new Error("Cannot find package 'onnxruntime-node'");
      },
    });
    expect(session.device).toBe("wasm");
    expect(session.fallbacks[0]!.reason).toContain("Cannot find package 'onnxruntime-node'");
  });

  it.each<[Device | "auto", FakeBehavior, string]>([
    ["webgpu", { refusal: () => "no adapter" }, "noDevice"],
    ["webgpu", { run: (p) => ({ out: ort.tensor([1], [p === "wasm" ? 1 : 9]) }) }, "noDevice"],
    ["wasm", { create: () => Promise.reject(new Error("Unsupported operator Foo")) }, "badModel"],
    ["auto", { create: () => Promise.reject(new Error("Unsupported operator Foo")) }, "badModel"],
    [
      "wasm",
      { create: () => Promise.reject(new Error("no available backend found. ERR: [wasm] 404")) },
      "noDevice",
    ],
    [
      "node-cpu",
      {
        load: () => {
          throw new Error("not installed");
        },
      },
      "noDevice",
    ],
  ])("NothingWorks_On_%s_NamesEveryReason (%#)", async (device, behavior, code) => {
    const error = await open(behavior, { device }).catch((error) => error);
    expect(error).toMatchObject({ code, stage: "compile" });
    for (const name of device === "auto" ? ["webgpu", "wasm"] : [device])
      expect(error.message).toContain(`${name}: `);
  });

  it("Abort_WhileCreating_LeavesNothing", async () => {
    const controller = new AbortController();
    const error = await open(
      { create: () => controller.abort(new Error("stop")) },
      { signal: controller.signal },
    ).catch((e) => e);
    expect(error).toMatchObject({ code: "aborted", cause: new Error("stop") });
  });
});

describe("run", () => {
  it("ManyAtOnce_OfTwoSessions_NeverOverlap", async () => {
    const first = await open();
    const second = await openAnother();
    const runs = Array.from({ length: 20 }, (_, i) => (i % 3 ? first : second).run(feeds));
    expect(await Promise.all(runs)).toHaveLength(20);
  });

  it("Failure_IsTyped_AndTheNextRunHasANewSession", async () => {
    const session = await open({}, { device: "wasm" });
    ort.behavior.run = () => Promise.reject(new Error("non-zero status code"));
    await expect(session.run(feeds)).rejects.toMatchObject({
      code: "inferenceFailed",
      stage: "inference",
      message: "the network failed on wasm: non-zero status code",
    });
    ort.behavior.run = () => undefined;
    ort.log.length = 0;
    await session.run(feeds);
    expect(ort.log).toEqual(["load wasm", "create wasm", "load wasm", "run wasm"]);
  });

  it("NoSessionAfterAFailure_IsNotTheModelsFault_AndTheNextRunTriesAgain", async () => {
    const session = await open({}, { device: "wasm" });
    await session.run(feeds);
    ort.behavior.run = () => Promise.reject(new Error("memory access out of bounds"));
    await expect(session.run(feeds)).rejects.toMatchObject({ code: "inferenceFailed" });
    ort.behavior.create = () => Promise.reject(new Error("out of memory"));
    await expect(session.run(feeds)).rejects.toMatchObject({ code: "noDevice", stage: "compile" });
    ort.behavior = {};
    expect((await session.run(feeds)).outputs.size).toBe(1);
  });

  it("OneFailure_AmongWaitingRuns_HarmsNoOther", async () => {
    const session = await open({}, { device: "wasm" });
    let count = 0;
    ort.behavior.run = () => (++count === 2 ? Promise.reject(new Error("once")) : undefined);
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => session.run(feeds)));
    expect(results.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
  });

  it("Abort_BeforeTheRun_RunsNothing", async () => {
    const session = await open({}, { device: "wasm" });
    ort.log.length = 0;
    await expect(session.run(feeds, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "aborted",
    });
    expect(ort.log).toEqual([]);
  });

  it("Dispose_DuringRuns_EndsTheWaitingOnes", async () => {
    const session = await open({}, { device: "wasm" });
    const runs = [session.run(feeds), session.run(feeds)];
    await session.dispose();
    const results = await Promise.allSettled(runs);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "disposed" });
    }
    await expect(session.run(feeds)).rejects.toMatchObject({ code: "disposed" });
    expect(ort.liveSessions).toBe(0);
  });
});

describe("a lost device", () => {
  it("BetweenCalls_AllSessionsAreReleased_BeforeANewOne", async () => {
    const first = await open();
    const second = await openAnother();
    ort.loseDevice();
    await new Promise((resolve) => setImmediate(resolve));
    ort.log.length = 0;
    await first.run(feeds);
    await second.run(feeds);
    const steps = ort.log.filter((entry) => !entry.startsWith("load"));
    expect(steps).toEqual([
      "release webgpu",
      "release webgpu",
      "create webgpu",
      "run webgpu",
      "create webgpu",
      "run webgpu",
    ]);
    expect([first.device, first.fallbacks, second.fallbacks]).toEqual(["webgpu", [], []]);
  });

  it("DuringARun_TheRunIsRepeatedOnce", async () => {
    const session = await open();
    let count = 0;
    ort.behavior.run = () => {
      if (++count > 1) return undefined;
      // The message says nothing; the device tells a moment later.
      setTimeout(() => ort.loseDevice(), 5);
      throw new Error("Buffer was unmapped before mapping was resolved");
    };
    expect((await session.run(feeds)).outputs.get("out")!.data).toEqual(Float32Array.of(1, 2));
    expect([count, session.device]).toEqual([2, "webgpu"]);
  });

  it("TwiceInOneCall_GoesDownTheLadder", async () => {
    const session = await open();
    ort.behavior.run = (provider) => {
      if (provider === "webgpu") throw new Error("Device was lost: GPU hung");
      return undefined;
    };
    expect((await session.run(feeds)).outputs.size).toBe(1);
    expect(session.device).toBe("wasm");
    expect(session.fallbacks).toEqual([
      {
        device: "webgpu",
        reason: "the device was lost twice in one call: Device was lost: GPU hung",
      },
    ]);
  });

  it("TwiceInOneCall_WithoutAnotherDevice_IsTyped_AndTheNextCallTriesAgain", async () => {
    const session = await open({}, { device: "webgpu" });
    ort.behavior.run = () => Promise.reject(new Error("GPUDevice is lost"));
    await expect(session.run(feeds)).rejects.toMatchObject({
      code: "deviceLost",
      stage: "inference",
    });
    ort.behavior.run = () => undefined;
    expect((await session.run(feeds)).outputs.size).toBe(1);
  });

  it("AdapterGoneAfterwards_TakesWasm", async () => {
    const session = await open();
    ort.loseDevice();
    await new Promise((resolve) => setImmediate(resolve));
    ort.behavior.refusal = () => "the browser offers no GPU adapter";
    await session.run(feeds);
    expect([session.device, session.fallbacks.length]).toEqual(["wasm", 1]);
  });
});

describe("several inputs", () => {
  it("EveryType_ArrivesAsItsArray_AndIsDisposed", async () => {
    const session = await open({}, { device: "wasm" });
    const seen: Record<string, unknown> = {};
    ort.behavior.run = (_, tensors) => {
      for (const [name, { type, dims, data }] of Object.entries(tensors))
        seen[name] = [type, dims, data];
      return undefined;
    };
    const mixed: Feeds = {
      images: makeFeed("float16", [2], [1, -2]),
      mask: makeFeed("int64", [1, 2], [1, 1]),
      flag: makeFeed("bool", [], [1]),
      size: makeFeed("int32", [2], [480, 640]),
    };
    await session.run(mixed);
    expect(seen).toEqual({
      images: ["float16", [2], Uint16Array.of(0x3c00, 0xc000)],
      mask: ["int64", [1, 2], BigInt64Array.of(1n, 1n)],
      flag: ["bool", [], Uint8Array.of(1)],
      size: ["int32", [2], Int32Array.of(480, 640)],
    });
    expect(ort.liveTensors).toBe(0);
  });

  it("TextInput_CannotBeMade", () => {
    expect(() => makeFeed("string", [1], [1])).toThrow(
      expect.objectContaining({ code: "unsupported", value: "string" }),
    );
  });

  it("OutputsAskedFor_ArePassedOn", async () => {
    const session = await open({}, { device: "wasm" });
    const asked: unknown[] = [];
    ort.behavior.run = (_, __, wanted) => {
      asked.push(wanted);
      return undefined;
    };
    await session.run(feeds, { outputs: ["scores"] });
    await session.run(feeds);
    expect(asked).toEqual([["scores"], undefined]);
  });
});

describe("kept outputs", () => {
  const keptOutputs = ["embedding"];
  const encode = (provider: string) => ({
    embedding:
      provider === "webgpu" && ort.log.some((entry) => entry.endsWith("keeping embedding"))
        ? gpu()
        : ort.tensor([1, 2], [3, 4]),
    out: ort.tensor([1], [1]),
  });
  const gpu = () => ort.gpuTensor([1, 2], [3, 4]);
  const taken: unknown[] = [];
  const decode = (_: string, tensors: Record<string, OrtTensor>) => {
    const { embedding } = tensors;
    taken.push(embedding!.location === "cpu" ? embedding!.data : embedding!.location);
    return undefined;
  };

  async function encoder(
    request: Partial<SessionRequest> = {},
  ): Promise<{ session: ModelSession; embedding: KeptTensor }> {
    taken.length = 0;
    const session = await open({ run: encode }, { keptOutputs, ...request });
    const { outputs, kept } = await session.run(feeds);
    expect([...outputs.keys(), ...kept.keys()]).toEqual(["out", "embedding"]);
    ort.behavior = {};
    return { session, embedding: kept.get("embedding")! };
  }

  it("OnTheGpu_StayThere_UntilDisposed", async () => {
    const { embedding } = await encoder();
    expect(ort.log).toContain("create webgpu keeping embedding");
    expect([embedding.onGpu, embedding.type, embedding.dims, ort.liveTensors]).toEqual([
      true,
      "float32",
      [1, 2],
      1,
    ]);
    const second = await openAnother();
    ort.behavior.run = decode;
    await second.run({ embedding });
    await second.run({ embedding });
    expect([taken, ort.liveTensors]).toEqual([["gpu-buffer", "gpu-buffer"], 1]);
    await embedding.dispose();
    await embedding.dispose();
    expect([embedding.lost, ort.liveTensors]).toEqual([true, 0]);
    await expect(second.run({ embedding })).rejects.toBeInstanceOf(LostTensorError);
    ort.behavior = {};
    expect((await second.run(feeds)).outputs.size).toBe(1);
  });

  it("FedToASessionOnTheCpu_AreBroughtThereOnce", async () => {
    const { session, embedding } = await encoder();
    const second = await openAnother({ device: "wasm" });
    ort.behavior.run = decode;
    await second.run({ embedding });
    await session.dispose();
    await second.run({ embedding });
    expect([taken, embedding.onGpu, ort.liveTensors]).toEqual([
      [Float32Array.of(3, 4), Float32Array.of(3, 4)],
      false,
      0,
    ]);
  });

  it("OnTheCpu_OutliveTheirSession", async () => {
    const { session, embedding } = await encoder({ device: "wasm" });
    expect([embedding.onGpu, ort.liveTensors]).toEqual([false, 0]);
    await session.dispose();
    const second = await openAnother({ device: "wasm" });
    ort.behavior.run = decode;
    await second.run({ embedding });
    expect(taken).toEqual([Float32Array.of(3, 4)]);
  });

  it.each(["LostDevice", "Dispose", "FailedRun"])(
    "%s_EndsThoseOnTheGpu_AndTheNextRunMakesNewOnes",
    async (how) => {
      const { session, embedding } = await encoder();
      const second = await openAnother();
      if (how === "LostDevice") {
        ort.loseDevice();
        await new Promise((resolve) => setImmediate(resolve));
        ort.behavior.run = decode;
        // The session of the decoder notices the loss, and with it goes everything on that device.
        await expect(second.run({ embedding })).rejects.toBeInstanceOf(LostTensorError);
      } else if (how === "Dispose") await session.dispose();
      else {
        ort.behavior.run = () => Promise.reject(new Error("non-zero status code"));
        await expect(session.run(feeds)).rejects.toMatchObject({ code: "inferenceFailed" });
      }
      expect([embedding.lost, ort.liveTensors]).toEqual([true, 0]);
      if (how === "Dispose") return;
      ort.behavior.run = encode;
      const again = (await session.run(feeds)).kept.get("embedding")!;
      expect(again.onGpu).toBe(true);
      await again.dispose();
    },
  );

  it("DuringTheSelfCheck_AreReadAndFreed", async () => {
    const session = await open(
      {
        run: (p) => ({
          embedding: p === "webgpu" ? ort.gpuTensor([2], [3, 9]) : ort.tensor([2], [3, 4]),
        }),
      },
      {
        keptOutputs,
      },
    );
    expect(session.device).toBe("wasm");
    expect(session.fallbacks[0]!.reason).toMatch(/output 'embedding' differs/);
  });
});

it("Queue_AFailure_DoesNotStopLaterTasks", async () => {
  const order: number[] = [];
  const tasks = [1, 2, 3].map((i) =>
    enqueueOrt(async () => {
      await new Promise((resolve) => setTimeout(resolve, 10 - 3 * i));
      order.push(i);
      if (i === 1) throw new Error("one");
      return i;
    }),
  );
  expect((await Promise.allSettled(tasks)).map(({ status }) => status)).toEqual([
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  expect(order).toEqual([1, 2, 3]);
  ort = new FakeOrt();
});
