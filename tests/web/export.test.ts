import { beforeAll, describe, expect, it } from "vitest";
import {
  cutOut,
  type Instance,
  instanceColor,
  loadCore,
  Mask,
  paintOverlay,
  type SegmentResult,
  toCocoDataset,
  toCocoResults,
  toSvg,
  toYolo,
} from "../../web/index.js";
import { drawText, textHeightPx, textWidthPx } from "../../web/view/bitmap_font.js";

const width = 40;
const height = 30;

/** A mask from an image in characters, `#` for the object, placed at (left, top). */
function maskOf(rows: readonly string[], left: number, top: number): Mask {
  const bytes = new Uint8Array(width * height);
  for (const [y, row] of rows.entries()) {
    for (const [x, character] of [...row].entries())
      bytes[(top + y) * width + left + x] = character === "#" ? 1 : 0;
  }
  return Mask.fromBytes(bytes, { width, height });
}

function instanceOf(mask: Mask, classId: number, label: string, score: number): Instance {
  const { x, y, width: w, height: h } = mask.bounds();
  return { label, classId, score, box: { x1: x, y1: y, x2: x + w, y2: y + h }, mask };
}

let ring: Instance;
let pieces: Instance;
let result: SegmentResult;

beforeAll(async () => {
  await loadCore();
  ring = instanceOf(
    maskOf(["#####", "#...#", "#...#", "#####"], 3, 4),
    2,
    'a "ring" & <more>',
    0.9,
  );
  pieces = instanceOf(maskOf(["##......##", "##......##"], 10, 12), 7, "pieces", 0.5);
  const timingsMs = { source: 0, preprocess: 0, inference: 0, postprocess: 0, total: 0 };
  result = { instances: [ring, pieces], width, height, device: "wasm", timingsMs };
});

/** Area of a closed polygon by the shoelace formula. */
function area(points: readonly (readonly [number, number])[]): number {
  const doubled = points.reduce((sum, [x, y], index) => {
    const [nx, ny] = points[(index + 1) % points.length]!;
    return sum + x * ny - nx * y;
  }, 0);
  return Math.abs(doubled) / 2;
}

describe("toCocoResults", () => {
  it("writes boxes as x, y, width, height and leaves out what has no category", () => {
    const rows = toCocoResults(result, 5, ({ classId }) => (classId === 2 ? 44 : undefined));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ image_id: 5, category_id: 44, score: 0.9, bbox: [3, 4, 5, 4] });
    expect(
      Mask.fromRle(rows[0]!.segmentation as { size: [number, number]; counts: string }).area,
    ).toBe(ring.mask.area);
  });
});

describe("toCocoDataset", () => {
  it("numbers images, annotations and categories from 1", () => {
    const dataset = toCocoDataset([
      { fileName: "a.jpg", result },
      { fileName: "b.jpg", result: { ...result, instances: [pieces] } },
    ]);
    expect(dataset.images.map(({ id, file_name }) => [id, file_name])).toEqual([
      [1, "a.jpg"],
      [2, "b.jpg"],
    ]);
    expect(
      dataset.annotations.map(({ id, image_id, area: pixels }) => [id, image_id, pixels]),
    ).toEqual([
      [1, 1, 14],
      [2, 1, 8],
      [3, 2, 8],
    ]);
    expect(dataset.categories).toEqual([
      { id: 3, name: 'a "ring" & <more>' },
      { id: 8, name: "pieces" },
    ]);
  });
});

describe("toYolo", () => {
  it("joins pieces by bridges without area and scales to 0..1", () => {
    const [, line] = toYolo(result, { tolerance: 0 }).trim().split("\n");
    const [classId, ...numbers] = line!.split(" ").map(Number);
    expect(classId).toBe(7);
    const points = Array.from(
      { length: numbers.length / 2 },
      (_, k) => [numbers[2 * k]! * width, numbers[2 * k + 1]! * height] as const,
    );
    expect(area(points)).toBeCloseTo(8, 2);
    expect(Math.min(...points.map(([x]) => x))).toBeCloseTo(10, 3);
    expect(Math.max(...points.map(([x]) => x))).toBeCloseTo(20, 3);
  });

  it("gives nothing for no instances and empty masks", () => {
    expect(toYolo({ ...result, instances: [] })).toBe("");
    const empty = instanceOf(maskOf([], 0, 0), 1, "empty", 0.3);
    expect(toYolo({ ...result, instances: [empty] })).toBe("");
  });
});

describe("toSvg", () => {
  it("keeps holes and escapes labels", () => {
    const svg = toSvg(result, { tolerance: 0 });
    expect(svg).toContain('viewBox="0 0 40 30"');
    expect(svg).toContain("<title>a &quot;ring&quot; &amp; &lt;more&gt; 90%</title>");
    const paths = [...svg.matchAll(/ d="([^"]*)"/g)].map((match) => match[1]!);
    expect(paths[0]!.match(/Z/g)).toHaveLength(2);
    expect(paths[1]!.match(/Z/g)).toHaveLength(2);
  });
});

describe("toSvg, whatever the label", () => {
  it("holds only characters that XML has", () => {
    const label = '\0\x1b\ud800\udc00\ud800x\udfff\ufffe\uffff\t&<>"\x7f';
    const svg = toSvg({ ...result, instances: [{ ...ring, label }] }, { href: "a&\x01.png" });
    const replaced = "\ufffd\ufffd\ud800\udc00\ufffdx\ufffd\ufffd\ufffd\t&amp;&lt;&gt;&quot;\x7f";
    expect(svg).toContain(`<title>${replaced} 90%</title>`);
    expect(svg).toContain('href="a&amp;\ufffd.png"');
  });
});

describe("cutOut", () => {
  it("copies the crop and makes everything else transparent", () => {
    const data = new Uint8ClampedArray(width * height * 4).map((_, index) =>
      index % 4 === 3 ? 255 : index % 251,
    );
    const image = { width, height, data };
    const before = data.slice();
    const cut = cutOut(image, ring.mask);
    expect([cut.width, cut.height]).toEqual([ring.mask.width, ring.mask.height]);
    const inside = ring.mask.toBytes();
    for (let i = 0; i < inside.length; i += 1) {
      const x = ring.mask.x + (i % cut.width);
      const y = ring.mask.y + Math.floor(i / cut.width);
      expect(cut.data[i * 4 + 3]).toBe(inside[i]! * 255);
      expect([...cut.data.subarray(i * 4, i * 4 + 3)]).toEqual([
        ...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3),
      ]);
    }
    expect(data).toEqual(before);
  });
});

describe("paintOverlay", () => {
  const gray = () => ({ width, height, data: new Uint8ClampedArray(width * height * 4).fill(100) });
  const at = (data: ArrayLike<number>, x: number, y: number) =>
    Array.from({ length: 3 }, (_, c) => data[(y * width + x) * 4 + c]!);

  it("outlines in full color, blends the fill, and keeps the rest and the source", () => {
    const block = instanceOf(maskOf(Array(7).fill("#######"), 20, 15), 0, "block", 1);
    const image = gray();
    const { data } = paintOverlay(image, [block], {
      labels: false,
      outlineWidthPx: 1,
      fillOpacity: 0.5,
    });
    const color = instanceColor(0);
    expect(at(data, 20, 18)).toEqual([...color]);
    for (const [channel, value] of at(data, 23, 18).entries())
      expect(Math.abs(value - (100 + color[channel]!) / 2)).toBeLessThanOrEqual(1);
    expect(at(data, 19, 18)).toEqual([100, 100, 100]);
    expect(image.data).toEqual(gray().data);
  });

  it("paints the better of two instances on top", () => {
    const block = (score: number) =>
      instanceOf(maskOf(Array(7).fill("#######"), 20, 15), 0, "block", score);
    const { data } = paintOverlay(gray(), [block(0.9), block(0.8)], {
      labels: false,
      outlineWidthPx: 2,
      fillOpacity: 1,
    });
    expect(at(data, 22, 17)).toEqual([...instanceColor(0)]);
  });

  it("keeps labels inside the smallest images", () => {
    const dot = { ...instanceOf(maskOf(["#"], 0, 0), 0, "a very long name for a dot", 0.5) };
    expect(() => paintOverlay(gray(), [dot])).not.toThrow();
  });
});

describe("drawText", () => {
  it("stays within the measured size and draws different letters differently", () => {
    const drawn = new Set<string>();
    for (const character of "abcdefghijklmnopqrstuvwxyz0123456789.%-_?") {
      const dots: string[] = [];
      drawText(character, (x, y) => {
        expect(x).toBeLessThan(textWidthPx(character));
        expect(y).toBeLessThan(textHeightPx);
        dots.push(`${x},${y}`);
      });
      drawn.add(dots.join(" "));
    }
    expect(drawn.size).toBe(41);
    expect(textWidthPx("")).toBe(0);
  });
});

describe("masks of another image", () => {
  const small = { width: 8, height: 6, data: new Uint8ClampedArray(8 * 6 * 4) };

  it.each([
    ["cutOut", () => cutOut(small, ring.mask)],
    ["paintOverlay", () => paintOverlay(small, [ring])],
    ["an image without pixels", () => cutOut({ ...small, data: new Uint8Array(3) }, ring.mask)],
    ["no image", () => cutOut(undefined as never, ring.mask)],
    ["no mask", () => cutOut(small, undefined as never)],
    ["no list", () => paintOverlay(small, undefined as never)],
    ["no instance", () => paintOverlay(small, [null as never])],
  ])("%s_IsRefused", (_, call) => {
    expect(call).toThrow(expect.objectContaining({ code: "badOption", stage: "export" }));
  });
});
