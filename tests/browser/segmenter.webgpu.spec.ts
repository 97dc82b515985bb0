import { expect, type Page, test } from "@playwright/test";
import { found, open, squares } from "./tiny_models.js";

const model = "/data/tiny_models/dense.onnx";

/** Stores every GPU device that the page requests in `window.gpuDevices`. */
async function keepDevices(page: Page): Promise<void> {
  await page.evaluate(() => {
    window.gpuDevices = [];
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...args) {
      const device = await requestDevice.apply(this, args);
      window.gpuDevices.push(device);
      return device;
    };
  });
}

declare global {
  interface Window {
    gpuDevices: GPUDevice[];
  }
}

test("SoftwareAdapter_UnlessAllowed_IsRefusedWithItsName", async ({ page }) => {
  const problems = await open(page);
  const state = await page.evaluate(
    async ([model, squares]) => {
      const { masklet, kit } = window;
      const segmenter = await masklet.Segmenter.create({ model });
      const result = await segmenter.segment(kit.image(squares));
      await segmenter.dispose();
      const only = await kit.failure(() => masklet.Segmenter.create({ model, device: "webgpu" }));
      return { device: result.device, fallbacks: segmenter.fallbacks, only };
    },
    [model, squares] as const,
  );
  expect(state.device).toBe("wasm");
  expect(state.fallbacks).toEqual([
    { device: "webgpu", reason: expect.stringMatching(/software .*swiftshader/i) },
  ]);
  expect(state.only).toMatchObject({
    code: "noDevice",
    stage: "compile",
    message: expect.stringMatching(/webgpu: .*software/),
  });
  expect(problems).toEqual([]);
});

for (const worker of [true, false]) {
  for (const name of ["dense", "end_to_end"]) {
    const thread = worker ? "InAWorker" : "OnTheCallersThread";
    test(`Segment_${name}_OnWebgpu_${thread}_FindsEverySquare`, async ({ page }) => {
      await open(page);
      const state = await page.evaluate(
        async ([model, worker, squares]) => {
          const { masklet, kit } = window;
          const segmenter = await masklet.Segmenter.create({
            model,
            worker,
            allowSoftwareAdapter: true,
          });
          const results = [];
          for (let i = 0; i < 3; ++i) results.push(await segmenter.segment(kit.image(squares)));
          await segmenter.dispose();
          return {
            devices: results.map(({ device }) => device),
            results: results.map(kit.plain),
            fallbacks: segmenter.fallbacks,
          };
        },
        [`/data/tiny_models/${name}.onnx`, worker, squares] as const,
      );
      expect(state.fallbacks).toEqual([]);
      expect(state.devices).toEqual(["webgpu", "webgpu", "webgpu"]);
      for (const result of state.results) expect(result).toEqual(found);
    });
  }
}

test("DeviceLost_BetweenAndDuringCalls_IsReplaced", async ({ page }) => {
  await open(page);
  await keepDevices(page);
  const state = await page.evaluate(
    async ([model, squares]) => {
      const { masklet, kit } = window;
      const options = { model, worker: false, allowSoftwareAdapter: true };
      const first = await masklet.Segmenter.create(options);
      const second = await masklet.Segmenter.create(options);
      const run = async (segmenter: typeof first) => ({
        ...kit.plain(await segmenter.segment(kit.image(squares))),
        device: segmenter.device,
      });
      const results = [await run(first), await run(second)];
      window.gpuDevices.at(-1)!.destroy();
      results.push(await run(first), await run(second));
      const pending = [run(first), run(second)];
      await new Promise((resolve) => setTimeout(resolve, 0));
      window.gpuDevices.at(-1)!.destroy();
      results.push(...(await Promise.all(pending)));
      results.push(await run(first));
      await Promise.all([first.dispose(), second.dispose()]);
      return {
        results,
        devices: window.gpuDevices.length,
        fallbacks: [...first.fallbacks, ...second.fallbacks],
      };
    },
    [model, squares] as const,
  );
  for (const result of state.results) expect(result).toEqual({ ...found, device: "webgpu" });
  expect(state.results).toHaveLength(7);
  expect(state.devices).toBeGreaterThanOrEqual(2);
  expect(state.fallbacks).toEqual([]);
});

test("DeviceThatIsAlwaysLost_IsReplacedByWasm", async ({ page }) => {
  await open(page);
  await keepDevices(page);
  const state = await page.evaluate(
    async ([model, squares]) => {
      const { masklet, kit } = window;
      const create = (device: "auto" | "webgpu") =>
        masklet.Segmenter.create({ model, worker: false, allowSoftwareAdapter: true, device });
      const [auto, only] = [await create("auto"), await create("webgpu")];
      const { submit } = GPUQueue.prototype;
      GPUQueue.prototype.submit = function (...args) {
        for (const device of window.gpuDevices) device.destroy();
        return submit.apply(this, args);
      };
      const result = await auto.segment(kit.image(squares));
      const failure = await kit.failure(() => only.segment(kit.image(squares)));
      GPUQueue.prototype.submit = submit;
      const after = kit.plain(await only.segment(kit.image(squares)));
      await Promise.all([auto.dispose(), only.dispose()]);
      return {
        result: kit.plain(result),
        device: result.device,
        fallbacks: auto.fallbacks,
        failure,
        after,
      };
    },
    [model, squares] as const,
  );
  expect(state.result).toEqual(found);
  expect(state.device).toBe("wasm");
  expect(state.fallbacks).toEqual([
    { device: "webgpu", reason: expect.stringContaining("lost twice") },
  ]);
  expect(state.failure).toMatchObject({ code: "deviceLost", stage: "inference" });
  expect(state.after).toEqual(found);
});

test("DeviceThatComputesWrongly_IsDroppedWithTheReason", async ({ page }) => {
  await open(page);
  const state = await page.evaluate(
    async ([model, squares]) => {
      const { masklet, kit } = window;
      // A driver that loses all data written to the GPU.
      const { writeBuffer } = GPUQueue.prototype;
      let lies = 0;
      GPUQueue.prototype.writeBuffer = function (buffer, offset, data, from = 0, size) {
        const view = ArrayBuffer.isView(data) ? data : new Uint8Array(data);
        const bytes = view.byteLength;
        if (bytes < 1000) return writeBuffer.call(this, buffer, offset, data, from, size);
        lies += 1;
        const count = size ?? view.byteLength - from;
        return writeBuffer.call(this, buffer, offset, new Uint8Array(count));
      };
      const getMappedRange = GPUBuffer.prototype.getMappedRange;
      GPUBuffer.prototype.getMappedRange = function (...args) {
        const range = getMappedRange.apply(this, args);
        if (range.byteLength > 1000 && this.usage & GPUBufferUsage.MAP_READ) {
          lies += 1;
          new Uint8Array(range).fill(0);
        }
        return range;
      };
      const options = { model, worker: false, allowSoftwareAdapter: true } as const;
      const segmenter = await masklet.Segmenter.create(options);
      const result = kit.plain(await segmenter.segment(kit.image(squares)));
      const failure = await kit.failure(() =>
        masklet.Segmenter.create({ ...options, device: "webgpu" }),
      );
      await segmenter.dispose();
      return { result, device: segmenter.device, fallbacks: segmenter.fallbacks, failure, lies };
    },
    [model, squares] as const,
  );
  expect(state.lies).toBeGreaterThan(0);
  expect(state.device).toBe("wasm");
  expect(state.fallbacks).toEqual([
    {
      device: "webgpu",
      reason: expect.stringMatching(/^wrong results: output 'output\d' differs by/),
    },
  ]);
  expect(state.result).toEqual(found);
  expect(state.failure).toMatchObject({
    code: "noDevice",
    message: expect.stringContaining("wrong results"),
  });
});

test("WithoutJspi_TheOtherBundleWorks_AlsoAfterALostDevice", async ({ page }) => {
  // Simulates a browser without JavaScript Promise Integration.
  await page.addInitScript(() => Reflect.deleteProperty(WebAssembly, "Suspending"));
  const bundles: string[] = [];
  page.on(
    "request",
    (request) =>
      /\.wasm$/.test(request.url()) &&
      bundles.push(request.url().replace(/.*\/(.*)-[\w-]{8}\.wasm$/, "$1")),
  );
  await open(page);
  await keepDevices(page);
  const state = await page.evaluate(
    async ([model, squares]) => {
      const { masklet, kit } = window;
      const segmenter = await masklet.Segmenter.create({
        model,
        worker: false,
        allowSoftwareAdapter: true,
      });
      const results = [kit.plain(await segmenter.segment(kit.image(squares)))];
      window.gpuDevices.at(-1)!.destroy();
      results.push(kit.plain(await segmenter.segment(kit.image(squares))));
      await segmenter.dispose();
      return { results, device: segmenter.device, fallbacks: segmenter.fallbacks };
    },
    [model, squares] as const,
  );
  expect(state).toEqual({ results: [found, found], device: "webgpu", fallbacks: [] });
  expect(bundles).toContain("ort-wasm-simd-threaded.asyncify");
  expect(bundles).not.toContain("ort-wasm-simd-threaded.jspi");
});

test("ManyFrames_LeaveNoGpuBuffers", async ({ page }) => {
  await open(page);
  const live = await page.evaluate(
    async ([model, squares]) => {
      const { masklet, kit } = window;
      const buffers = new Set<GPUBuffer>();
      const { createBuffer } = GPUDevice.prototype;
      GPUDevice.prototype.createBuffer = function (...args) {
        const buffer = createBuffer.apply(this, args);
        buffers.add(buffer);
        return buffer;
      };
      const { destroy } = GPUBuffer.prototype;
      GPUBuffer.prototype.destroy = function () {
        buffers.delete(this);
        return destroy.apply(this);
      };
      const segmenter = await masklet.Segmenter.create({
        model,
        worker: false,
        device: "webgpu",
        allowSoftwareAdapter: true,
      });
      const counts = [];
      for (let round = 0; round < 4; ++round) {
        for (let i = 0; i < 20; ++i) await segmenter.segment(kit.image(squares));
        counts.push(buffers.size);
      }
      await segmenter.dispose();
      return counts;
    },
    [model, squares] as const,
  );
  expect(live[0]).toBeGreaterThan(0);
  // The runtime's pool is full after the first round.
  expect(live.slice(1)).toEqual([live[1], live[1], live[1]]);
});
