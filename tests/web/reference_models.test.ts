/// Networks of the reference libraries with small random weights, from the image to the instances:
/// `Segmenter` must give what the library's own post-processing made of the same network.
/// `tests/golden/golden_file.py` describes the files.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { globSync } from "tinyglobby";
import { describe, expect, it } from "vitest";
import { type CreateOptions, Mask, Segmenter, type SegmentOptions } from "../../web/index.js";
import type { ExpectedInstance } from "./golden_file.js";

const folder = fileURLToPath(new URL("../data/reference_models/", import.meta.url));

interface Reference {
  readonly family: string;
  readonly variant?: string;
  readonly options: SegmentOptions;
  readonly createOptions?: CreateOptions;
  readonly expected: readonly ExpectedInstance[];
  readonly maxBoxPx?: number;
  readonly maxScore?: number;
  readonly minIou?: number;
  readonly why?: string;
}

const references = globSync("*.json", { cwd: folder })
  .sort()
  .map((path) => ({
    name: basename(path, ".json"),
    reference: JSON.parse(readFileSync(`${folder}${path}`, "utf8")) as Reference,
  }))
  .filter(({ reference }) => reference.expected !== undefined);

describe.each(references)("$name", ({ name, reference }) => {
  it("ImageToInstances_IsTheReference", async () => {
    const {
      family,
      variant,
      options,
      createOptions = {},
      expected,
      maxBoxPx = 0.01,
      maxScore = 1e-4,
      minIou = 0.999,
      why,
    } = reference;
    expect(
      maxBoxPx <= 0.01 && maxScore <= 1e-4 && minIou >= 0.999 ? "" : why,
      "wider tolerances must say why",
    ).toBeDefined();
    const segmenter = await Segmenter.create({
      model: readFileSync(`${folder}${name}.onnx`),
      device: "wasm",
      ...createOptions,
    });
    try {
      expect(segmenter.info.family).toBe(family);
      if (variant !== undefined) expect(segmenter.info.variant).toBe(variant);
      const { instances } = await segmenter.segment(readFileSync(`${folder}${name}.png`), options);
      expect(instances.map(({ classId }) => classId)).toEqual(
        expected.map(({ classId }) => classId),
      );
      for (const [i, { box, score, mask }] of instances.entries()) {
        const wanted = expected[i]!;
        expect(Math.abs(score - wanted.score), `score of ${i}`).toBeLessThanOrEqual(maxScore);
        for (const [k, side] of [box.x1, box.y1, box.x2, box.y2].entries()) {
          expect(
            Math.abs(side - wanted.box[k]!),
            `box of ${i}: ${side} for ${wanted.box[k]}`,
          ).toBeLessThanOrEqual(maxBoxPx);
        }
        expect(mask.iou(Mask.fromRle(wanted.rle)), `mask of ${i}`).toBeGreaterThanOrEqual(minIou);
      }
    } finally {
      segmenter.dispose();
    }
  });
});

it("ReferenceNetworks_Exist", () => {
  expect(references.length).toBeGreaterThan(0);
});
