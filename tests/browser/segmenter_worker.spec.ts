import { expect } from "@playwright/test";
import { test } from "./engines/test.js";
import { found, open, squares } from "./tiny_models.js";

const model = "/data/tiny_models/dense.onnx";

test("WorkerTerminatedFromOutside_PendingCallFails_NextCallWorks", async ({ page }) => {
  await open(page);
  const result = await page.evaluate(
    async ([model, squares]) => {
      const { masklet, kit } = window;
      const workers: Worker[] = [];
      const RealWorker = window.Worker;
      window.Worker = class extends RealWorker {
        constructor(...args: ConstructorParameters<typeof Worker>) {
          super(...args);
          workers.push(this);
        }
      };
      const segmenter = await masklet.Segmenter.create({ model });
      const pending = kit.failure(() => segmenter.segment(kit.image(squares)));
      workers[0]!.terminate();
      const failure = await pending;
      const good = kit.plain(await segmenter.segment(kit.image(squares)));
      const count = workers.length;
      // An uncaught error in the worker's script also counts as its end.
      workers[1]!.dispatchEvent(new ErrorEvent("error", { message: "out of luck" }));
      const again = kit.plain(await segmenter.segment(kit.image(squares)));
      await segmenter.dispose();
      return { failure, good, count, again, total: workers.length };
    },
    [model, squares] as const,
  );
  expect(result.failure).toMatchObject({ code: "workerFailed", stage: "worker" });
  expect(result.good).toEqual(found);
  expect(result.again).toEqual(found);
  expect([result.count, result.total]).toEqual([2, 3]);
});

test("WorkerScriptMissing_CreateFails", async ({ page }) => {
  await open(page);
  const failure = await page.evaluate(async (model) => {
    const { masklet, kit } = window;
    const RealWorker = window.Worker;
    window.Worker = class extends RealWorker {
      constructor(_: string | URL, options?: WorkerOptions) {
        super("/no/such/worker.js", options);
      }
    };
    return kit.failure(() => masklet.Segmenter.create({ model }));
  }, model);
  expect(failure).toMatchObject({ code: "workerFailed", stage: "worker" });
});

test("Dispose_WithPendingCalls_EndsThem", async ({ page }) => {
  await open(page);
  const outcomes = await page.evaluate(
    async ([model, squares]) => {
      const { masklet, kit } = window;
      const segmenter = await masklet.Segmenter.create({ model });
      const calls = Array.from({ length: 5 }, () =>
        segmenter.segment(kit.image(squares)).then(
          ({ instances }) => instances.length,
          (error) => error.code,
        ),
      );
      await segmenter.dispose();
      await segmenter.dispose();
      return Promise.all(calls);
    },
    [model, squares] as const,
  );
  for (const outcome of outcomes) expect([3, "disposed"]).toContain(outcome);
});

test("Results_OfTheWorker_AreTransferredInSeparateBuffers", async ({ page }) => {
  await open(page);
  const result = await page.evaluate(
    async ([model, squares]) => {
      const { masklet, kit } = window;
      const segmenter = await masklet.Segmenter.create({ model });
      const { instances } = await segmenter.segment(kit.image(squares), { soft: true });
      const raw = await segmenter.infer(kit.image(squares));
      await segmenter.dispose();
      const masks = instances.map(({ mask }) => mask);
      const clone = masklet.Mask.from(structuredClone(masks[0]!));
      return {
        // Each has its own buffer, not a view into a shared one.
        own: masks.every(
          ({ runs, coverage }) =>
            runs.byteLength === runs.buffer.byteLength && coverage!.buffer.byteLength === 256,
        ),
        iou: [clone.iou(masks[0]!), masks[0]!.iou(masks[1]!)],
        rle: masks[0]!.toRle().size,
        raw: [...raw.outputs].map(([name, { dims, data }]) => [
          name,
          dims,
          data.length,
          data.constructor.name,
        ]),
      };
    },
    [model, squares] as const,
  );
  expect(result).toEqual({
    own: true,
    iou: [1, 0],
    rle: [64, 64],
    raw: [
      ["output0", [1, 11, 84], 924, "Float32Array"],
      ["output1", [1, 4, 16, 16], 1024, "Float32Array"],
    ],
  });
});

test("RunThatNeverEnds_AbortedOrDisposed_EndsItsWorkerAlone", async ({ page }) => {
  await open(page);
  const result = await page.evaluate(
    async ([hung, model, squares]) => {
      const { masklet, kit } = window;
      const workers: { ended: boolean }[] = [];
      const RealWorker = window.Worker;
      window.Worker = class extends RealWorker {
        ended = false;
        constructor(...args: ConstructorParameters<typeof Worker>) {
          super(...args);
          workers.push(this);
        }
        override terminate() {
          this.ended = true;
          super.terminate();
        }
      };
      const device = "wasm";
      const looping = await masklet.Segmenter.create({ model: hung, device });
      const other = await masklet.Segmenter.create({ model, device });
      const late = await kit.failure(() => looping.segment(kit.image(squares), { timeoutMs: 500 }));
      const good = kit.plain(await other.segment(kit.image(squares)));
      // Waits for the worker that is ended after the grace period, then for the next one.
      const waiting = kit.failure(() => looping.segment(kit.image(squares)));
      await new Promise((resolve) => setTimeout(resolve, 11_000));
      const first = await waiting;
      const again = kit.failure(() => looping.segment(kit.image(squares)));
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      const start = performance.now();
      await looping.dispose();
      const disposal = performance.now() - start;
      const last = await again;
      const fine = kit.plain(await other.segment(kit.image(squares)));
      const ended = workers.map((worker) => worker.ended);
      await other.dispose();
      return { late, good, first, disposal, last, fine, ended };
    },
    ["/data/hostile_models/infinite_loop.onnx", model, squares] as const,
  );
  expect(result).toMatchObject({
    late: { code: "timedOut" },
    good: found,
    first: { code: "workerFailed" },
    last: { code: "disposed" },
    fine: found,
    ended: [true, false, true],
  });
  expect(result.disposal).toBeLessThan(5_000);
});
