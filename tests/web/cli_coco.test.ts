import { describe, expect, it } from "vitest";
import { cocoCategories, cocoImages } from "../../web/cli/coco_ids.js";
import { exactJson, parseExactJson } from "../../web/cli/exact_json.js";
import type { CocoDataset, Instance } from "../../web/index.js";
import { makeFolder, segment, squares } from "./cli_runner.js";

describe("exact JSON", () => {
  it("keeps integers of any length, and strings and fractions as they are", () => {
    const text =
      '{"a":9007199254740993,"b":[-18446744073709551615,1.2345678901234567],' +
      '"c":"9007199254740993, \\"9007199254740993\\"","d":[1e25,3,true,null]}';
    const value = parseExactJson(text) as Record<string, unknown>;
    expect(value.a).toBe(9007199254740993n);
    expect(value.c).toBe('9007199254740993, "9007199254740993"');
    expect(exactJson(value)).toBe(text.replace("1e25", "1e+25"));
    expect(() => parseExactJson('{"a":9007199254740993')).toThrow(SyntaxError);
  });
});

const datasetOf = (images: object[], categories: object[] = []) =>
  ({ images, categories, annotations: [] }) as unknown as CocoDataset;
const inputsOf = (...paths: string[]) => paths.map((path) => ({ path, name: path }));
const idsOf = (images: object[], ...paths: string[]) => {
  const found = cocoImages(datasetOf(images), inputsOf(...paths), "truth.json");
  return paths.map((path) => found.get(path)?.id);
};

describe("cocoImages", () => {
  const cameras = [
    { id: 11, file_name: "cam1/1.png" },
    { id: 22, file_name: "set\\cam2\\1.png" },
  ];

  it("takes the longest common tail of the path", () => {
    expect(idsOf(cameras, "/x/cam1/1.png", "/x/cam2/1.png", "/x/cam3/2.png")).toEqual([
      11,
      22,
      undefined,
    ]);
    const one = [{ id: "a", file_name: "val/1.png" }];
    expect(idsOf(one, "/elsewhere/1.png")).toEqual(["a"]);
    expect(idsOf(one, "/other/1.png", "/val/1.png")).toEqual([undefined, "a"]);
  });

  it("refuses what could be either, and names both", () => {
    expect(() => idsOf(cameras, "/1.png")).toThrow(/cam1\/1\.png \(id 11\) and .*\(id 22\)/);
    const one = [{ id: 1, file_name: "1.png" }];
    expect(() => idsOf(one, "/a/1.png", "/b/1.png")).toThrow(
      /\/a\/1\.png and \/b\/1\.png can both be the image 1\.png/,
    );
    const twice = [...one, { id: 2, file_name: "1.png" }];
    expect(() => idsOf(twice, "/1.png")).toThrow(/id 1\) and 1\.png \(id 2/);
    expect(() => idsOf([{ id: 1 }], "/1.png")).toThrow(/image 0 must have an id and a file_name/);
  });
});

describe("cocoCategories", () => {
  const instance = (classId: number, label: string) => ({ classId, label }) as Instance;
  const categories = [
    { id: "s", name: "Dog" },
    { id: 5n, name: "cat" },
    { id: 7, name: "CAT" },
  ];

  it("prefers the same spelling, and lists labels without a category", () => {
    const { categoryId, missing } = cocoCategories(
      datasetOf([], categories),
      ["cat", "dog", "fish"],
      "t",
      false,
    );
    expect(categoryId(instance(0, "cat"))).toBe(5n);
    expect(categoryId(instance(1, "dog"))).toBe("s");
    expect(categoryId(instance(2, "fish"))).toBeUndefined();
    expect(missing).toEqual(["fish"]);
  });

  it("refuses two categories for a label, and models of other classes unless told", () => {
    const of = (labels: string[], position = false) =>
      cocoCategories(datasetOf([], categories), labels, "t.json", position);
    expect(() => of(["Cat"])).toThrow(/two categories for the label Cat: ids 5 and 7/);
    expect(() => of(["bus"])).toThrow(/none of the model's 1 labels.*--by-position/);
    expect(() => of([])).toThrow(/no class names/);
    expect(() => of(["a", "b", "c", "d"], true)).toThrow(/3 categories for 4 labels/);
    const numbered = datasetOf(
      [],
      [
        { id: 9, name: "x" },
        { id: 2, name: "y" },
      ],
    );
    expect(cocoCategories(numbered, ["bus"], "t", true).categoryId(instance(1, "z"))).toBe(9);
  });
});

describe("masklet segment --coco", () => {
  const run = (images: string, categories: string, ...args: string[]) =>
    segment(
      makeFolder({
        "a.png": squares(),
        "truth.json": `{"images":${images},"categories":${categories},"annotations":[]}`,
      }),
      "a.png",
      "--coco",
      "truth.json",
      ...args,
    );
  const names = '[{"id":1,"name":"red"},{"id":2,"name":"green"},{"id":3,"name":"blue"}]';

  it.each(["9007199254740993", '"x-1"', "18446744073709551615", "-3"])(
    "writes the id %s as it stands",
    async (id) => {
      const ids = `[{"id":${id},"name":"red"}]`;
      const { stdout } = await run(`[{"id":${id},"file_name":"a.png"}]`, ids);
      expect(stdout).toContain(`{"image_id":${id},"category_id":${id},"score"`);
    },
  );

  it("names labels without a category, and counts what was left out", async () => {
    const { code, stdout, stderr } = await run(
      '[{"id":1,"file_name":"a.png"}]',
      '[{"id":1,"name":"red"}]',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(1);
    expect(stderr).toBe(
      "truth.json has no category for 2 of 3 labels: green, blue\n" +
        "left out 1 instance without a category: blue (1)\n",
    );
  });

  it("goes by position only when asked", async () => {
    const other = '[{"id":4,"name":"x"},{"id":5,"name":"y"},{"id":6,"name":"z"}]';
    const images = '[{"id":1,"file_name":"a.png"}]';
    const refused = await run(images, other);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/--by-position/);
    const { stdout } = await run(images, other, "--by-position");
    expect(stdout).toMatch(/"category_id":4.*"category_id":6/);
  });

  it("names the image and both sizes where they differ", async () => {
    const { code, stdout, stderr } = await run(
      '[{"id":1,"file_name":"a.png","width":64,"height":63}]',
      names,
    );
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual([]);
    expect(stderr).toMatch(/^a\.png: the image has 64 x 64 pixels .*truth\.json says 64 x 63/);
  });
});
