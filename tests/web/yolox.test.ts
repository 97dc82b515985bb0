import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { evaluateCoco } from "../../web/cli/coco_eval.js";
import { yolox } from "../../web/families/yolox.js";
import { type CocoDataset, type CocoResult, decode, loadCore, Segmenter } from "../../web/index.js";
import { type Dims, matchOf, type SignatureOptions, signature } from "./output_signature.js";
import { sharedFile } from "./shared_data.js";

describe("yolox.bind", () => {
  it.each<[string, Dims[], SignatureOptions, number]>([
    ["Coco416", [[1, 3549, 85]], { size: 416 }, 80],
    ["Coco640", [[1, 8400, 85]], {}, 80],
    ["OneClass_NotEndToEnd", [[1, 525, 6]], { size: 160 }, 1],
    ["FourLevels", [[1, 34000, 85]], { size: 1280 }, 80],
    ["OddSides", [[1, 80 * 52 + 40 * 26 + 20 * 13, 85]], { size: [640, 416] }, 80],
    ["Half", [[1, 3549, 85]], { size: 416, type: "float16" }, 80],
  ])("%s_IsRecognized", (_, outputs, options, classCount) => {
    const model = signature(outputs, options);
    expect(yolox.bind(model)).toMatchObject({ variant: "automatic", classCount, certainty: 1 });
    expect(matchOf(model)).toBe("yolox/automatic");
    expect(matchOf(model, { name: "yolox", variant: "pixels" })).toBe("yolox/pixels");
    expect(matchOf(model, { name: "yolox", variant: "cells" })).toBe("yolox/cells");
  });

  it.each<[string, Dims[], SignatureOptions, RegExp]>([
    ["Yolov5Detector", [[1, 25200, 85]], {}, /25200 rows/],
    ["Yolov8Detector", [[1, 84, 8400]], {}, /84 rows/],
    ["EndToEnd", [[1, 300, 6]], {}, /300 rows/],
    ["OtherInputSize", [[1, 3549, 85]], { size: 640 }, /3549 rows/],
    ["NoClass", [[1, 3549, 5]], { size: 416 }, /5 columns/],
    [
      "WithPrototypes",
      [
        [1, 8400, 116],
        [1, 32, 160, 160],
      ],
      {},
      /rank 4/,
    ],
    ["OtherTask", [[1, 8400, 85]], { hints: { task: "pose" } }, /pose/],
  ])("%s_IsRefused", (_, outputs, options, refusal) => {
    expect(yolox.bind(signature(outputs, options))).toMatchObject({
      refusal: expect.stringMatching(refusal),
    });
  });

  it("OpenRows_AreLeftToATrialRun", () => {
    expect(yolox.bind(signature([["b", "rows", 85]]))).toMatchObject({ unresolved: true });
  });
});

describe("yolox.decode", () => {
  beforeAll(async () => {
    await loadCore();
  });

  /** One object at cell (2, 1) of stride 16 in a 64 x 32 input, and zeros. */
  function rows(values: readonly number[]) {
    const data = new Float32Array(42 * 6);
    data.set([...values, 1, 0.9], (32 + 1 * 4 + 2) * 6);
    return { boxes: { dims: [1, 42, 6], data } };
  }
  const sizes = { source: { width: 64, height: 32 }, network: { width: 64, height: 32 } };

  it("Variants_ReadTheSameBoxFromBothForms", () => {
    const cells = rows([0.25, 0.5, Math.log(2), Math.log(0.5)]);
    const pixels = rows([36, 24, 32, 8]);
    for (const [outputs, variant] of [
      [cells, "cells"],
      [pixels, "pixels"],
      [cells, undefined],
      [pixels, undefined],
    ] as const) {
      const { instances } = decode(outputs, {
        ...sizes,
        family: "yolox",
        ...(variant ? { variant } : {}),
      });
      expect(instances).toHaveLength(1);
      const { box, mask } = instances[0]!;
      for (const [i, side] of [box.x1, box.y1, box.x2, box.y2].entries())
        expect(side).toBeCloseTo([20, 20, 52, 28][i]!, 4);
      expect(mask.area).toBe(32 * 8);
    }
  });

  it("WrongShape_NamesItsValue", () => {
    const outputs = { boxes: { dims: [1, 41, 6], data: new Float32Array(41 * 6) } };
    expect(() => decode(outputs, { ...sizes, family: "yolox" })).toThrow(/41 rows/);
  });
});

describe("a real YOLOX", () => {
  const model = sharedFile("models/yolox-nano-416.onnx");
  const images = sharedFile("coco-train/images");
  // What tests/golden/yolox_reference.py --nearest gives for the first forty photos by name; by
  // YOLOX's own resizing it is 0.3262.
  const referenceAp = 0.3278;

  it.skipIf(!model || !images)(
    "FortyPhotos_SameBoxApAsTheNumpyReference",
    { timeout: 300_000 },
    async () => {
      const dataset = JSON.parse(
        readFileSync(sharedFile("coco-train/instances.json")!, "utf8"),
      ) as CocoDataset;
      const names = readdirSync(images!).sort().slice(0, 40);
      const part = dataset.images.filter(({ file_name }) =>
        names.includes(file_name.split("/").at(-1)!),
      );
      const ids = new Set(part.map(({ id }) => id));
      const truth = {
        ...dataset,
        images: part,
        annotations: dataset.annotations.filter(({ image_id }) => ids.has(image_id)),
      };
      const categories = dataset.categories.map(({ id }) => id).sort((a, b) => a - b);
      const results: CocoResult[] = [];
      await using segmenter = await Segmenter.create({ model: model! });
      expect(segmenter.info).toMatchObject({ family: "yolox", masks: false });
      for (const { id, file_name } of part) {
        const photo = new Uint8Array(readFileSync(`${images}/${file_name.split("/").at(-1)}`));
        const { instances } = await segmenter.segment(photo, {
          scoreThreshold: 0.01,
          iouThreshold: 0.65,
          maxInstances: 100,
        });
        for (const { classId, score, box } of instances) {
          const bbox: [number, number, number, number] = [
            box.x1,
            box.y1,
            box.x2 - box.x1,
            box.y2 - box.y1,
          ];
          results.push({ image_id: id, category_id: categories[classId]!, bbox, score });
        }
      }
      expect(Math.abs(evaluateCoco(results, truth, "bbox").AP - referenceAp)).toBeLessThanOrEqual(
        0.003,
      );
    },
  );
});
