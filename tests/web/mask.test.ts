import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { PolygonRing } from "../../web/base/geometry.js";
import { loadCore } from "../../web/core/load.js";
import { Mask, type MaskData } from "../../web/mask/mask.js";
import { Random } from "./random.js";

beforeAll(async () => {
  await loadCore();
});

/** An image of 0 and 1, and a mask of it whose crop holds all its ones but may be larger. */
interface Sample {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
  readonly mask: Mask;
}

function randomSample(random: Random, width: number, height: number): Sample {
  const [x, y] = [random.below(width), random.below(height)];
  const crop = { x, y, width: 1 + random.below(width - x), height: 1 + random.below(height - y) };
  const bytes = new Uint8Array(width * height);
  // Long runs and single pixels, nothing and everything.
  const change = [0.5, 0.05, 0, 1][random.below(4)]!;
  let value = random.below(2);
  for (let row = crop.y; row < crop.y + crop.height; ++row) {
    for (let column = crop.x; column < crop.x + crop.width; ++column) {
      if (random.unit() < change) value = 1 - value;
      bytes[row * width + column] = value;
    }
  }
  return { width, height, bytes, mask: Mask.fromBytes(bytes, { width, height }, crop) };
}

function randomSamples(seed: number, count: number): Sample[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () =>
    randomSample(random, 1 + random.below(33), 1 + random.below(33)),
  );
}

const cropOf = ({ bytes, width, mask }: Sample): number[] =>
  Array.from({ length: mask.width * mask.height }, (_, index) => {
    const [x, y] = [index % mask.width, Math.floor(index / mask.width)];
    return bytes[(mask.y + y) * width + mask.x + x]!;
  });

/**
 * COCO's compressed string by its definition: column-major runs, differences to the run two before,
 * groups of five bits.
 */
function slowCocoString({ width, height, bytes }: Sample): string {
  const counts = [0];
  let last = 0;
  for (let x = 0; x < width; ++x) {
    for (let y = 0; y < height; ++y) {
      const value = bytes[y * width + x]!;
      if (value !== last) counts.push(0);
      counts[counts.length - 1]! += 1;
      last = value;
    }
  }
  let text = "";
  for (const [index, count] of counts.entries()) {
    let rest = index > 2 ? count - counts[index - 2]! : count;
    for (let more = true; more; ) {
      const group = rest & 31;
      rest >>= 5;
      more = group & 16 ? rest !== -1 : rest !== 0;
      text += String.fromCharCode(48 + group + (more ? 32 : 0));
    }
  }
  return text;
}

/** Twice the signed area. */
const shoelace = ({ points }: PolygonRing): number => {
  let sum = 0;
  for (let i = 0; i < points.length; i += 2) {
    const next = (i + 2) % points.length;
    sum += points[i]! * points[next + 1]! - points[next]! * points[i + 1]!;
  }
  return sum;
};

/** Even-odd test of a point against all rings. */
function insideRings(rings: readonly PolygonRing[], x: number, y: number): boolean {
  let inside = false;
  for (const { points } of rings) {
    for (let i = 0; i < points.length; i += 2) {
      const next = (i + 2) % points.length;
      const [x0, y0, x1, y1] = [points[i]!, points[i + 1]!, points[next]!, points[next + 1]!];
      if (y0 > y !== y1 > y && x < x0 + ((y - y0) * (x1 - x0)) / (y1 - y0)) inside = !inside;
    }
  }
  return inside;
}

describe("reading", () => {
  test("Mask_RandomImages_AreReadBack", () => {
    for (const sample of randomSamples(1, 80)) {
      const { mask, bytes, width, height } = sample;
      expect(mask.toBytes(true)).toEqual(bytes);
      expect([...mask.toBytes()]).toEqual(cropOf(sample));
      expect(mask.area).toBe(bytes.reduce((sum, byte) => sum + byte, 0));
      for (let y = -1; y <= height; ++y) {
        for (let x = -1; x <= width; ++x) {
          const inside = x >= 0 && y >= 0 && x < width && y < height && bytes[y * width + x] === 1;
          expect(mask.contains(x + 0.5, y + 0.99)).toBe(inside);
        }
      }
    }
  });

  test("Mask_Bounds_HoldTheObjectTightly", () => {
    for (const { mask, bytes, width } of randomSamples(2, 80)) {
      const xs: number[] = [];
      const ys: number[] = [];
      for (const [index, byte] of bytes.entries()) {
        if (byte === 0) continue;
        xs.push(index % width);
        ys.push(Math.floor(index / width));
      }
      const [x, y] = [Math.min(...xs), Math.min(...ys)];
      const expected =
        xs.length === 0
          ? { x: 0, y: 0, width: 0, height: 0 }
          : { x, y, width: Math.max(...xs) - x + 1, height: Math.max(...ys) - y + 1 };
      expect(mask.bounds()).toEqual(expected);
    }
  });

  test("Mask_Paint_TouchesTheObjectOnly", () => {
    for (const { mask, bytes, width, height } of randomSamples(3, 60)) {
      const stride = width + 3;
      const map = new Uint16Array(stride * height).fill(9);
      mask.paint(map, stride, 1000);
      const expected = map.map((_, i) =>
        i % stride < width && bytes[Math.floor(i / stride) * width + (i % stride)] ? 1000 : 9,
      );
      expect(map).toEqual(expected);
    }
  });

  test("Mask_ToImageData_IsTheColorOnTransparency", () => {
    for (const { mask, bytes, width, height } of randomSamples(4, 30)) {
      const full = mask.toImageData({ full: true, color: [10, 20, 30, 40] });
      expect([full.width, full.height]).toEqual([width, height]);
      const expected = [...bytes].flatMap((byte) => (byte ? [10, 20, 30, 40] : [0, 0, 0, 0]));
      expect([...full.data]).toEqual(expected);
      const crop = mask.toImageData();
      expect(crop.data.length).toBe(mask.width * mask.height * 4);
      expect([...crop.data].filter((_, index) => index % 4 === 3)).toEqual(
        [...mask.toBytes()].map((byte) => byte * 255),
      );
    }
  });

  test("Mask_SoftToImageData_FadesWithTheCoverage", () => {
    const coverage = Uint8Array.of(0, 100, 128, 255);
    const data = { x: 1, y: 1, width: 2, height: 2, sourceWidth: 4, sourceHeight: 3 };
    const mask = Mask.from({ ...data, runs: Uint32Array.of(2, 2), coverage });
    expect([...mask.toImageData({ color: [1, 2, 3, 200] }).data]).toEqual([
      0, 0, 0, 0, 1, 2, 3, 78, 1, 2, 3, 100, 1, 2, 3, 200,
    ]);
    const full = mask.toImageData({ full: true }).data.filter((_, index) => index % 4 === 3);
    expect([...full]).toEqual([0, 0, 0, 0, 0, 0, 100, 0, 0, 128, 255, 0]);
  });

  test("Mask_ToBitmap_IsUnsupportedInNode", async () => {
    await expect(randomSamples(5, 1)[0]!.mask.toBitmap()).rejects.toMatchObject({
      code: "unsupported",
    });
  });
});

describe("COCO", () => {
  test("Mask_Rle_IsTheSlowDefinitionAndComesBack", () => {
    for (const sample of randomSamples(6, 80)) {
      const rle = sample.mask.toRle();
      expect(rle).toEqual({ size: [sample.height, sample.width], counts: slowCocoString(sample) });
      const back = Mask.fromRle(rle);
      expect(back.toBytes(true)).toEqual(sample.bytes);
      const { x, y, width, height } = back;
      expect({ x, y, width, height }).toEqual(sample.mask.bounds());
    }
  });

  test("Mask_FromPlainCounts_IsTheMask", () => {
    const mask = Mask.fromRle({ size: [2, 3], counts: [1, 2, 3] });
    expect([...mask.toBytes(true)]).toEqual([0, 1, 0, 1, 0, 0]);
    expect([...Mask.fromRle({ size: [2, 3], counts: [0, 6] }).runs]).toEqual([0, 6]);
    expect(Mask.fromRle({ size: [2, 3], counts: [6] })).toMatchObject({
      area: 0,
      width: 0,
      height: 0,
    });
  });

  test("Mask_Goldens_AreThoseOfPycocotools", () => {
    const lines = readFileSync(
      new URL("../golden/mask/goldens.txt", import.meta.url),
      "utf8",
    ).split("\n");
    const masks = new Map<string, Mask>();
    let polygons = 0;
    let pairs = 0;
    for (const fields of lines.map((line) => line.split(" "))) {
      if (fields[0] === "mask") {
        const [, name = "", w, h, hex = "", counts, area] = fields;
        const [width, height] = [Number(w), Number(h)];
        const packed = Buffer.from(hex, "hex");
        const bytes = Uint8Array.from(
          { length: width * height },
          (_, i) => (packed[i >> 3]! >> (7 - (i & 7))) & 1,
        );
        const mask = Mask.fromBytes(bytes, { width, height });
        expect(mask.toRle()).toEqual({ size: [height, width], counts });
        expect(Mask.fromRle({ size: [height, width], counts: counts! }).toBytes(true)).toEqual(
          bytes,
        );
        expect(mask.area).toBe(Number(area));
        masks.set(name, mask);
      } else if (fields[0] === "iou") {
        const [, detection = "", truth = "", iou] = fields;
        expect(masks.get(detection)!.iou(masks.get(truth)!)).toBeCloseTo(Number(iou), 12);
        pairs += 1;
      } else if (fields[0] === "polygon") {
        const [width = 0, height = 0, ringCount = 0, ...numbers] = fields.slice(1, -1).map(Number);
        const rings: number[][] = [];
        for (let ring = 0; ring < ringCount; ++ring)
          rings.push(numbers.splice(0, 1 + 2 * numbers[0]!).slice(1));
        expect(Mask.fromCocoPolygons(rings, { width, height }).toRle().counts).toBe(fields.at(-1));
        polygons += 1;
      }
    }
    expect(masks.size).toBeGreaterThan(50);
    expect(pairs).toBeGreaterThan(10);
    expect(polygons).toBeGreaterThan(10);
  });
});

describe("polygons", () => {
  test("Mask_ExactPolygons_EncloseThePixelsAndComeBack", () => {
    for (const { mask, bytes, width, height } of randomSamples(7, 60)) {
      const rings = mask.toPolygons({ tolerance: 0 });
      expect(rings.reduce((sum, ring) => sum + shoelace(ring), 0) / 2).toBe(mask.area);
      for (let index = 0; index < bytes.length; ++index) {
        const [x, y] = [(index % width) + 0.5, Math.floor(index / width) + 0.5];
        expect(insideRings(rings, x, y)).toBe(bytes[index] === 1);
      }
      for (const [index, { isHole, parent, points }] of rings.entries()) {
        expect(isHole).toBe(parent >= 0);
        expect(shoelace(rings[index]!) < 0).toBe(isHole);
        expect(parent).toBeLessThan(index);
        expect(points.length).toBeGreaterThanOrEqual(8);
      }
      expect(Mask.fromPolygons(rings, { width, height }).toBytes(true)).toEqual(bytes);
    }
  });

  test("Mask_SimplifiedPolygons_HaveFewerCornersAndAreNear", () => {
    const [size, radius] = [200, 80];
    const bytes = Uint8Array.from({ length: size * size }, (_, index) =>
      Number(Math.hypot((index % size) + 0.5 - 100, Math.floor(index / size) + 0.5 - 100) < radius),
    );
    const mask = Mask.fromBytes(bytes, { width: size, height: size });
    const corners = (tolerance?: number) =>
      mask.toPolygons(tolerance === undefined ? {} : { tolerance })[0]!.points.length / 2;
    expect(corners(0)).toBeGreaterThan(corners());
    expect(corners()).toBeGreaterThan(corners(2));
    const rings = mask.toPolygons({ tolerance: 2 });
    expect(rings.length).toBe(1);
    expect(Mask.fromPolygons(rings, { width: size, height: size }).iou(mask)).toBeGreaterThan(0.97);
    expect(mask.toPolygons({ minArea: mask.area + 1, tolerance: 0 })).toEqual([]);
  });
});

describe("combining", () => {
  test("Mask_RandomPairs_CombineAsPixelsDo", () => {
    const random = new Random(8);
    for (let round = 0; round < 60; ++round) {
      const [width, height] = [1 + random.below(40), 1 + random.below(40)];
      const [a, b] = [randomSample(random, width, height), randomSample(random, width, height)];
      const pixels = (rule: (x: number, y: number) => boolean) =>
        a.bytes.map((byte, i) => Number(rule(byte, b.bytes[i]!)));
      const both = pixels((x, y) => x === 1 && y === 1);
      const either = pixels((x, y) => x === 1 || y === 1);
      expect(a.mask.intersect(b.mask).toBytes(true)).toEqual(both);
      expect(a.mask.union(b.mask).toBytes(true)).toEqual(either);
      expect(a.mask.subtract(b.mask).toBytes(true)).toEqual(pixels((x, y) => x === 1 && y === 0));
      const [shared, all] = [both, either].map((bytes) =>
        bytes.reduce((sum, byte) => sum + byte, 0),
      ) as [number, number];
      expect(a.mask.intersectionArea(b.mask)).toBe(shared);
      expect(a.mask.iou(b.mask)).toBe(all === 0 ? 0 : shared / all);
    }
  });

  test("Mask_RemoveSmallRegions_FillsHolesAndDropsIslands", () => {
    const size = { width: 6, height: 3 };
    const mask = Mask.fromBytes([1, 1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0], size);
    expect([...mask.removeSmallRegions(1.5).toBytes(true)]).toEqual([
      1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0,
    ]);
    expect(mask.removeSmallRegions(0).toBytes(true)).toEqual(mask.toBytes(true));
    expect(mask.removeSmallRegions(1000)).toMatchObject({
      x: 0,
      y: 0,
      width: 6,
      height: 3,
      area: 18,
    });
    const dots = Mask.fromBytes([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], size);
    expect(dots.removeSmallRegions(4)).toMatchObject({ x: 5, y: 0, width: 1, height: 2, area: 2 });
    for (const minArea of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => mask.removeSmallRegions(minArea)).toThrow(/minArea/);
    }
  });

  test("Mask_EmptyMasks_AreOrdinaryMasks", () => {
    const size = { width: 5, height: 4 };
    const empty = Mask.fromBytes(new Uint8Array(20), size);
    const full = Mask.fromBytes(new Uint8Array(20).fill(1), size);
    const none = empty.intersect(full);
    expect(none).toMatchObject({
      x: 0,
      y: 0,
      width: 0,
      height: 0,
      area: 0,
      sourceWidth: 5,
      sourceHeight: 4,
    });
    expect(none.union(full).toBytes(true)).toEqual(full.toBytes(true));
    expect(none.iou(empty)).toBe(0);
    expect(none.toPolygons()).toEqual([]);
    expect(none.toRle()).toEqual(empty.toRle());
    expect(none.toBytes(true)).toEqual(new Uint8Array(20));
    expect(none.toBytes().length).toBe(0);
    expect(none.toImageData()).toMatchObject({ width: 0, height: 0 });
    none.paint(new Uint8Array(0), 5, 1);
  });
});

describe("clones", () => {
  test("Mask_StructuredClone_IsDataAndFromGivesItsMethodsBack", () => {
    const { mask } = randomSamples(9, 1)[0]!;
    const clone: MaskData = structuredClone(mask);
    expect(clone).not.toBeInstanceOf(Mask);
    expect({ ...clone }).toEqual({ ...mask });
    expect(Object.keys(clone)).not.toContain("coverage");
    const back = Mask.from(clone);
    expect(back.iou(mask)).toBe(mask.area === 0 ? 0 : 1);
    expect(back.toRle()).toEqual(mask.toRle());
    const soft = Mask.from({ ...mask, coverage: new Uint8Array(mask.width * mask.height).fill(7) });
    expect(Mask.from(structuredClone(soft)).coverage).toEqual(soft.coverage);
  });

  test("MaskFrom_BadData_IsTypedAndNamesTheValue", () => {
    const good: MaskData = {
      x: 1,
      y: 2,
      width: 3,
      height: 2,
      sourceWidth: 10,
      sourceHeight: 10,
      runs: Uint32Array.of(1, 5),
    };
    expect(Mask.from(good).area).toBe(5);
    const bad: [Partial<MaskData>, object][] = [
      [{ runs: Uint32Array.of(1, 4) }, { code: "badRuns", value: 5 }],
      [{ runs: Uint32Array.of(1, 0, 5) }, { code: "badRuns", value: 1 }],
      [{ runs: Uint32Array.of() }, { code: "badRuns", value: 0 }],
      [{ x: 8 }, { code: "badSize", value: 11 }],
      [{ x: -1 }, { code: "badSize", value: -1 }],
      [{ y: Number.NaN }, { code: "badSize", value: Number.NaN }],
      [{ width: 1.5 }, { code: "badSize", value: 1.5 }],
      [{ coverage: new Uint8Array(5) }, { code: "bufferTooSmall", value: 5 }],
      [{ width: 0, runs: Uint32Array.of(0) }, { code: "badRuns" }],
    ];
    for (const [change, expected] of bad) {
      expect(() => Mask.from({ ...good, ...change })).toThrow(
        expect.objectContaining({ name: "MaskletError", stage: "mask-operation", ...expected }),
      );
    }
  });
});

describe("errors", () => {
  const size = { width: 4, height: 3 };
  test.each<[string, () => unknown, object]>([
    [
      "RLE with a bad character",
      () => Mask.fromRle({ size: [3, 4], counts: "1~2" }),
      { code: "badRleString", value: 1 },
    ],
    [
      "RLE beyond ASCII",
      () => Mask.fromRle({ size: [3, 4], counts: "1é2" }),
      { code: "badRleString", value: 1 },
    ],
    [
      "RLE of another size",
      () => Mask.fromRle({ size: [3, 5], counts: [1, 11] }),
      { code: "badRuns", value: 12 },
    ],
    [
      "counts that are not numbers",
      () => Mask.fromRle({ size: [3, 4], counts: [1.5, 10.5] }),
      { code: "badArgument", value: 1.5 },
    ],
    [
      "RLE without a size",
      () => Mask.fromRle({ size: [], counts: [0] }),
      { code: "badSize", value: 0 },
    ],
    [
      "odd coordinates",
      () => Mask.fromPolygons([[0, 0, 1, 1, 2]], size),
      { code: "badArgument", value: 5 },
    ],
    [
      "coordinates not finite",
      () => Mask.fromPolygons([[0, 0, 1, Number.NaN, 2, 2]], size),
      { code: "badArgument" },
    ],
    [
      "negative tolerance",
      () => Mask.fromBytes(new Uint8Array(12).fill(1), size).toPolygons({ tolerance: -1 }),
      { code: "badArgument", value: -1 },
    ],
    [
      "bytes too few",
      () => Mask.fromBytes(new Uint8Array(11), size),
      { code: "bufferTooSmall", value: 11 },
    ],
    [
      "crop outside",
      () => Mask.fromBytes(new Uint8Array(12), size, { x: 2, y: 0, width: 3, height: 1 }),
      { code: "badSize", value: 5 },
    ],
    [
      "map too small",
      () => Mask.fromBytes(new Uint8Array(12).fill(1), size).paint(new Uint8Array(11), 4, 1),
      { code: "bufferTooSmall", value: 11 },
    ],
    [
      "map too narrow",
      () => Mask.fromBytes(new Uint8Array(12).fill(1), size).paint(new Uint8Array(99), 3, 1),
      { code: "bufferTooSmall" },
    ],
    [
      "sources differ",
      () =>
        Mask.fromBytes(new Uint8Array(12), size).iou(
          Mask.fromBytes(new Uint8Array(12), { width: 3, height: 4 }),
        ),
      { code: "badArgument" },
    ],
  ])("Mask_BadInput_IsTypedAndTheNextCallWorks: %s", (_name, call, expected) => {
    expect(call).toThrow(
      expect.objectContaining({ name: "MaskletError", stage: "mask-operation", ...expected }),
    );
    expect(Mask.fromRle({ size: [3, 4], counts: [1, 11] }).area).toBe(11);
  });

  test("Mask_WithoutTheCore_ReadsPixelsAndRefusesTheRest", async () => {
    vi.resetModules();
    const fresh = await import("../../web/mask/mask.js");
    const mask = fresh.Mask.fromBytes(Uint8Array.of(0, 1, 1, 0), { width: 2, height: 2 });
    expect([...mask.toBytes()]).toEqual([0, 1, 1, 0]);
    expect(mask.contains(1, 0)).toBe(true);
    for (const call of [
      () => mask.toRle(),
      () => mask.toPolygons(),
      () => mask.iou(mask),
      () => mask.union(mask),
    ]) {
      expect(call).toThrow(expect.objectContaining({ code: "coreNotLoaded" }));
    }
  });
});
