import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { evaluateCoco } from "../../web/cli/coco_eval.js";
import { Refusal } from "../../web/cli/coco_read.js";
import { type CocoDataset, type CocoResult, loadCore } from "../../web/index.js";
import { makeFolder, masklet } from "./cli_runner.js";

const golden = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../golden/eval/${name}.json`, import.meta.url), "utf8")) as T;

const truth = golden<CocoDataset>("truth");
const results = golden<CocoResult[]>("results");
const expected = golden<Record<"segm" | "bbox", Record<string, number>>>("expected");

beforeAll(async () => {
  await loadCore();
});

describe("evaluateCoco", () => {
  for (const kind of ["segm", "bbox"] as const) {
    it(`${kind} on the random data set equals pycocotools`, () => {
      // The expected numbers of masks are those of results without boxes.
      const rows = kind === "segm" ? results.map(({ bbox: _box, ...row }) => row) : results;
      const { kind: _, ...numbers } = evaluateCoco(rows, truth, kind);
      for (const [name, value] of Object.entries(numbers)) {
        expect(Math.abs(value - expected[kind][name]!), name).toBeLessThan(1e-3);
      }
    });
  }

  it("gives 1 for the truth itself and 0 for nothing", () => {
    const perfect = truth.annotations.map((annotation) => ({ ...annotation, score: 1 }));
    expect(evaluateCoco(perfect, truth, "segm").AP).toBe(1);
    expect(evaluateCoco([], truth, "segm").AP).toBe(0);
  });

  it("gives -1 without ground truth", () => {
    expect(evaluateCoco([], { ...truth, annotations: [] }, "segm").AP).toBe(-1);
  });

  it("names the entry that does not fit", () => {
    const stray = [{ ...results[0]!, image_id: 999 }];
    expect(() => evaluateCoco(stray, truth, "segm")).toThrow(/result 0 names image 999/);
    const bare = [{ image_id: results[0]!.image_id, category_id: 1, score: 1 }];
    expect(() => evaluateCoco(bare, truth, "segm")).toThrow(/neither bbox nor segmentation/);
  });
});

interface Kind {
  readonly name: string;
  readonly truth: CocoDataset;
  readonly results: CocoResult[];
  readonly expected: Readonly<Record<"segm" | "bbox", Record<string, number> | null>>;
}

describe("evaluateCoco, whatever the files lack", () => {
  const kinds = golden<Kind[]>("kinds");

  it.each(kinds.map((kind) => [kind.name, kind] as const))(
    "%s: the numbers of pycocotools, or a sentence where it fails",
    (_, one) => {
      for (const kind of ["segm", "bbox"] as const) {
        const wanted = one.expected[kind];
        if (wanted === null) {
          expect(() => evaluateCoco(one.results, one.truth, kind), kind).toThrow(Refusal);
          continue;
        }
        const found = evaluateCoco(one.results, one.truth, kind);
        for (const [name, value] of Object.entries(wanted))
          expect(found[name as "AP"], `${kind} ${name}`).toBeCloseTo(value, 9);
      }
    },
  );

  it("says which image has masks of different sizes", () => {
    const { results: rows, truth: dataset } = kinds.find(
      ({ name }) => name === "masks of another size",
    )!;
    const notes: string[] = [];
    evaluateCoco(rows, dataset, "segm", (line) => notes.push(line));
    expect(notes).toEqual([
      "1 image has masks of different sizes, which never match: " +
        "1.png: results 90 x 90, ground truth 120 x 120",
    ]);
  });
});

describe("masklet eval", () => {
  const kinds = golden<Kind[]>("kinds");
  const run = (name: string) => {
    const { truth: dataset, results: rows } = kinds.find((kind) => kind.name === name)!;
    const folder = makeFolder({ r: JSON.stringify(rows), t: JSON.stringify(dataset) });
    return masklet(folder, ["eval", "r", "t", "--json"]);
  };

  it.each([
    ["a part of the images", 0, 2, /about 1 of 2 images/],
    ["truth of boxes", 0, 1, /t has boxes only: masks are not evaluated/],
    ["results of boxes", 0, 2, /count as masks of rectangles/],
    ["no score", 1, 0, /cannot evaluate boxes: the score of result 1 is missing/],
    ["no iscrowd", 1, 0, /annotation 1 has no iscrowd/],
    ["truth without bbox", 1, 1, /cannot evaluate boxes: the bbox of annotation 1 is missing/],
  ])("%s", async (name, code, rows, message) => {
    const run_ = await run(name);
    expect(run_.code).toBe(code);
    expect(run_.stdout === "" ? [] : JSON.parse(run_.stdout)).toHaveLength(rows);
    expect(run_.stderr).toMatch(message);
  });
});
