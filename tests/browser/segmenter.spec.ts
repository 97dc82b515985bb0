import { expect } from "@playwright/test";
import { test } from "./engines/test.js";
import { found, open, squares } from "./tiny_models.js";

for (const worker of [true, false]) {
  test.describe(worker ? "in a worker" : "on the caller's thread", () => {
    for (const model of worker
      ? [
          "dense",
          "dense_dynamic",
          "end_to_end",
          "half",
          "open_shapes",
          "bytes",
          "hwc",
          "two_at_once",
        ]
      : ["dense", "half"]) {
      test(`Segment_${model}_FindsEverySquare`, async ({ page }) => {
        const problems = await open(page);
        const result = await page.evaluate(
          async ([url, worker, squares]) => {
            const { masklet, kit } = window;
            const segmenter = await masklet.Segmenter.create({ model: url, worker });
            const image = kit.image(squares);
            const before = image.data.slice();
            const result = await segmenter.segment(image);
            const untouched = image.data.every((value, i) => value === before[i]);
            await segmenter.dispose();
            return {
              result: kit.plain(result),
              untouched,
              device: result.device,
              fallbacks: segmenter.fallbacks,
              times: Object.values(result.timingsMs),
              isMask: result.instances.every(({ mask }) => mask instanceof masklet.Mask),
            };
          },
          [`/data/tiny_models/${model}.onnx`, worker, squares] as const,
        );
        expect(result).toMatchObject({
          result: found,
          untouched: true,
          device: "wasm",
          isMask: true,
        });
        expect(result.fallbacks).toEqual([
          { device: "webgpu", reason: expect.stringMatching(/adapter|WebGPU/) },
        ]);
        expect(result.times.every((time) => time >= 0)).toBe(true);
        expect(problems).toEqual([]);
      });
    }

    test("SegmentBatch_OfMixedSources_IsTheResultOfEach", async ({ page }) => {
      const problems = await open(page);
      const results = await page.evaluate(
        async ([worker, squares]) => {
          const { masklet, kit } = window;
          const bitmap = await createImageBitmap(kit.image(squares));
          const results: Record<string, unknown> = {};
          for (const model of ["dense", "dense_dynamic", "two_at_once"]) {
            const url = `/data/tiny_models/${model}.onnx`;
            const segmenter = await masklet.Segmenter.create({ model: url, worker, inputSize: 64 });
            const sources = [
              kit.image(squares),
              kit.image([]),
              bitmap,
              "/data/tiny_models/squares.png",
              kit.canvas(squares.slice(1)),
            ];
            results[model] = (await segmenter.segmentBatch(sources)).map((result) =>
              kit.plain(result),
            );
            await segmenter.dispose();
          }
          return { results, bitmapIsOpen: bitmap.width };
        },
        [worker, squares] as const,
      );
      const all = [
        found,
        { ...found, instances: [] },
        found,
        found,
        { ...found, instances: found.instances.slice(1) },
      ];
      expect(results).toEqual({
        results: { dense: all, dense_dynamic: all, two_at_once: all },
        bitmapIsOpen: 64,
      });
      expect(problems).toEqual([]);
    });

    test("EverySource_OfTheSameImage_GivesTheSameResult", async ({ page }) => {
      const problems = await open(page);
      const results = await page.evaluate(
        async ([worker, squares]) => {
          const { masklet, kit } = window;
          const segmenter = await masklet.Segmenter.create({
            model: "/data/tiny_models/dense.onnx",
            worker,
          });
          const pixels = kit.image(squares);
          const canvas = kit.canvas(squares);
          const blob = (await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve)))!;
          const bytes = new Uint8Array(await blob.arrayBuffer());
          const padded = new Uint8Array([9, 9, 9, ...bytes, 9]).subarray(3, 3 + bytes.length);
          const image = new Image();
          image.src = "/data/tiny_models/squares.png";
          const offscreen = new OffscreenCanvas(64, 64);
          offscreen.getContext("2d")!.putImageData(pixels, 0, 0);
          const bitmap = await createImageBitmap(pixels);
          const frame = new VideoFrame(canvas, { timestamp: 0 });
          const sources: Record<string, Parameters<typeof segmenter.segment>[0]> = {
            pixels,
            plain: { width: 64, height: 64, data: new Uint8Array(pixels.data) },
            canvas,
            blob,
            file: new File([blob], "squares.png"),
            bytes: padded,
            buffer: bytes.buffer,
            image,
            offscreen,
            bitmap,
            frame,
            path: "/data/tiny_models/squares.png",
            url: new URL("/data/tiny_models/squares.png", location.href),
          };
          const results: Record<string, unknown> = {};
          for (const [name, source] of Object.entries(sources))
            results[name] = kit.plain(await segmenter.segment(source));
          // A second call: the first must not transfer or close the caller's source.
          for (const name of ["bitmap", "frame", "bytes", "buffer"]) {
            results[`${name} again`] = kit.plain(await segmenter.segment(sources[name]!));
          }
          frame.close();
          await segmenter.dispose();
          return results;
        },
        [worker, squares] as const,
      );
      for (const [name, result] of Object.entries(results)) expect(result, name).toEqual(found);
      expect(Object.keys(results)).toHaveLength(17);
      expect(problems).toEqual([]);
    });

    test("BadSources_AreTypedErrors_AndTheNextCallWorks", async ({ page }) => {
      await open(page);
      const results = await page.evaluate(
        async ([worker, squares]) => {
          const { masklet, kit } = window;
          const segmenter = await masklet.Segmenter.create({
            model: "/data/tiny_models/dense.onnx",
            worker,
          });
          const closedBitmap = await createImageBitmap(kit.image([]));
          closedBitmap.close();
          const closedFrame = new VideoFrame(kit.canvas([]), { timestamp: 0 });
          closedFrame.close();
          const detached = new Uint8Array(4);
          structuredClone(detached.buffer, { transfer: [detached.buffer] });
          const bad: Record<string, unknown> = {
            closedBitmap,
            closedFrame,
            detached,
            detachedBuffer: detached.buffer,
            noImage: new Blob(["not an image"]),
            empty: new Blob([]),
            missing: "/no/such/image.png",
            noUrl: "http://",
            emptyCanvas: Object.assign(document.createElement("canvas"), { width: 0 }),
            emptyImage: new Image(),
            video: document.createElement("video"),
            short: { width: 4, height: 4, data: new Uint8Array(63) },
            floats: { width: 1, height: 1, data: new Float32Array(4) },
            zero: { width: 0, height: 4, data: new Uint8Array(0) },
            half: { width: 0.5, height: 2, data: new Uint8Array(4) },
            nothing: undefined,
            number: 7,
          };
          const failures: Record<string, Awaited<ReturnType<typeof kit.failure>>> = {};
          for (const [name, source] of Object.entries(bad)) {
            failures[name] = await kit.failure(() => segmenter.segment(source as string));
          }
          const good = kit.plain(await segmenter.segment(kit.image(squares)));
          await segmenter.dispose();
          return { failures, good };
        },
        [worker, squares] as const,
      );
      for (const [name, failure] of Object.entries(results.failures)) {
        const code =
          { missing: "networkError", noImage: "badImageFile", noUrl: /badSource|networkError/ }[
            name
          ] ?? "badSource";
        expect(failure.code, `${name}: ${failure.message}`).toMatch(code);
        expect(failure.stage, name).toBe("source");
        expect(failure.message!.length, name).toBeGreaterThan(15);
      }
      expect(results.good).toEqual(found);
    });

    test("BadOptions_AreTypedErrors", async ({ page }) => {
      await open(page);
      const failures = await page.evaluate(async (worker) => {
        const { masklet, kit } = window;
        const model = "/data/tiny_models/dense.onnx";
        const create = (options: object) =>
          kit.failure(() => masklet.Segmenter.create({ model, worker, ...options }));
        const segmenter = await masklet.Segmenter.create({ model, worker });
        const failures = {
          missing: await create({ model: "/no/such/model.onnx" }),
          page: await create({ model: "/segmenter.html" }),
          bytes: await create({ model: new Uint8Array(100) }),
          blob: await create({ model: new Blob(["x"]) }),
          hash: await create({ sha256: "0".repeat(64) }),
          family: await create({ family: "no_such" }),
          size: await create({ inputSize: 96 }),
          labels: await create({ labels: ["a"] }),
          device: await create({ device: "node-cpu" }),
          webgpu: await create({ device: "webgpu" }),
          score: await kit.failure(() => segmenter.segment(kit.image([]), { scoreThreshold: 2 })),
          classes: await kit.failure(() =>
            segmenter.segment(kit.image([]), { classes: ["violet"] }),
          ),
        };
        await segmenter.dispose();
        return { ...failures, disposed: await kit.failure(() => segmenter.segment(kit.image([]))) };
      }, worker);
      expect(Object.entries(failures).map(([name, { code }]) => [name, code])).toEqual([
        ["missing", "networkError"],
        ["page", "badModel"],
        ["bytes", "badModel"],
        ["blob", "badModel"],
        ["hash", "hashMismatch"],
        ["family", "unknownFamily"],
        ["size", "badOption"],
        ["labels", "badOption"],
        ["device", "noDevice"],
        ["webgpu", "noDevice"],
        ["score", "badOption"],
        ["classes", "badOption"],
        ["disposed", "disposed"],
      ]);
    });

    test("Abort_BeforeAndDuringACall_RejectsWithTheReason", async ({ page }) => {
      await open(page);
      const result = await page.evaluate(
        async ([worker, squares]) => {
          const { masklet, kit } = window;
          const { Segmenter } = masklet;
          const reason = new Error("changed my mind");
          const aborted = AbortSignal.abort(reason);
          const model = "/data/tiny_models/dense.onnx";
          const create = await kit.failure(() =>
            Segmenter.create({ model, worker, signal: aborted }),
          );
          const during = new AbortController();
          const download = await kit.failure(() =>
            Segmenter.create({
              worker,
              cache: false,
              signal: during.signal,
              onProgress: () => during.abort(reason),
            }),
          );
          const segmenter = await Segmenter.create({ model, worker });
          const before = await kit.failure(() =>
            segmenter.segment(kit.image(squares), { signal: aborted }),
          );
          const later = new AbortController();
          const call = kit.failure(() =>
            segmenter.segment(kit.image(squares), { signal: later.signal }),
          );
          later.abort(reason);
          const good = kit.plain(
            await segmenter.segment(kit.image(squares), { signal: new AbortController().signal }),
          );
          await segmenter.dispose();
          return { failures: [create, download, before, await call], good };
        },
        [worker, squares] as const,
      );
      for (const failure of result.failures) {
        expect(failure).toMatchObject({ code: "aborted", cause: "Error: changed my mind" });
      }
      expect(result.good).toEqual(found);
    });

    test("OverlappingCalls_OfTwoSegmenters_KeepTheirImages", async ({ page }) => {
      await open(page);
      const areas = await page.evaluate(async (worker) => {
        const { masklet, kit } = window;
        const create = (model: string) =>
          masklet.Segmenter.create({ model: `/data/tiny_models/${model}.onnx`, worker });
        const segmenters = await Promise.all([
          create("dense"),
          create("end_to_end"),
          create("half"),
        ]);
        const calls = Array.from({ length: 24 }, async (_, i) => {
          const x = (i % 4) * 16;
          // The sources differ in size, so that the letterbox of the other call would be visible.
          const { instances } = await segmenters[i % 3]!.segment(
            kit.image([{ x, y: 16, color: "red" }], 64 + (i % 2) * 64, 64),
          );
          return instances.map(({ box, mask }) => [
            Math.round(box.x1 - x),
            Math.round(box.y1 - 16),
            mask.sourceWidth - 64 - (i % 2) * 64,
          ]);
        });
        const results = await Promise.all(calls);
        for (const segmenter of segmenters) segmenter[Symbol.dispose]();
        return results;
      }, worker);
      // Images of 128 x 64 are halved, so that the square covers a quarter of its cell. Its score
      // of 0.25 is not above the threshold.
      expect(areas).toEqual(Array.from({ length: 24 }, (_, i) => (i % 2 ? [] : [[0, 0, 0]])));
    });

    test("FailureInsideAKernel_IsTyped_AndTheNextCallWorks", async ({ page }) => {
      await open(page);
      const result = await page.evaluate(
        async ([worker, squares]) => {
          const { masklet, kit } = window;
          const segmenter = await masklet.Segmenter.create({
            model: "/data/tiny_models/fails_on_white.onnx",
            worker,
            device: "wasm",
          });
          const fail = await kit.failure(() => segmenter.segment(kit.image(squares)));
          const good = kit.plain(await segmenter.segment(kit.image(squares.slice(1))));
          await segmenter.dispose();
          return { fail, good };
        },
        [worker, squares] as const,
      );
      expect(result.fail).toMatchObject({
        code: "inferenceFailed",
        stage: "inference",
        message: expect.stringContaining("Gather"),
      });
      expect(result.good).toEqual({ ...found, instances: found.instances.slice(1) });
    });

    test("ThousandFrames_LeaveMemoryFlat", async ({ page, engine }) => {
      test.skip(engine !== "chromium", "memory is measured with Chromium's tools");
      // ONNX Runtime creates its memory with `new`; the core reports its own.
      await page.addInitScript(() => {
        const memories: WebAssembly.Memory[] = [];
        WebAssembly.Memory = class extends WebAssembly.Memory {
          constructor(descriptor: WebAssembly.MemoryDescriptor) {
            super(descriptor);
            memories.push(this);
          }
        };
        window.wasmBytes = () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
      });
      await open(page);
      const devtools = await page.context().newCDPSession(page);
      const run = (count: number) =>
        page.evaluate(
          async ([worker, count, squares]) => {
            const { masklet, kit } = window;
            const model = "/data/tiny_models/dense.onnx";
            window.segmenter ??= await masklet.Segmenter.create({ model, worker });
            const canvas = kit.canvas(squares);
            for (let i = 0; i < count; ++i) {
              const frame = new VideoFrame(canvas, { timestamp: i });
              const { instances } = await window.segmenter.segment(frame, {
                soft: true,
                signal: new AbortController().signal,
              });
              if (instances.length !== 3) throw new Error(`${instances.length} instances`);
              frame.close();
            }
            return { core: masklet.currentCore().memoryBytes, ort: window.wasmBytes!() };
          },
          [worker, count, squares] as const,
        );
      const heap = async () => {
        await devtools.send("HeapProfiler.collectGarbage");
        const usage = (await devtools.send("Runtime.getHeapUsage")) as {
          usedSize: number;
          backingStorageSize?: number;
        };
        return usage.usedSize + (usage.backingStorageSize ?? 0);
      };
      const wasmBefore = await run(200);
      const before = await heap();
      expect(await run(1000)).toEqual(wasmBefore);
      if (!worker) expect(wasmBefore.ort).toBeGreaterThan(0);
      // A leak of one small frame (16 kB of pixels) or tensor (3 kB) in each call would be 3 MB and
      // more.
      expect((await heap()) - before).toBeLessThan(1e6);
    });
  });
}

test("BuiltInModel_IsTheDefault_AndFetchesNothingFromElsewhere", async ({ page }) => {
  const problems = await open(page);
  const foreign: string[] = [];
  page.on(
    "request",
    (request) => new URL(request.url()).hostname !== "localhost" && foreign.push(request.url()),
  );
  const result = await page.evaluate(async () => {
    const { masklet, kit } = window;
    const progress: string[] = [];
    const segmenter = await masklet.Segmenter.create({
      onProgress: ({ stage, loaded, total }) => progress.push(`${stage} ${loaded}/${total}`),
    });
    const { instances } = await segmenter.segment(kit.image([]));
    await segmenter.dispose();
    return {
      labels: segmenter.labels.length,
      info: segmenter.info,
      count: instances.length,
      first: progress[0],
      last: progress.slice(-3),
    };
  });
  expect(result).toMatchObject({
    labels: 80,
    count: 0,
    info: {
      family: "yolo_seg",
      variant: "dense",
      preprocessing: { width: 416, height: 416, resizeMode: "letterbox-top-left" },
    },
    first: `download 0/${result.info.bytes}`,
    last: [`download ${result.info.bytes}/${result.info.bytes}`, "compile 0/1", "compile 1/1"],
  });
  // Only Chromium lets the test watch requests; elsewhere the policy would report them.
  expect(foreign).toEqual([]);
  expect(problems).toEqual([]);
});

test("Cache_SecondCreate_DownloadsNoModel", async ({ page, engine }) => {
  test.skip(engine !== "chromium", "requests can be watched in Chromium only");
  await open(page);
  const requests: string[] = [];
  page.on(
    "request",
    (request) =>
      /\.onnx/.test(request.url()) &&
      requests.push(`${request.method()} ${new URL(request.url()).pathname}`),
  );
  const create = (options: object) =>
    page.evaluate(async (options) => {
      const segmenter = await window.masklet.Segmenter.create({
        model: "/data/tiny_models/dense.onnx",
        worker: false,
        ...options,
      });
      await segmenter.dispose();
      return segmenter.info.sha256;
    }, options);
  const sha256 = await create({});
  expect(requests).toEqual(["GET /data/tiny_models/dense.onnx"]);
  // Without a digest, the browser asks the server whether the file has changed.
  await create({});
  expect(requests.slice(1)).toEqual(["HEAD /data/tiny_models/dense.onnx"]);
  await create({ sha256 });
  await create({ sha256 });
  expect(requests.slice(2)).toEqual(["GET /data/tiny_models/dense.onnx"]);
  await create({ cache: false });
  expect(requests.slice(3)).toEqual(["GET /data/tiny_models/dense.onnx"]);
});

test("Cache_DamagedEntry_IsReplaced", async ({ page, engine }) => {
  // WebDriver has only private windows, and WebKit's may immediately lose entries of a cache that a
  // worker has used.
  test.skip(engine === "webkit", "caches of WebKit's private windows forget");
  await open(page);
  const sizes = await page.evaluate(async () => {
    const { masklet } = window;
    const options = { model: "/data/tiny_models/dense.onnx", worker: false };
    (await masklet.Segmenter.create(options)).dispose();
    const cache = await caches.open("masklet-models-1");
    const key = (await cache.keys()).find(({ url }) => url.includes("dense.onnx"));
    const entry = (await cache.match(key!))!;
    await cache.put(
      key!,
      new Response((await entry.clone().arrayBuffer()).slice(0, 1000), { headers: entry.headers }),
    );
    const segmenter = await masklet.Segmenter.create(options);
    await segmenter.dispose();
    return [segmenter.info.bytes, (await (await cache.match(key!))!.arrayBuffer()).byteLength];
  });
  expect(sizes[0]).toBeGreaterThan(5000);
  expect(sizes[1]).toBe(sizes[0]);
});
