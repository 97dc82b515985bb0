import { encode } from "fast-png";
import { beforeAll, describe, expect, test } from "vitest";
import type { RgbaImage } from "../../web/base/image.js";
import type { Preprocessing } from "../../web/base/preprocessing.js";
import { colorOrders, resizeModes } from "../../web/base/preprocessing.js";
import type { RawTensor } from "../../web/base/tensor.js";
import type { Core, InstanceColumns } from "../../web/core/core.js";
import { loadCore } from "../../web/core/load.js";
import { Random } from "./random.js";
import {
  type SlowInstance,
  slowDetect,
  slowLetterbox,
  slowLogit,
  slowTensorize,
} from "./slow_core.js";

const plain: Preprocessing = {
  width: 32,
  height: 32,
  resizeMode: "letterbox-center",
  colorOrder: "rgb",
  inputScale: 1 / 255,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  fill: 114,
};

const options = {
  scoreThreshold: 0.25,
  iouThreshold: 0.6,
  maxInstances: 50,
  classCount: 0,
  soft: false,
};

/** Where an image of a size lies in the input of `plain`. */
const placed = (width: number, height: number) => ({
  placement: { source: { width, height }, input: plain },
});

let core: Core;
beforeAll(async () => {
  core = await loadCore();
});

const randomImage = (random: Random, width: number, height: number): RgbaImage => ({
  width,
  height,
  data: random.bytes(width * height * 4),
});

const tensor = (dims: number[], value: (index: number) => number): RawTensor => ({
  dims,
  data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, index) => value(index)),
});

/** A dense head with C classes and P prototypes of 8 x 8 over 32 x 32 network pixels. */
function randomOutputs(
  random: Random,
  anchors: number,
  classCount: number,
  coefficientCount: number,
) {
  const detections = tensor([1, 4 + classCount + coefficientCount, anchors], (index) => {
    const channel = Math.floor(index / anchors);
    if (channel < 2) return random.between(-4, 36);
    if (channel < 4) return random.between(0, 20);
    if (channel < 4 + classCount) return random.unit() ** 2;
    return random.between(-1, 1);
  });
  return {
    detections,
    prototypes: tensor([1, coefficientCount, 8, 8], () => random.between(-2, 2)),
  };
}

/** 0 or 1 for each pixel of the crop of row `row`. */
function cropBytes(columns: InstanceColumns, row: number): number[] {
  const runs = columns.runs.subarray(columns.runOffsets[row]!, columns.runOffsets[row + 1]!);
  return Array.from(runs).flatMap((length, k) => new Array<number>(length).fill(k % 2));
}

describe("tensorize", () => {
  test("Tensorize_RandomImages_IsTheSlowDefinition", () => {
    const random = new Random(1);
    for (let round = 0; round < 40; ++round) {
      const image = randomImage(random, 1 + random.below(60), 1 + random.below(60));
      const [width, height] = [1 + random.below(48), 1 + random.below(48)];
      const content = { width: 1 + random.below(width), height: 1 + random.below(height) };
      const p: Preprocessing = {
        width,
        height,
        resizeMode: resizeModes[round % 3]!,
        colorOrder: colorOrders[round % 2]!,
        inputScale: 0.5,
        mean: [1, 2, 3],
        std: [2, 3, 4],
        fill: round % 2 ? 77 : [10, 20, 30],
        ...(round % 4 === 3 ? { resizeMode: "letterbox-top-left", content } : {}),
      };
      core.setImage(image);
      const got = core.tensorize(p);
      const expected = slowTensorize(image, p);
      expect(got.length).toBe(expected.length);
      const worst = got.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - expected[i]!)),
        0,
      );
      expect(worst).toBeLessThan(2e-4);
    }
  });

  test("Tensorize_ScalarAndSimd_AreTheSameBits", () => {
    core.setImage(randomImage(new Random(2), 333, 211));
    const simd = core.tensorize({ ...plain, width: 97, height: 64 });
    core.useKernels("scalar");
    const scalar = core.tensorize({ ...plain, width: 97, height: 64 });
    core.useKernels("simd");
    expect(scalar).toEqual(simd);
  });

  test("Tensorize_View_IsTheCutOutImage", () => {
    const image = randomImage(new Random(31), 40, 30);
    const [x, y, width, height] = [7, 5, 20, 22];
    const rows = Array.from({ length: height }, (_, row) => {
      const from = ((y + row) * image.width + x) * 4;
      return [...image.data.subarray(from, from + width * 4)];
    });
    core.setImage(image);
    const view = core.tensorize(plain, undefined, { x, y, width, height });
    core.setImage({ width, height, data: Uint8Array.from(rows.flat()) });
    expect(view).toEqual(core.tensorize(plain));
  });

  test("Tensorize_OutThatFits_IsReusedAndOthersAreNot", () => {
    core.setImage(randomImage(new Random(3), 20, 20));
    const out = new Float32Array(3 * 32 * 32);
    expect(core.tensorize(plain, out)).toBe(out);
    expect(core.tensorize(plain, out.subarray(1))).not.toBe(out);
    expect(core.tensorize(plain)).toEqual(out);
  });

  test("Tensorize_InputPixels_AreNotChanged", () => {
    const image = randomImage(new Random(4), 31, 17);
    const before = image.data.slice();
    core.setImage(image);
    core.tensorize(plain);
    expect(image.data).toEqual(before);
  });

  test("SetImage_ViewIntoALargerBuffer_IsRead", () => {
    const random = new Random(5);
    const bytes = random.bytes(4 * 6 * 5 + 13);
    core.setImage({ width: 6, height: 5, data: bytes.subarray(13) });
    const fromView = core.tensorize(plain);
    core.setImage({ width: 6, height: 5, data: Uint8ClampedArray.from(bytes.subarray(13)) });
    expect(core.tensorize(plain)).toEqual(fromView);
  });

  test("Tensorize_MemoryGrowsWithinACall_GivesTheRightValues", () => {
    const small = { width: 2, height: 2, data: new Uint8Array(16).fill(51) };
    core.setImage(small);
    const before = core.memoryBytes;
    // The input alone is larger than all memory so far, so the memory grows inside tensorize.
    const side = Math.ceil(Math.sqrt((before * 1.5) / 12));
    const got = core.tensorize({ ...plain, width: side, height: side, resizeMode: "stretch" });
    expect(core.memoryBytes).toBeGreaterThan(before);
    expect(got.length).toBe(3 * side * side);
    expect(got.every((value) => Math.abs(value - 0.2) < 1e-6)).toBe(true);
    expect(core.tensorize(plain)[0]).toBeCloseTo(0.2);
  });
});

describe("decodeImage", () => {
  test("DecodeImage_Png_GivesItsPixels", () => {
    const image = randomImage(new Random(6), 37, 23);
    const file = encode({ ...image, channels: 4, depth: 8 });
    const decoded = core.decodeImage(file);
    expect(decoded).toMatchObject({ width: 37, height: 23 });
    expect(decoded.data).toBeInstanceOf(Uint8ClampedArray);
    expect([...decoded.data]).toEqual([...image.data]);
  });

  test("DecodeImage_BadFiles_NameTheCauseAndTheNextCallWorks", () => {
    const file = encode({ ...randomImage(new Random(7), 30, 20), channels: 4, depth: 8 });
    const code = (bytes: Uint8Array, maxPixels?: number) => {
      try {
        core.decodeImage(bytes, maxPixels === undefined ? {} : { maxPixels });
        return "ok";
      } catch (error) {
        return error;
      }
    };
    expect(code(new Uint8Array(0))).toMatchObject({
      code: "badImageFile",
      stage: "source",
      value: 0,
    });
    expect(code(new Random(8).bytes(100))).toMatchObject({ code: "badImageFile", value: 100 });
    expect(code(file.subarray(0, file.length - 20))).toMatchObject({
      code: "truncatedImageFile",
    });
    expect(code(file, 599)).toMatchObject({ code: "tooManyPixels", stage: "source", value: 600 });
    expect(code(file, Number.NaN)).toMatchObject({ code: "badArgument", stage: "source" });
    expect(code(file, 600)).toBe("ok");
  });
});

/**
 * What the slow way finds that has a pixel for sure; `unsure` are pixels whose logit is too near 0
 * to tell.
 */
function expectColumns(
  columns: InstanceColumns,
  found: SlowInstance[],
  prototypes: RawTensor,
  src: { width: number; height: number },
) {
  const box = slowLetterbox(src, plain);
  let row = 0;
  for (const instance of found) {
    const toSrc = (value: number, offset: number, scale: number, max: number) =>
      Math.min(Math.max((value - offset) / scale, 0), max);
    const [x1, x2] = [instance.box[0], instance.box[2]].map((v) =>
      toSrc(v, box.x, box.scaleX, src.width),
    ) as [number, number];
    const [y1, y2] = [instance.box[1], instance.box[3]].map((v) =>
      toSrc(v, box.y, box.scaleY, src.height),
    ) as [number, number];
    const [left, top, right, bottom] = [x1, y1, x2, y2].map(Math.ceil) as [
      number,
      number,
      number,
      number,
    ];
    const logits: number[] = [];
    for (let y = top; y < bottom; ++y) {
      for (let x = left; x < right; ++x)
        logits.push(slowLogit(instance, prototypes, box, plain, x, y));
    }
    if (!logits.some((logit) => logit > 0)) continue;
    expect(columns.classIds[row]).toBe(instance.classId);
    expect(columns.scores[row]).toBe(instance.score);
    expect([...columns.rects.subarray(row * 4, row * 4 + 4)]).toEqual([
      left,
      top,
      right - left,
      bottom - top,
    ]);
    for (const [k, edge] of [x1, y1, x2, y2].entries())
      expect(columns.boxes[row * 4 + k]).toBeCloseTo(edge, 3);
    const bytes = cropBytes(columns, row);
    expect(bytes.length).toBe(logits.length);
    expect(
      bytes.filter((byte, k) => Math.abs(logits[k]!) > 1e-4 && byte !== Number(logits[k]! > 0)),
    ).toEqual([]);
    expect(columns.areas[row]).toBe(bytes.reduce((sum, byte) => sum + byte, 0));
    if (columns.coverage && columns.coverageOffsets) {
      const coverage = columns.coverage.subarray(
        columns.coverageOffsets[row]!,
        columns.coverageOffsets[row + 1]!,
      );
      const wrong = logits.filter(
        (logit, k) => Math.abs(coverage[k]! - 255 / (1 + Math.exp(-logit))) > 0.51,
      );
      expect(wrong).toEqual([]);
    }
    row += 1;
  }
  expect(columns.count).toBe(row);
}

describe("decodeYoloSeg", () => {
  test("DecodeYoloSeg_RandomDenseHeads_IsTheSlowDefinition", () => {
    const random = new Random(10);
    for (let round = 0; round < 25; ++round) {
      const src = { width: 1 + random.below(90), height: 1 + random.below(90) };
      const outputs = randomOutputs(
        random,
        1 + random.below(40),
        1 + random.below(4),
        1 + random.below(6),
      );
      const soft = round % 2 === 0;
      const columns = core.decoders.decodeYoloSeg(outputs, {
        ...options,
        ...placed(src.width, src.height),
        endToEnd: false,
        soft,
      });
      expectColumns(
        columns,
        slowDetect(outputs.detections, outputs.prototypes.dims[1]!, options),
        outputs.prototypes,
        src,
      );
      expect(columns.coverage !== undefined).toBe(soft);
    }
  });

  test("DecodeYoloSeg_FinalRows_AreTakenUnchanged", () => {
    const random = new Random(11);
    const found: SlowInstance[] = Array.from({ length: 9 }, (_, k) => {
      const [x, y] = [random.between(0, 20), random.between(0, 20)];
      const numbers = [x, y, x + random.between(1, 12), y + random.between(1, 12)].map(Math.fround);
      const coefficients = [random.between(-1, 1), random.between(-1, 1)].map(Math.fround);
      return {
        box: numbers as unknown as SlowInstance["box"],
        score: Math.fround(0.9 - k / 20),
        classId: k % 3,
        coefficients,
      };
    });
    const rows = found.flatMap(({ box, score, classId, coefficients }) => [
      ...box,
      score,
      classId,
      ...coefficients,
    ]);
    const detections = tensor([1, 12, 8], (index) => rows[index] ?? 0);
    const prototypes = tensor([1, 2, 8, 8], () => random.between(-2, 2));
    const src = { width: 61, height: 40 };
    const place = placed(src.width, src.height);
    const columns = core.decoders.decodeYoloSeg(
      { detections, prototypes },
      { ...options, ...place, endToEnd: true, soft: true },
    );
    expectColumns(columns, found, prototypes, src);
    const limited = core.decoders.decodeYoloSeg(
      { detections, prototypes },
      { ...options, ...place, endToEnd: true, maxInstances: 1 },
    );
    expect(limited.count).toBeLessThanOrEqual(1);
    const filtered = core.decoders.decodeYoloSeg(
      { detections, prototypes },
      {
        ...options,
        ...place,
        endToEnd: true,
        classCount: 3,
        classFilter: Uint8Array.of(0, 1, 0),
      },
    );
    expect([...new Set(filtered.classIds)]).toEqual([1]);
  });

  test("DecodeYoloSeg_NothingFound_GivesEmptyColumns", () => {
    const outputs = {
      detections: tensor([1, 6, 5], () => 0),
      prototypes: tensor([1, 1, 8, 8], () => 1),
    };
    const columns = core.decoders.decodeYoloSeg(outputs, {
      ...options,
      ...placed(50, 50),
      endToEnd: false,
      soft: true,
    });
    expect(columns.count).toBe(0);
    expect([...columns.runOffsets]).toEqual([0]);
    expect(columns.boxes.length + columns.runs.length + columns.coverage!.length).toBe(0);
  });

  test("DecodeYoloSeg_Columns_CanBeTransferredAndOutliveLaterCalls", () => {
    const random = new Random(12);
    const call = { ...options, ...placed(64, 64), endToEnd: false };
    const columns = core.decoders.decodeYoloSeg(randomOutputs(random, 30, 2, 3), call);
    const before = structuredClone(columns);
    core.decoders.decodeYoloSeg(randomOutputs(random, 30, 2, 3), call);
    expect(columns).toEqual(before);
    const moved = structuredClone(columns, {
      transfer: [columns.runs.buffer as ArrayBuffer, columns.boxes.buffer as ArrayBuffer],
    });
    expect(moved).toEqual(before);
    expect(columns.runs.length).toBe(0);
  });
});

describe("errors", () => {
  const outputs = {
    detections: tensor([1, 6, 5], () => 0),
    prototypes: tensor([1, 1, 8, 8], () => 1),
  };
  const decode = (detections: RawTensor, prototypes: RawTensor, more = {}) =>
    core.decoders.decodeYoloSeg(
      { detections, prototypes },
      { ...options, ...placed(4, 4), endToEnd: false, ...more },
    );
  const { detections, prototypes } = outputs;

  test.each<[string, () => unknown, object]>([
    [
      "no width",
      () => core.setImage({ width: 0, height: 4, data: new Uint8Array(0) }),
      { code: "badSize", stage: "preprocess", value: 0 },
    ],
    [
      "half a pixel",
      () => core.setImage({ width: 0.5, height: 2, data: new Uint8Array(4) }),
      { code: "badArgument", value: 0.5 },
    ],
    [
      "width beyond 32 bits",
      () => core.setImage({ width: 2 ** 32 + 1, height: 1, data: new Uint8Array(4) }),
      { code: "badArgument" },
    ],
    [
      "pixels missing",
      () => core.setImage({ width: 4, height: 4, data: new Uint8Array(63) }),
      { code: "bufferTooSmall", value: 63 },
    ],
    [
      "pixels too many",
      () => core.setImage({ width: 4, height: 4, data: new Uint8Array(65) }),
      { code: "badShape", value: 65 },
    ],
    [
      "input too wide",
      () => core.tensorize({ ...plain, width: 40000 }),
      { code: "badSize", stage: "preprocess", value: 40000 },
    ],
    [
      "std of 0",
      () => core.tensorize({ ...plain, std: [1, 0, 1] }),
      { code: "badArgument", stage: "preprocess", value: 0 },
    ],
    [
      "mean is NaN",
      () => core.tensorize({ ...plain, mean: [0, Number.NaN, 0] }),
      { code: "badArgument", value: Number.NaN },
    ],
    [
      "content too tall",
      () => core.tensorize({ ...plain, content: { width: 9, height: 33 } }),
      { code: "badSize", value: 33 },
    ],
    [
      "content of a stretched image",
      () =>
        decode(detections, prototypes, {
          placement: {
            source: { width: 9, height: 9 },
            input: { ...plain, resizeMode: "stretch", content: { width: 9, height: 9 } },
          },
        }),
      { code: "badArgument", stage: "decode" },
    ],
    [
      "image without a width",
      () => decode(detections, prototypes, placed(0, 9)),
      { code: "badSize", stage: "decode", value: 0 },
    ],
    [
      "view beyond the image",
      () => core.tensorize(plain, undefined, { x: 1, y: 0, width: 4, height: 4 }),
      { code: "badArgument", stage: "preprocess" },
    ],
    [
      "view of half a pixel",
      () => core.tensorize(plain, undefined, { x: 0, y: 0, width: 0.5, height: 4 }),
      { code: "badArgument", value: 0.5 },
    ],
    [
      "content of half a pixel",
      () => core.tensorize({ ...plain, content: { width: 0.5, height: 3 } }),
      { code: "badArgument", value: 0.5 },
    ],
    [
      "unknown mode",
      () => core.tensorize({ ...plain, resizeMode: "crop" as never }),
      { code: "badOption", value: "crop" },
    ],
    [
      "unknown order",
      () => core.tensorize({ ...plain, colorOrder: "yuv" as never }),
      { code: "badOption", value: "yuv" },
    ],
    [
      "rank 5",
      () =>
        decode(
          tensor([1, 1, 1, 6, 5], () => 0),
          prototypes,
        ),
      { code: "badRank", stage: "decode", value: 5 },
    ],
    [
      "rank 2",
      () =>
        decode(
          tensor([6, 5], () => 0),
          prototypes,
        ),
      { code: "badRank", stage: "decode", value: 2 },
    ],
    [
      "data missing",
      () => decode({ dims: [1, 6, 5], data: new Float32Array(29) }, prototypes),
      { code: "bufferTooSmall", value: 29 },
    ],
    [
      "no channels left",
      () =>
        decode(
          tensor([1, 5, 6], () => 0),
          prototypes,
        ),
      { code: "badShape", stage: "decode" },
    ],
    [
      "negative dimension",
      () => decode({ dims: [1, -6, -5], data: new Float32Array(30) }, prototypes),
      { code: "badArgument", value: -6 },
    ],
    [
      "score of 2",
      () => decode(detections, prototypes, { scoreThreshold: 2 }),
      { code: "badArgument", stage: "decode", value: 2 },
    ],
    [
      "IoU is NaN",
      () => decode(detections, prototypes, { iouThreshold: Number.NaN }),
      { code: "badArgument" },
    ],
    [
      "no instances",
      () => decode(detections, prototypes, { maxInstances: 0 }),
      { code: "badArgument", value: 0 },
    ],
    [
      "minus one instance",
      () => decode(detections, prototypes, { maxInstances: -1 }),
      { code: "badArgument", value: -1 },
    ],
    [
      "filter too short",
      () => decode(detections, prototypes, { classFilter: new Uint8Array(0 + 3) }),
      { code: "badArgument", value: 3 },
    ],
  ])("Core_BadInput_IsTypedAndTheNextCallWorks: %s", (_name, call, expected) => {
    core.setImage({ width: 4, height: 4, data: new Uint8Array(64) });
    core.tensorize(plain);
    expect(call).toThrow(expect.objectContaining({ name: "MaskletError", ...expected }));
    core.setImage({ width: 4, height: 4, data: new Uint8Array(64) });
    expect(core.tensorize(plain).length).toBe(3 * 32 * 32);
    expect(decode(detections, prototypes).count).toBe(0);
  });

  test("SetImage_MoreThanMemory_IsOutOfMemoryAndTheNextCallWorks", () => {
    const huge = {
      width: 32768,
      height: 32768,
      data: { length: 2 ** 32 } as unknown as Uint8Array,
    };
    expect(() => core.setImage(huge)).toThrow(
      expect.objectContaining({ code: "outOfMemory", stage: "preprocess", value: 2 ** 32 }),
    );
    expect(() => core.tensorize({ ...plain, width: 32768, height: 32768 })).toThrow(
      expect.objectContaining({ code: "noImage" }),
    );
    // Just below 4 GB: the memory's own limit says no.
    const large = {
      width: 32768,
      height: 32767,
      data: { length: 4 * 32768 * 32767 } as unknown as Uint8Array,
    };
    expect(() => core.setImage(large)).toThrow(
      expect.objectContaining({
        code: "outOfMemory",
        stage: "preprocess",
        value: 4 * 32768 * 32767,
      }),
    );
    core.setImage({ width: 4, height: 4, data: new Uint8Array(64) });
    expect(() => core.tensorize({ ...plain, width: 32768, height: 32768 })).toThrow(
      expect.objectContaining({ code: "outOfMemory", stage: "preprocess", value: 3 * 4 * 2 ** 30 }),
    );
    expect(core.tensorize(plain).length).toBe(3 * 32 * 32);
  });
});

describe("long use", () => {
  test("Core_AThousandFrames_LeaveTheMemoryFlat", () => {
    const random = new Random(20);
    const out = new Float32Array(3 * 32 * 32);
    const outputs = randomOutputs(random, 60, 3, 4);
    const image = randomImage(random, 320, 240);
    let bytes = 0;
    for (let frame = 0; frame < 1000; ++frame) {
      core.setImage(image);
      core.tensorize(plain, out);
      const soft = frame % 2 === 0;
      const call = { ...options, ...placed(320, 240), endToEnd: false, soft };
      core.decoders.decodeYoloSeg(outputs, call);
      if (frame === 2) bytes = core.memoryBytes;
    }
    expect(core.memoryBytes).toBe(bytes);
  });
});

describe("trap", () => {
  /**
   * Points the stage's image beyond the memory, so that the next stage that reads it really
   * traps.
   */
  function spoilImage() {
    core.run("preprocess", ({ image, heap }) => {
      const [, , , address] = heap.read(Uint32Array, image.bound.columns(), 4);
      const words = heap.read(Uint32Array, 0, heap.byteLength / 4);
      for (const [index, word] of words.entries())
        if (word === address) heap.write(Uint32Array, index * 4, [0xffff0000]);
    });
  }

  test("Core_AfterATrap_StartsANewInstance", () => {
    core.setImage(randomImage(new Random(21), 64, 64));
    const expected = core.tensorize(plain);
    spoilImage();
    expect(() => core.tensorize(plain)).toThrow(
      expect.objectContaining({
        code: "coreTrapped",
        stage: "preprocess",
        cause: expect.any(WebAssembly.RuntimeError),
      }),
    );
    expect(core.memoryBytes).toBe(0);
    // The image went with the instance; everything else works at once.
    expect(() => core.tensorize(plain)).toThrow(expect.objectContaining({ code: "noImage" }));
    core.setImage(randomImage(new Random(21), 64, 64));
    expect(core.tensorize(plain)).toEqual(expected);
  });

  test("Core_ManyTraps_AreEachRecovered", () => {
    for (let round = 0; round < 20; ++round) {
      core.setImage(randomImage(new Random(round), 8, 8));
      spoilImage();
      expect(() => core.tensorize(plain)).toThrow(expect.objectContaining({ code: "coreTrapped" }));
    }
    core.setImage(randomImage(new Random(1), 8, 8));
    expect(core.tensorize(plain).length).toBe(3 * 32 * 32);
  });
});
