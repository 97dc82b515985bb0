// SAM and SAM 2 of transformers with small random weights: what the library itself answers, from
// the image on.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CocoRle,
  loadCore,
  Mask,
  type PromptPoint,
  PromptSegmenter,
} from "../../web/index.js";

interface Reference {
  readonly family: string;
  readonly encoder: string;
  readonly decoder: string;
  readonly picture: string;
  readonly width: number;
  readonly height: number;
  readonly prompts: readonly {
    readonly name: string;
    readonly points: readonly PromptPoint[];
    readonly box: readonly [number, number, number, number] | null;
    readonly candidates: readonly { readonly rle: CocoRle; readonly predictedIou: number }[];
  }[];
}

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const folder = file("../golden/prompt_reference/");
const model = (name: string) => file(`../data/reference_models/${name}`);
const references = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name): [string, Reference] => [
    name,
    JSON.parse(readFileSync(folder + name, "utf8")) as Reference,
  ]);

describe.each(["sam_transformers", "sam2_transformers"])("%s of transformers", (family) => {
  const ofFamily = references.filter(([, reference]) => reference.family === family);
  let segmenter: PromptSegmenter;

  beforeAll(async () => {
    await loadCore();
    const [, { encoder, decoder }] = ofFamily[0]!;
    segmenter = await PromptSegmenter.create({
      encoder: model(encoder),
      decoder: model(decoder),
      device: "wasm",
    });
  });
  afterAll(() => segmenter?.dispose());

  it("Family_IsRecognized", () => {
    expect(segmenter.info.family).toBe(family);
  });

  it.each(ofFamily)(
    "%s_EveryPrompt_IsAnsweredAsByTheLibrary",
    async (_, { picture, width, height, prompts }) => {
      expect(await segmenter.setImage(folder + picture)).toMatchObject({ width, height });
      for (const { name, points, box, candidates } of prompts) {
        const [x1, y1, x2, y2] = box ?? [];
        const asked = { points, ...(box ? { box: { x1: x1!, y1: y1!, x2: x2!, y2: y2! } } : {}) };
        const answer = (await segmenter.predict({ ...asked, multimask: true })).candidates;
        expect(answer, name).toHaveLength(candidates.length);
        for (const expected of candidates) {
          const found = answer.find(
            ({ predictedIou }) => Math.abs(predictedIou - expected.predictedIou) < 1e-4,
          );
          const ious = answer.map(({ predictedIou }) => predictedIou);
          expect(found, `${name}: predicted IoU ${expected.predictedIou} of ${ious}`).toBeDefined();
          const mask = Mask.fromRle(expected.rle);
          if (mask.area === 0) expect(found!.mask.area, name).toBe(0);
          else expect(found!.mask.iou(mask), name).toBeGreaterThanOrEqual(0.999);
        }
      }
    },
  );
});
