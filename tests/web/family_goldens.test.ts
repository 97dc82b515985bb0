/// Every family's goldens through the public `decode()`: what the reference made of a network's
/// outputs must come out, with the family named and with the family recognized, whatever the
/// outputs are called and in whatever order they come.
import { readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { globSync } from "tinyglobby";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type DecodeResult,
  decode,
  type Instance,
  loadCore,
  Mask,
  type OutputTensor,
} from "../../web/index.js";
import { decodeOptions, type ExpectedInstance, type Golden, readGolden } from "./golden_file.js";

const folder = fileURLToPath(new URL("../golden/", import.meta.url));
const paths = globSync("*/*.golden", { cwd: folder }).sort();

/** Scores that differ by no more than this are a tie: the order of their instances is free. */
const scoreTie = 1e-6;

interface Tolerances {
  readonly maxBoxPx: number;
  readonly maxScore: number;
  readonly minIou: number;
}

function tolerancesOf({ header }: Golden): Tolerances {
  const { maxBoxPx = 0.01, maxScore = 1e-4, minIou = 0.999 } = header;
  const isWider = maxBoxPx > 0.01 || maxScore > 1e-4 || minIou < 0.999;
  if (isWider && !header.why) throw new Error("a golden with wider tolerances must say why");
  return { maxBoxPx, maxScore, minIou };
}

/** Undefined when the instance is the expected one, else what differs. */
function difference(
  actual: Instance,
  expected: ExpectedInstance,
  { maxBoxPx, maxScore, minIou }: Tolerances,
): string | undefined {
  if (actual.classId !== expected.classId) return `class ${actual.classId} for ${expected.classId}`;
  // Negated comparisons, so that NaN differs.
  if (!(Math.abs(actual.score - expected.score) <= maxScore))
    return `score ${actual.score} for ${expected.score}`;
  const box = [actual.box.x1, actual.box.y1, actual.box.x2, actual.box.y2];
  if (!box.every((side, i) => Math.abs(side - expected.box[i]!) <= maxBoxPx))
    return `box [${box}] for [${expected.box}]`;
  const iou = actual.mask.iou(Mask.fromRle(expected.rle));
  return iou >= minIou
    ? undefined
    : `mask IoU ${iou} (areas ${actual.mask.area}, ${Mask.fromRle(expected.rle).area})`;
}

/** Compares in order; within a tie of scores an instance may stand for any other. */
function expectInstances(result: DecodeResult, golden: Golden): void {
  const { expected, source } = golden.header;
  const tolerances = tolerancesOf(golden);
  expect([result.width, result.height]).toEqual([source.width, source.height]);
  expect(result.instances.length, "number of instances").toBe(expected.length);
  const open = new Set(result.instances);
  for (const [i, wanted] of expected.entries()) {
    const ties = [...open].filter(
      ({ score }) => Math.abs(score - result.instances[i]!.score) <= scoreTie,
    );
    const twin = ties.find((instance) => difference(instance, wanted, tolerances) === undefined);
    if (!twin) {
      const found = ties.map((instance) => difference(instance, wanted, tolerances));
      expect.fail(`instance ${i}: ${found.join("; ")}`);
    }
    open.delete(twin);
  }
}

/** The same tensors in reverse order, under names that say nothing. */
function anonymous(outputs: Golden["outputs"]): Map<string, OutputTensor> {
  return new Map([...outputs.values()].reverse().map((tensor, i) => [`tensor_${i}`, tensor]));
}

beforeAll(async () => {
  await loadCore();
});

describe.each([...new Set(paths.map((path) => dirname(path)))])("%s", (family) => {
  describe.each(
    paths.filter((path) => dirname(path) === family).map((path) => basename(path, ".golden")),
  )("%s", (name) => {
    const read = () => readGolden(`${folder}${family}/${name}.golden`);

    it("Forced_IsTheReference", () => {
      const golden = read();
      const { header, outputs } = golden;
      expect(header.family).toBe(family);
      const variant = header.variant === undefined ? {} : { variant: header.variant };
      expectInstances(decode(outputs, { ...decodeOptions(header), family, ...variant }), golden);
    });

    it("Recognized_IsTheReference", () => {
      const golden = read();
      const { header, outputs } = golden;
      const result = decode(outputs, decodeOptions(header));
      expect(result.family).toBe(family);
      if (header.variant !== undefined) expect(result.variant).toBe(header.variant);
      expectInstances(result, golden);
    });

    it("RenamedAndReordered_IsTheReference", () => {
      const golden = read();
      const result = decode(anonymous(golden.outputs), decodeOptions(golden.header));
      expect(result.family).toBe(family);
      expectInstances(result, golden);
    });
  });
});

it("EveryFolderOfGoldens_IsRead", () => {
  const withGoldens = readdirSync(folder, { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isDirectory() &&
        readdirSync(`${folder}${entry.name}`).some((file) => file.endsWith(".golden")),
    )
    .map(({ name }) => name);
  expect(withGoldens).toContain("yolo_seg");
  expect([...new Set(paths.map((path) => dirname(path)))]).toEqual(withGoldens.sort());
});
