import { beforeAll, describe, expect, it } from "vitest";
import { MaskletError } from "../../web/base/errors.js";
import type { Size } from "../../web/base/geometry.js";
import { resizeModes } from "../../web/base/preprocessing.js";
import type { RawTensor } from "../../web/base/tensor.js";
import type { Core, DecodeCall, InstanceColumns } from "../../web/core/core.js";
import { loadCore } from "../../web/core/load.js";
import { Random } from "./random.js";

let core: Core;
beforeAll(async () => {
  core = await loadCore();
});

const oddNumbers = [
  0,
  -0,
  1,
  0.5,
  -1,
  1e-30,
  1e30,
  -1e30,
  2 ** 24,
  40000,
  Number.NaN,
  -1 / 0,
  1 / 0,
];

/**
 * Draws networks' outputs: right in shape, and in their values like real ones, but for odd numbers
 * now and then.
 */
class Drawer extends Random {
  /** One value in this many is odd. */
  oddEvery = 40;

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  tensor(dims: number[], draw: () => number): RawTensor {
    const count = dims.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: count }, () =>
      this.below(this.oddEvery) > 0 ? draw() : this.pick(oddNumbers),
    );
    return { dims, data };
  }

  scores = (...dims: number[]) => this.tensor(dims, () => this.unit());
  logits = (...dims: number[]) => this.tensor(dims, () => this.between(-6, 6));
  labels = (...dims: number[]) => this.tensor(dims, () => this.below(4));
  /** Rows that begin with corners in network pixels. */
  corners(net: Size, columns: number, ...leading: number[]): RawTensor {
    const tensor = this.scores(...leading, columns);
    for (let at = 0; at + 4 <= tensor.data.length; at += columns) {
      if (this.below(this.oddEvery) === 0) continue;
      const [x, y] = [this.between(-5, net.width), this.between(-5, net.height)];
      tensor.data.set([x, y, x + this.between(0, net.width), y + this.between(0, net.height)], at);
    }
    return tensor;
  }
}

type Tensors = Record<string, RawTensor>;
interface Case {
  tensors(drawer: Drawer, net: Size): Tensors;
  decode(tensors: never, o: DecodeCall): InstanceColumns;
}

const rows = (d: Drawer) => d.pick([0, 1, 2, 9, 40]);
const sides = (d: Drawer) => [1 + d.below(9), 1 + d.below(9)] as const;

const cases: Record<string, Case> = {
  yoloSeg: {
    tensors: (d) => ({
      detections: d.tensor([1, 4 + 3 + 2, rows(d)], () => d.between(0, 20)),
      prototypes: d.logits(1, 2, ...sides(d)),
    }),
    decode: (t, o) => core.decoders.decodeYoloSeg(t, { ...o, endToEnd: false, classCount: 3 }),
  },
  yoloSegEndToEnd: {
    tensors: (d, net) => ({
      detections: d.corners(net, 6 + 2, 1, rows(d)),
      prototypes: d.logits(1, 2, ...sides(d)),
    }),
    decode: (t, o) => core.decoders.decodeYoloSeg(t, { ...o, endToEnd: true, classCount: 0 }),
  },
  yolov5Seg: {
    tensors: (d, net) => ({
      detections: d.corners(net, 5 + 3 + 2, 1, rows(d)),
      prototypes: d.logits(1, 2, ...sides(d)),
    }),
    decode: (t, o) => core.decoders.decodeYolov5Seg(t, o),
  },
  yoloDetect: {
    tensors: (d, net) => ({ detections: d.corners(net, 6, 1, rows(d)) }),
    decode: (t, o) =>
      core.decoders.decodeYoloDetect(t, { ...o, layout: "end-to-end", classCount: 0 }),
  },
  yolox: {
    tensors: (d, net) => ({ detections: d.corners(net, 5 + 3, 1, rows(d)) }),
    decode: (t, o) => core.decoders.decodeYolox(t, { ...o, boxes: "pixels" }),
  },
  detrDetect: {
    tensors: (d) => {
      const count = rows(d);
      return { boxes: d.scores(1, count, 4), logits: d.logits(1, count, 4) };
    },
    decode: (t, o) => core.decoders.decodeDetrDetect(t, { ...o, softmax: true }),
  },
  detrPanoptic: {
    tensors: (d) => {
      const count = rows(d);
      return {
        logits: d.logits(1, count, 4),
        masks: d.logits(1, count, ...sides(d)),
        boxes: d.scores(1, count, 4),
      };
    },
    decode: (t, o) => core.decoders.decodeDetrPanoptic(t, { ...o, enlargeTo: 0 }),
  },
  maskFormer: {
    tensors: (d) => {
      const count = rows(d);
      return { logits: d.logits(1, count, 4), masks: d.logits(1, count, ...sides(d)) };
    },
    decode: (t, o) => core.decoders.decodeMaskFormer(t, { ...o, ratedAt: 0 }),
  },
  rfDetrSeg: {
    tensors: (d) => {
      const count = rows(d);
      return {
        boxes: d.scores(1, count, 4),
        logits: d.logits(1, count, 4),
        masks: d.logits(1, count, ...sides(d)),
      };
    },
    decode: (t, o) => core.decoders.decodeRfDetrSeg(t, o),
  },
  maskRcnnOverBoxes: {
    tensors: (d, net) => {
      const count = rows(d);
      const masks = d.scores(count, 1, ...sides(d));
      return {
        boxes: d.corners(net, 4, count),
        labels: d.labels(count),
        scores: d.scores(count),
        masks,
      };
    },
    decode: (t, o) => core.decoders.decodeMaskRcnn(t, { ...o, kind: "detectron2", classCount: 0 }),
  },
  maskRcnnOverWholePixels: {
    tensors: (d, net) => cases.maskRcnnOverBoxes!.tensors(d, net),
    decode: (t, o) => core.decoders.decodeMaskRcnn(t, { ...o, kind: "onnx-models", classCount: 0 }),
  },
  maskRcnnPasted: {
    tensors: (d, net) => {
      const count = d.pick([0, 1, 3]);
      const masks = d.scores(count, 1, net.height, net.width);
      return {
        boxes: d.corners(net, 4, count),
        labels: d.labels(count),
        scores: d.scores(count),
        masks,
      };
    },
    decode: (t, o) => core.decoders.decodeMaskRcnn(t, { ...o, kind: "torchvision", classCount: 0 }),
  },
  rtmdetIns: {
    tensors: (d, net) => {
      const count = d.pick([0, 1, 3]);
      return {
        detections: d.corners(net, 5, 1, count),
        labels: d.labels(1, count),
        masks: d.scores(1, count, net.height, net.width),
      };
    },
    decode: (t, o) => core.decoders.decodeRtmdetIns(t, { ...o, classCount: 0 }),
  },
  yolactWithPriors: {
    tensors: (d) => {
      const count = rows(d);
      const boxes = d.tensor([count, 4], () => d.between(-2, 2));
      const coefficients = d.tensor([count, 2], () => d.between(-1, 1));
      return {
        boxes,
        scores: d.scores(count, 4),
        coefficients,
        prototypes: d.scores(...sides(d), 2),
        priors: d.scores(count, 4),
      };
    },
    decode: (t, o) => core.decoders.decodeYolact(t, o),
  },
  yolactCorners: {
    tensors: (d) => {
      const count = rows(d);
      const boxes = d.corners({ width: 1, height: 1 }, 4, 1, count);
      // An inverted box would say that these are offsets.
      const low = Float32Array.from(boxes.data);
      boxes.data.set(
        low.map((value, at) => (at % 4 > 1 && value < low[at - 2]! ? low[at - 2]! : value)),
      );
      return {
        boxes,
        scores: d.scores(1, count, 4),
        coefficients: d.scores(1, count, 2),
        prototypes: d.logits(1, ...sides(d), 2),
      };
    },
    decode: (t, o) => core.decoders.decodeYolact(t, o),
  },
};

/** What must hold of any answer. */
function expectSound(
  { count, boxes, scores, rects, runs, runOffsets, areas }: InstanceColumns,
  source: Size,
  least: number,
): void {
  expect([boxes.length, scores.length, rects.length, areas.length, runOffsets.length]).toEqual([
    count * 4,
    count,
    count * 4,
    count,
    count + 1,
  ]);
  for (let i = 0; i < count; ++i) {
    const [x, y, width, height] = rects.slice(i * 4) as unknown as [number, number, number, number];
    expect(
      x >= 0 && y >= 0 && x + width <= source.width && y + height <= source.height,
      `rectangle ${i}`,
    ).toBe(true);
    const own = runs.slice(runOffsets[i], runOffsets[i + 1]);
    expect(own.reduce((sum, run) => sum + run, 0)).toBe(width * height);
    expect(own.reduce((sum, run, at) => sum + (at % 2) * run, 0)).toBe(areas[i]);
    expect(areas[i]).toBeGreaterThan(0);
    expect(scores[i]! > least, `score ${scores[i]}`).toBe(true);
    for (let side = 0; side < 4; ++side) {
      expect(
        boxes[i * 4 + side]! >= 0 &&
          boxes[i * 4 + side]! <= (side % 2 ? source.height : source.width),
        `box ${i}`,
      ).toBe(true);
    }
  }
}

/** The same tensors, one of them with a dimension more, less or of another length. */
function misshapen(drawer: Drawer, tensors: Tensors): Tensors {
  const name = drawer.pick(Object.keys(tensors));
  const dims = [...tensors[name]!.dims];
  const axis = drawer.below(dims.length);
  if (drawer.below(3) === 0 && dims.length < 4) dims.push(1);
  else if (drawer.below(2) === 0 && dims.length > 1) dims.pop();
  else dims[axis] = drawer.pick([0, dims[axis]! + 1, 3]);
  return { ...tensors, [name]: drawer.scores(...dims) };
}

describe.each(Object.entries(cases))("%s", (name, { tensors, decode }) => {
  const seed = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);

  function prepare(drawer: Drawer): { source: Size; drawn: Tensors; call: DecodeCall } {
    const source = { width: 1 + drawer.below(30), height: 1 + drawer.below(30) };
    const net = { width: 2 + drawer.below(24), height: 2 + drawer.below(24) };
    const placement = { source, input: { ...net, resizeMode: drawer.pick(resizeModes) } };
    const call = {
      scoreThreshold: drawer.pick([0, 0.1, 0.5]),
      iouThreshold: drawer.pick([0, 0.5, 1]),
      maxInstances: 50,
      soft: drawer.below(2) > 0,
      placement,
    };
    return { source, drawn: tensors(drawer, net), call };
  }

  it("AnyValues_GiveSoundMasksThatBothKernelsAgreeOn", () => {
    const drawer = new Drawer(seed);
    let found = 0;
    for (let round = 0; round < 120; ++round) {
      drawer.oddEvery = round % 3 === 0 ? 4 : 100;
      const { source, drawn, call } = prepare(drawer);
      core.useKernels("simd");
      const columns = decode(drawn as never, call);
      core.useKernels("scalar");
      expect(decode(drawn as never, call)).toEqual(columns);
      expectSound(columns, source, call.scoreThreshold);
      found += columns.count;
    }
    core.useKernels("simd");
    expect(found).toBeGreaterThan(20);
  });

  it("WrongShapes_SucceedOrFailTyped", () => {
    const drawer = new Drawer(seed + 1);
    let refused = 0;
    for (let round = 0; round < 200; ++round) {
      const { drawn, call } = prepare(drawer);
      try {
        decode(misshapen(drawer, drawn) as never, call);
      } catch (error) {
        expect(error).toBeInstanceOf(MaskletError);
        const { code, message } = error as MaskletError;
        expect(["badRank", "badShape"], message).toContain(code);
        expect(message).toContain("the tensors are ");
        ++refused;
      }
    }
    expect(refused).toBeGreaterThan(60);
  });
});
