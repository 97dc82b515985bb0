import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { families } from "../../web/families/index.js";
import {
  builtInModels,
  decode,
  inspectModel,
  Mask,
  MaskletError,
  type RgbaImage,
  Segmenter,
  type SegmentResult,
} from "../../web/index.js";
import { ModelSession } from "../../web/runtime/model_session.js";
import { handMadeModel, valueInfo } from "./protobuf_writer.js";
import { sharedFile } from "./shared_data.js";

const tiny = (name: string) =>
  fileURLToPath(new URL(`../data/tiny_models/${name}`, import.meta.url));
const squares = tiny("squares.png");

/** What the tiny models find in squares.png; tests/browser/tiny_models.ts explains the areas. */
const found = [
  { label: "red", classId: 0, score: 1, box: { x1: 0, y1: 0, x2: 16, y2: 16 }, area: 255 },
  { label: "blue", classId: 2, score: 1, box: { x1: 32, y1: 16, x2: 48, y2: 32 }, area: 252 },
  { label: "green", classId: 1, score: 1, box: { x1: 48, y1: 48, x2: 64, y2: 64 }, area: 255 },
];

function plain({ instances }: SegmentResult) {
  const rows = instances.map(({ mask, ...rest }) => ({ ...rest, area: mask.area }));
  return rows.sort((a, b) => a.box.x1 - b.box.x1);
}

async function withSegmenter<T>(
  options: Parameters<typeof Segmenter.create>[0],
  work: (segmenter: Segmenter) => Promise<T>,
): Promise<T> {
  const segmenter = await Segmenter.create(options);
  try {
    return await work(segmenter);
  } finally {
    await segmenter.dispose();
  }
}

describe.each(["wasm", "node-cpu"] as const)("Segmenter on %s", (device) => {
  it.each([
    "dense",
    "dense_dynamic",
    "end_to_end",
    "half",
    "open_shapes",
    "chw",
    "hwc",
    "nhwc",
    "bytes",
    "two_at_once",
  ])("Segment_%s_FindsEverySquare", async (name) => {
    await withSegmenter({ model: tiny(`${name}.onnx`), device }, async (segmenter) => {
      const result = await segmenter.segment(squares);
      expect(plain(result)).toEqual(found);
      expect([result.width, result.height, result.device, segmenter.device]).toEqual([
        64,
        64,
        device,
        device,
      ]);
      expect(segmenter.labels).toEqual(["red", "green", "blue"]);
      const { total, ...parts } = result.timingsMs;
      expect(Object.values(parts).reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(total, 6);
    });
  });

  it("KernelFailure_IsTyped_AndTheNextCallWorks", async () => {
    await withSegmenter({ model: tiny("fails_on_white.onnx"), device }, async (segmenter) => {
      await expect(segmenter.segment(squares)).rejects.toMatchObject({
        code: "inferenceFailed",
        stage: "inference",
      });
      const black = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 4) };
      expect((await segmenter.segment(black)).instances).toEqual([]);
    });
  });
});

/** An image of black with one square for each color given. */
function image(
  width: number,
  height: number,
  ...places: [x: number, y: number, channel: number][]
): RgbaImage {
  const data = new Uint8Array(width * height * 4);
  for (const [left, top, channel] of places) {
    for (let y = top; y < top + 16; ++y)
      for (let x = left; x < left + 16; ++x) data[(y * width + x) * 4 + channel] = 255;
  }
  return { width, height, data };
}

describe("segmentBatch", () => {
  const sources = [
    squares,
    image(64, 64),
    image(64, 64, [16, 0, 1]),
    squares,
    image(128, 128, [0, 0, 0]),
  ];
  const corners = (results: SegmentResult[]) =>
    results.map((result) => plain(result).map(({ label, box }) => [label, box.x1, box.y1]));

  it.each([
    ["dense", 1, 5],
    ["dense_dynamic", "open", 1],
    ["two_at_once", 2, 3],
  ])("%s_EachImageHasTheResultItHasAlone", async (name, batch, runs) => {
    await withSegmenter(
      {
        model: tiny(`${name}.onnx`),
        device: "wasm",
        ...(batch === "open" ? { inputSize: 64 } : {}),
      },
      async (segmenter) => {
        expect(segmenter.info.batch).toBe(batch);
        const alone: SegmentResult[] = [];
        for (const source of sources) alone.push(await segmenter.segment(source));
        const run = vi.spyOn(ModelSession.prototype, "run");
        const together = await segmenter.segmentBatch(sources);
        expect(run).toHaveBeenCalledTimes(runs as number);
        run.mockRestore();
        expect(corners(together)).toEqual(corners(alone));
        expect(together.map(plain)).toEqual(alone.map(plain));
        expect(together.map(({ width, height }) => [width, height])).toEqual(
          alone.map(({ width, height }) => [width, height]),
        );
        expect(plain(together[0]!)).toEqual(found);
        expect(together[1]!.instances).toEqual([]);
      },
    );
  });

  it("NoSources_GiveNoResults_AndOneBadSourceFailsAll", async () => {
    await withSegmenter(
      { model: tiny("dense_dynamic.onnx"), device: "wasm" },
      async (segmenter) => {
        expect(await segmenter.segmentBatch([])).toEqual([]);
        await expect(segmenter.segmentBatch(squares as unknown as string[])).rejects.toMatchObject({
          code: "badOption",
        });
        await expect(segmenter.segmentBatch([squares, "no/such/file.png"])).rejects.toMatchObject({
          code: "badSource",
        });
        const controller = new AbortController();
        const call = segmenter.segmentBatch([squares, squares], { signal: controller.signal });
        controller.abort();
        await expect(call).rejects.toMatchObject({ code: "aborted" });
        expect(await segmenter.segmentBatch([squares])).toHaveLength(1);
      },
    );
  });
});

describe("a network that takes images at their own size", () => {
  const model = { model: tiny("any_size.onnx"), device: "wasm" } as const;
  const classes = ({ instances }: SegmentResult) =>
    instances.map(({ classId, box, mask }) => [classId, box.x1, box.y1, mask.area]);

  it("EachImage_IsFedAtItsSize", async () => {
    await withSegmenter(model, async (segmenter) => {
      expect(segmenter.info).toMatchObject({
        family: "mask_rcnn",
        variant: "torchvision",
        sizing: { rule: "source" },
        batch: 1,
        masks: true,
      });
      const wide = image(90, 33, [16, 16, 2], [64, 0, 0]);
      const found = await segmenter.segment(wide);
      expect(classes(found).sort()).toEqual([
        [1, 64, 0, 256],
        [3, 16, 16, 256],
      ]);
      expect(await segmenter.infer(wide)).toMatchObject({
        width: 90,
        height: 33,
        preprocessing: { width: 90, height: 33 },
      });
      const batch = await segmenter.segmentBatch([wide, image(17, 100, [0, 80, 1])]);
      expect(batch.map((result) => classes(result).length)).toEqual([2, 1]);
    });
  });

  it("NoObjects_IsNotAnError", async () => {
    await withSegmenter(model, async (segmenter) => {
      expect((await segmenter.segment(image(40, 50))).instances).toEqual([]);
      const { outputs } = await segmenter.infer(image(40, 50));
      expect([...outputs.values()].map(({ dims }) => dims)).toEqual([
        [0, 4],
        [0],
        [0],
        [0, 1, 50, 40],
      ]);
    });
  });

  it("ChosenSize_HoldsForAllImages", async () => {
    await withSegmenter({ ...model, inputSize: { width: 64, height: 32 } }, async ({ info }) => {
      expect([info.sizing, info.preprocessing.width, info.preprocessing.height]).toEqual([
        { rule: "fixed" },
        64,
        32,
      ]);
    });
  });
});

describe("Segmenter", () => {
  it("RawOutputs_ThroughDecode_AreTheSameInstances", async () => {
    await withSegmenter({ model: tiny("dense.onnx"), device: "wasm" }, async (segmenter) => {
      const source = image(64, 32, [32, 16, 2], [0, 0, 0]);
      const expected = plain(await segmenter.segment(source));
      expect(expected).toHaveLength(2);
      const { outputs, preprocessing, ...size } = await segmenter.infer(source);
      const { metadata } = segmenter.info;
      const decoded = decode(outputs, {
        source: size,
        network: preprocessing,
        preprocessing,
        metadata,
      });
      expect(plain(decoded as unknown as SegmentResult)).toEqual(expected);
      expect([decoded.family, decoded.variant, decoded.width, decoded.height]).toEqual([
        "yolo_seg",
        "dense",
        64,
        32,
      ]);
    });
  });

  it("BytesInput_GetsLevels_UnlessToldOtherwise", async () => {
    const preprocessing = async (options: object) =>
      withSegmenter(
        { model: tiny("bytes.onnx"), device: "wasm", ...options },
        async ({ info }) => info.preprocessing,
      );
    expect(await preprocessing({})).toMatchObject({
      inputScale: 1,
      mean: [0, 0, 0],
      std: [1, 1, 1],
      fill: 114,
    });
    expect(await preprocessing({ preprocessing: { inputScale: 0.5 } })).toMatchObject({
      inputScale: 0.5,
    });
  });

  it("InputThatNobodyFeeds_IsNamed", async () => {
    const error = await Segmenter.create({
      model: tiny("second_input.onnx"),
      device: "wasm",
    }).catch((error) => error);
    expect(error).toMatchObject({ code: "unsupported", stage: "load", value: "gain" });
    expect(error.message).toMatch(/'gain' int64\[1\]/);
  });

  it("Options_SelectInstances", async () => {
    await withSegmenter({ model: tiny("dense.onnx"), device: "wasm" }, async (segmenter) => {
      const labels = async (options: object) =>
        (await segmenter.segment(squares, options)).instances.map(({ label }) => label).sort();
      expect(await labels({ classes: ["red", 2] })).toEqual(["blue", "red"]);
      expect(await labels({ classes: [] })).toEqual([]);
      expect(await labels({ maxInstances: 1 })).toHaveLength(1);
      expect(await labels({ scoreThreshold: 1 })).toEqual([]);
      await expect(labels({ scoreThreshold: 7 })).rejects.toMatchObject({ code: "badOption" });
    });
  });

  it("SoftMasks_HaveCoverageOfTheirCrop_ThatAgreesWithTheRuns", async () => {
    await withSegmenter({ model: tiny("dense.onnx"), device: "wasm" }, async (segmenter) => {
      for (const { mask } of (await segmenter.segment(squares, { soft: true })).instances) {
        expect(mask.coverage).toHaveLength(mask.width * mask.height);
        const bytes = mask.toBytes();
        expect(Array.from(mask.coverage!, (value) => Number(value > 127))).toEqual(
          Array.from(bytes),
        );
      }
    });
  });

  it("Masks_AreClonable_AndOwnTheirArrays", async () => {
    await withSegmenter({ model: tiny("dense.onnx"), device: "wasm" }, async (segmenter) => {
      const { instances } = await segmenter.segment(squares);
      const copy = Mask.from(structuredClone(instances[0]!.mask));
      expect(copy.iou(instances[0]!.mask)).toBe(1);
      for (const { mask } of instances)
        expect(mask.runs.byteLength).toBe(mask.runs.buffer.byteLength);
    });
  });

  it("OpenSizes_TakeTheOption_ElseTheMetadata", async () => {
    const size = (options: object) =>
      withSegmenter(
        { model: tiny("dense_dynamic.onnx"), device: "wasm", ...options },
        async ({ info }) => {
          return [info.preprocessing.width, info.preprocessing.height];
        },
      );
    expect(await size({})).toEqual([96, 64]);
    expect(await size({ inputSize: 160 })).toEqual([160, 160]);
    expect(await size({ inputSize: { width: 64, height: 128 } })).toEqual([64, 128]);
    await expect(size({ inputSize: 100 })).rejects.toMatchObject({ code: "badOption", value: 100 });
  });

  it("LetterboxOfTheMetadata_IsUsed_UnlessTheCallerSaysOtherwise", async () => {
    const model = handMadeModel({
      inputs: [valueInfo("images", "float32", [1, 3, "height", "width"])],
      outputs: [
        valueInfo("rows", "float32", [1, 37, "anchors"]),
        valueInfo("planes", "float32", [1, 32, "h", "w"]),
      ],
      metadata: {
        letterbox: "top-left",
        imgsz: "[256, 512]",
        stride: "32",
        names: "{0: 'nucleus'}",
      },
    });
    const usual = { width: 512, height: 256, resizeMode: "letterbox-top-left" };
    const info = await inspectModel(model);
    expect(info).toMatchObject({
      family: "yolo_seg",
      variant: "dense",
      labels: ["nucleus"],
      preprocessing: usual,
      inputMultiple: 32,
    });
    const changed = await inspectModel(model, {
      inputSize: 512,
      preprocessing: { resizeMode: "stretch" },
    });
    expect(changed.preprocessing).toMatchObject({ width: 512, height: 512, resizeMode: "stretch" });
  });

  it("CallersPreprocessing_IsUsed", async () => {
    const model = tiny("dense.onnx");
    await withSegmenter(
      { model, device: "wasm", preprocessing: { colorOrder: "bgr" } },
      async (segmenter) => {
        expect(plain(await segmenter.segment(squares)).map(({ label }) => label)).toEqual([
          "blue",
          "red",
          "green",
        ]);
      },
    );
    for (const preprocessing of [
      { resizeMode: "crop" as "stretch" },
      { std: [1, 0, 1] as const },
      { fill: 256 },
      { width: 32 },
    ]) {
      await expect(
        Segmenter.create({ model, device: "wasm", preprocessing }),
      ).rejects.toMatchObject({ code: "badOption" });
    }
  });

  it("CallersLabels_ReplaceTheModels", async () => {
    const labels = ["rot", "grün", "blau"];
    await withSegmenter(
      { model: tiny("dense.onnx"), device: "wasm", labels },
      async (segmenter) => {
        expect(plain(await segmenter.segment(squares)).map(({ label }) => label)).toEqual([
          "rot",
          "blau",
          "grün",
        ]);
      },
    );
    await expect(
      Segmenter.create({ model: tiny("dense.onnx"), labels: ["one"] }),
    ).rejects.toMatchObject({ code: "badOption", value: 1 });
  });

  it("OverlappingCalls_KeepTheirImages", async () => {
    await withSegmenter({ model: tiny("dense.onnx"), device: "wasm" }, async (segmenter) => {
      const image = (x: number) => {
        const data = new Uint8Array(64 * 64 * 4);
        for (let y = 0; y < 16; ++y) for (let i = x; i < x + 16; ++i) data[(y * 64 + i) * 4] = 255;
        return { width: 64, height: 64, data };
      };
      // Files are decoded by the same core in between.
      const calls = Array.from({ length: 20 }, (_, i) =>
        segmenter.segment(i % 2 ? squares : image((i % 4) * 16)),
      );
      const results = (await Promise.all(calls)).map((result) =>
        plain(result).map(({ box }) => box.x1),
      );
      expect(results).toEqual(results.map((_, i) => (i % 2 ? [0, 32, 48] : [(i % 4) * 16])));
    });
  });

  it("Infer_GivesTheRawOutputs", async () => {
    await withSegmenter({ model: tiny("dense.onnx"), device: "wasm" }, async (segmenter) => {
      const { outputs, width, height } = await segmenter.infer(squares);
      expect([...outputs].map(([name, { dims }]) => [name, dims])).toEqual([
        ["output0", [1, 11, 84]],
        ["output1", [1, 4, 16, 16]],
      ]);
      expect([width, height]).toEqual([64, 64]);
    });
  });

  it("Abort_RejectsAtOnce_AndTheNextCallWorks", async () => {
    await withSegmenter({ model: tiny("dense.onnx"), device: "wasm" }, async (segmenter) => {
      const controller = new AbortController();
      const call = segmenter.segment(squares, { signal: controller.signal });
      controller.abort(new Error("enough"));
      await expect(call).rejects.toMatchObject({ code: "aborted", cause: new Error("enough") });
      expect(plain(await segmenter.segment(squares))).toEqual(found);
    });
  });

  it("Disposed_RefusesCalls_AndMayBeDisposedTwice", async () => {
    const segmenter = await Segmenter.create({ model: tiny("dense.onnx"), device: "wasm" });
    segmenter[Symbol.dispose]();
    await segmenter.dispose();
    await expect(segmenter.segment(squares)).rejects.toMatchObject({ code: "disposed" });
  });

  it.each<[Parameters<typeof Segmenter.create>[0], string]>([
    [{ model: squares }, "badModel"],
    [{ model: tiny("dense.onnx"), family: "nonsense" }, "unknownFamily"],
    [{ model: tiny("dense.onnx"), device: "gpu" as "wasm" }, "badOption"],
    [{ model: tiny("dense.onnx"), device: "webgpu" }, "noDevice"],
    [{ model: tiny("dense.onnx"), inputSize: 128 }, "badOption"],
    [{ model: "masklet-n", sha256: "0".repeat(64) }, "hashMismatch"],
  ])("Create_%o_IsTyped", async (options, code) => {
    const error = await Segmenter.create(options).catch((error) => error);
    expect(error).toBeInstanceOf(MaskletError);
    expect(error.code).toBe(code);
  });

  it("AutoInNode_TakesTheNativePackage_ElseWasm", async () => {
    await withSegmenter({ model: tiny("dense.onnx") }, async ({ device, fallbacks }) => {
      if (device === "node-cpu") expect(fallbacks).toEqual([]);
      else expect(fallbacks[0]).toMatchObject({ device: "node-cpu" });
    });
  });
});

describe("inspectModel", () => {
  it("BuiltIn_ShowsTensorsLabelsAndPreprocessing", async () => {
    const info = await inspectModel("masklet-n");
    expect(info).toMatchObject({
      family: "yolo_seg",
      variant: "dense",
      bytes: builtInModels[0]!.bytes,
      preprocessing: { width: 416, height: 416, resizeMode: "letterbox-top-left", fill: 114 },
      inputs: [{ name: "images", type: "float32" }],
      inputMultiple: builtInModels[0].input.multiple,
    });
    expect(info.labels.slice(0, 2)).toEqual(["person", "bicycle"]);
  });

  it("UnknownModel_IsNotAnError_AndCreateExplains", async () => {
    const model = handMadeModel({
      inputs: [valueInfo("image", "float32", [1, 3, 224, 224])],
      outputs: [valueInfo("classes", "float32", [1, 1000])],
    });
    const info = await inspectModel(model);
    expect([info.family, info.preprocessing, info.candidates]).toEqual([undefined, undefined, []]);
    expect(info.verdicts.map(({ family, accepted }) => [family, accepted])).toEqual(
      families.map(({ name }) => [name, false]),
    );
    const error = await Segmenter.create({ model }).catch((error) => error);
    expect(error).toMatchObject({ code: "unknownModel", stage: "load" });
    for (const part of [
      "'image' float32[1, 3, 224, 224]",
      "'classes' float32[1, 1000]",
      "yolo_seg: ",
    ])
      expect(error.message).toContain(part);
  });

  it("NetworkWithSeveralInputs_IsShown_AndCannotBeCreated", async () => {
    const model = handMadeModel({
      inputs: [
        valueInfo("embeddings", "float32", [1, 256, 64, 64]),
        valueInfo("points", "float32", [1, "n", 2]),
      ],
      outputs: [valueInfo("masks", "float32", [1, 4, 256, 256])],
    });
    const info = await inspectModel(model);
    expect(info).toMatchObject({
      family: undefined,
      preprocessing: undefined,
      opset: 13,
      producer: "by hand",
    });
    expect(info.verdicts[0]!.reason).toMatch(
      /must have one image input .* this one has 'embeddings' float32\[1, 256, 64, 64\], 'points'/,
    );
    await expect(Segmenter.create({ model })).rejects.toMatchObject({
      code: "unsupported",
      stage: "load",
    });
  });
});

describe.skipIf(!sharedFile("models/yolov8n-seg-640.onnx"))("a real model", () => {
  it("Devices_GiveTheSameInstances", async () => {
    const photo = sharedFile("coco-train/images/000000000110.jpg")!;
    const run = (device: "wasm" | "node-cpu") =>
      withSegmenter({ model: sharedFile("models/yolov8n-seg-640.onnx")!, device }, (segmenter) =>
        segmenter.segment(photo),
      );
    const [wasm, native] = [await run("wasm"), await run("node-cpu")];
    expect(wasm.instances.length).toBeGreaterThan(5);
    expect(native.instances).toHaveLength(wasm.instances.length);
    for (const [i, { classId, score, mask }] of native.instances.entries()) {
      const other = wasm.instances[i]!;
      expect(classId).toBe(other.classId);
      expect(score).toBeCloseTo(other.score, 3);
      expect(mask.iou(other.mask)).toBeGreaterThan(0.99);
    }
  });
});

it("Import_InNode_DoesNothing", () => {
  const script = `
    const before = new Set(Object.keys(globalThis));
    await import(${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)});
    const added = Object.keys(globalThis).filter((key) => !before.has(key));
    const isUsual = (kind) => /Immediate|TTY|Pipe|FSReq|CloseReq/.test(kind);
    const loaded = process.getActiveResourcesInfo().filter((kind) => !isUsual(kind));
    console.log(JSON.stringify({ added, loaded }));`;
  try {
    readFileSync(new URL("../../dist/index.js", import.meta.url));
  } catch {
    throw new Error("dist/ is missing: npm run build:lib");
  }
  const output = execFileSync("node", ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 20_000,
  });
  expect(JSON.parse(output)).toEqual({ added: [], loaded: [] });
});
