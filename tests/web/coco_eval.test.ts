import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { evaluateCoco } from "../../web/cli/coco_eval.js";
import { type CocoDataset, type CocoResult, loadCore } from "../../web/index.js";

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
      const { kind: _, ...numbers } = evaluateCoco(results, truth, kind);
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
    expect(() => evaluateCoco(bare, truth, "segm")).toThrow(/no segmentation/);
  });
});
