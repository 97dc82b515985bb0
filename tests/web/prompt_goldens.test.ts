import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CocoRle,
  loadCore,
  Mask,
  type PromptCandidate,
  type PromptSegmenter,
} from "../../web/index.js";
import {
  goldenFile,
  goldenImages,
  openPromptModel,
  type PromptGolden,
  type PromptModelName,
  promptModels,
  readPromptGolden,
} from "./prompt_models.js";

type Golden = PromptGolden["prompts"][number];

/** Prompts that a model does not support. */
function skips(name: PromptModelName, { points, box, maskFrom }: Golden): boolean {
  const { family } = promptModels[name];
  if (maskFrom && family !== "sam" && family !== "sam2") return true;
  if (box && family === "sam_transformers") return true;
  return family === "efficient_sam" && points.some(({ label }) => label === "background");
}

function request({ points, box }: Golden) {
  const [x1, y1, x2, y2] = box ?? [];
  return { points, ...(box ? { box: { x1: x1!, y1: y1!, x2: x2!, y2: y2! } } : {}) };
}

function expectCandidate(
  candidate: PromptCandidate,
  expected: { rle: CocoRle; predictedIou: number; stability: number },
): void {
  expect(Math.abs(candidate.predictedIou - expected.predictedIou)).toBeLessThan(1e-4);
  const mask = Mask.fromRle(expected.rle);
  if (mask.area === 0) {
    expect(candidate.mask.area).toBe(0);
    return;
  }
  expect(candidate.mask.iou(mask)).toBeGreaterThanOrEqual(0.999);
  const { x, y, width, height } = candidate.mask.bounds();
  expect(candidate.box).toEqual({ x1: x, y1: y, x2: x + width, y2: y + height });
  expect(Math.abs(candidate.stabilityScore - expected.stability)).toBeLessThan(0.005);
}

describe.each(Object.keys(promptModels) as PromptModelName[])("Golden prompts of %s", (name) => {
  const { rule, tokens, family } = promptModels[name];
  let segmenter: PromptSegmenter;

  beforeAll(async () => {
    await loadCore();
    segmenter = await openPromptModel(name);
  });
  afterAll(() => segmenter?.dispose());

  it("Family_IsRecognized", () => {
    expect(segmenter.info.family).toBe(family);
  });

  // Variants of a family differ in few tensors: the images with a border of their own will do.
  const images =
    /^(sam_raw|sam_single|sam_cvat|efficient_sam_combined|sam2_ort|sam2_ort_single)$/.test(name)
      ? goldenImages.filter((image) => /odd|one_row|padding/.test(image))
      : goldenImages;

  it.each(images)("Image_%s_AnswersAsTheReference", async (image) => {
    const golden = readPromptGolden(image, rule);
    const { width, height } = await segmenter.setImage(goldenFile(golden.picture));
    expect([width, height]).toEqual([golden.width, golden.height]);
    let asked = 0;
    for (const prompt of golden.prompts) {
      if (skips(name, prompt)) continue;
      ++asked;
      const from = golden.prompts.find((other) => other.name === prompt.maskFrom?.prompt);
      const mask = from && (await lowResOf(segmenter, from, prompt.maskFrom!.token));
      if (from && !mask) continue;
      const options = { ...request(prompt), ...(mask ? { mask } : {}) };
      if (tokens > 1) await expectMultimask(segmenter, options, prompt.tokens.slice(1));
      await expectSingle(segmenter, options, prompt);
    }
    expect(asked).toBeGreaterThan(0);
  });
});

async function lowResOf(segmenter: PromptSegmenter, prompt: Golden, token: number) {
  const { candidates } = await segmenter.predict({ ...request(prompt), multimask: token > 0 });
  return candidates.find(
    ({ predictedIou }) => Math.abs(predictedIou - prompt.tokens[token]!.predictedIou) < 1e-4,
  )?.lowResMask;
}

async function expectMultimask(
  segmenter: PromptSegmenter,
  options: object,
  expected: Golden["tokens"],
): Promise<void> {
  const { candidates } = await segmenter.predict({ ...options, multimask: true });
  const isEmpty = ({ rle }: { rle: CocoRle }) => Number(Mask.fromRle(rle).area === 0);
  const sorted = [...expected].sort(
    (a, b) => isEmpty(a) - isEmpty(b) || b.predictedIou - a.predictedIou,
  );
  expect(candidates).toHaveLength(sorted.length);
  for (const [i, candidate] of candidates.entries()) expectCandidate(candidate, sorted[i]!);
}

/**
 * One of the four, as the reference implementation of the family chooses: which depends on the
 * number of points.
 */
async function expectSingle(
  segmenter: PromptSegmenter,
  options: object,
  { tokens }: Golden,
): Promise<void> {
  const { candidates } = await segmenter.predict({ ...options, multimask: false });
  expect(candidates).toHaveLength(1);
  const [candidate] = candidates as [PromptCandidate];
  const expected = tokens.find(
    ({ predictedIou }) => Math.abs(predictedIou - candidate.predictedIou) < 1e-4,
  );
  expect(expected).toBeDefined();
  expectCandidate(candidate, expected!);
}
