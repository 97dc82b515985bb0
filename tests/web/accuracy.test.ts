import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { evaluateCoco } from "../../web/cli/coco_eval.js";
import { cocoCategories, cocoImages } from "../../web/cli/coco_ids.js";
import {
  type CocoDataset,
  type CocoResult,
  type ModelSource,
  Segmenter,
  toCocoResults,
} from "../../web/index.js";
import { sharedFile } from "./shared_data.js";

const readDataset = (path: string) => JSON.parse(readFileSync(path, "utf8")) as CocoDataset;

/** Results of all images with the ids of the data set. */
async function resultsOf(
  model: ModelSource,
  paths: readonly string[],
  dataset: CocoDataset,
  options: object,
): Promise<CocoResult[]> {
  await using segmenter = await Segmenter.create({ model });
  const images = cocoImages(
    dataset,
    paths.map((path) => ({ path, name: path })),
    "the truth",
  );
  const categories = cocoCategories(dataset, segmenter.labels, "the truth", false);
  const results: CocoResult[] = [];
  for (const path of paths) {
    const result = await segmenter.segment(new Uint8Array(readFileSync(path)), options);
    results.push(
      ...toCocoResults(
        result,
        Number(images.get(path)!.id),
        (instance) => categories.categoryId(instance) as number | undefined,
      ),
    );
  }
  return results;
}

/** The part of a data set that belongs to these images. */
function partOf(dataset: CocoDataset, paths: readonly string[]): CocoDataset {
  const names = new Set(paths.map((path) => basename(path)));
  const images = dataset.images.filter(({ file_name }) => names.has(basename(file_name)));
  const ids = new Set(images.map(({ id }) => id));
  return {
    ...dataset,
    images,
    annotations: dataset.annotations.filter(({ image_id }) => ids.has(image_id)),
  };
}

describe("accuracy", () => {
  it("BuiltInModel_SampleScenes_MaskAp50OfAtLeastSixTenths", async () => {
    const folder = fileURLToPath(new URL("../data/scenes", import.meta.url));
    const truth = readDataset(`${folder}/instances.json`);
    const paths = truth.images.map(({ file_name }) => `${folder}/${file_name}`);
    expect(paths).toHaveLength(3);
    const results = await resultsOf("masklet-n", paths, truth, { scoreThreshold: 0.05 });
    expect(evaluateCoco(results, truth, "segm").AP50).toBeGreaterThanOrEqual(0.6);
  });

  const model = sharedFile("models/yolov8n-seg-640.onnx");
  const images = sharedFile("coco-train/images");
  // What tests/golden/decode_reference.py (its own letterbox, decoding and masks in numpy) gives
  // for the first forty photos by name.
  const reference = { segm: 0.3369, bbox: 0.4325 };
  it.skipIf(!model || !images)(
    "Yolov8n_FortyPhotos_SameApAsTheNumpyReference",
    async () => {
      const names = readdirSync(images!).sort().slice(0, 40);
      const paths = names.map((name) => `${images}/${name}`);
      const truth = partOf(readDataset(sharedFile("coco-train/instances.json")!), paths);
      const options = { scoreThreshold: 0.01, iouThreshold: 0.7, maxInstances: 100 };
      const results = await resultsOf(model!, paths, truth, options);
      for (const kind of ["segm", "bbox"] as const) {
        expect(
          Math.abs(evaluateCoco(results, truth, kind).AP - reference[kind]),
          kind,
        ).toBeLessThanOrEqual(0.002);
      }
    },
    300_000,
  );
});
