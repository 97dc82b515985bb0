/// Runs real photos through the same model in Node and in the browser. The instances must be equal.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, type Page } from "@playwright/test";
import type { Segmenter } from "../../web/index.js";
import { pagesUrl, sharedData } from "./servers.js";

/** An instance in plain JSON, the mask as COCO RLE. */
export interface PlainInstance {
  label: string;
  score: number;
  box: [number, number, number, number];
  rle: { size: readonly [number, number]; counts: string };
}

/** An image and a model, as URLs on the test server and as paths. */
export interface Place {
  readonly url: string;
  readonly path: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));

export const scenes: Place[] = ["scene_beach.jpg", "scene_desk.jpg", "scene_kitchen.jpg"].map(
  (name) => ({
    url: `/data/scenes/${name}`,
    path: `${root}tests/data/scenes/${name}`,
  }),
);

export const builtIn: Place = {
  url: "/models/masklet-n.onnx",
  path: `${root}models/masklet-n.onnx`,
};

const shared = (name: string): Place => ({
  url: `/shared/${name}`,
  path: `${sharedData()}/${name}`,
});

/** The first photos, by name, of the set outside the repository; empty without it. */
export function sharedPhotos(count: number): Place[] {
  if (sharedData() === null) return [];
  const names = readdirSync(`${sharedData()}/coco-train/images`).sort().slice(0, count);
  return names.map((name) => shared(`coco-train/images/${name}`));
}

export const sharedModel = (): Place => shared("models/yolov8n-seg-640.onnx");

/** Real models of other families and sizes, each with photos in which it finds objects. */
export const realModels = (
  [
    ["yolov5n-hand-seg-640", [110, 77]],
    ["yolox-nano-416", [110, 74]],
    ["yolov8n-seg-320-int8", [9, 136]],
  ] as const
).map(([name, photos]) => ({
  name,
  model: (): Place => shared(`models/${name}.onnx`),
  photos: (): Place[] =>
    photos.map((id) => shared(`coco-train/images/${String(id).padStart(12, "0")}.jpg`)),
}));

// Every instance clearly above the threshold must appear on both sides. A score closer to it than
// this may fall on either side.
const scoreThreshold = 0.25;
const sure = scoreThreshold + 0.01;

/** Maximum difference between twins, and the margin above which a score is certain. */
interface Tolerance {
  readonly score: number;
  readonly boxPx: number;
  readonly iou: number;
  readonly sure: number;
}
const rounding: Tolerance = { score: 0.002, boxPx: 0.25, iou: 0.99, sure };
/**
 * For a network that chooses its quantization levels in each layer at run time: a difference in the
 * last bit shifts values by whole levels, 1/255 of the range.
 */
export const requantized: Tolerance = {
  score: 0.05,
  boxPx: 6,
  iou: 0.9,
  sure: scoreThreshold + 0.1,
};

/** The built library, hidden from the compiler. */
async function library(): Promise<typeof import("../../web/index.js")> {
  const built: string = new URL("../../dist/index.js", import.meta.url).href;
  return import(built);
}

/**
 * Runs the photos through the built library in Node, on the native runtime by default.
 */
export async function segmentInNode(
  model: Place,
  photos: readonly Place[],
  device: "auto" | "wasm" = "auto",
): Promise<PlainInstance[][]> {
  const { Segmenter } = await library();
  const segmenter = await Segmenter.create({
    model: new Uint8Array(readFileSync(model.path)),
    device,
  });
  const results: PlainInstance[][] = [];
  for (const { path } of photos) results.push(await plainInstances(segmenter, path));
  await segmenter.dispose();
  return results;
}

async function plainInstances(segmenter: Segmenter, path: string): Promise<PlainInstance[]> {
  const { instances } = await segmenter.segment(new Uint8Array(readFileSync(path)), {
    scoreThreshold,
  });
  return instances.map(({ label, score, box, mask }) => ({
    label,
    score,
    box: [box.x1, box.y1, box.x2, box.y2],
    rle: mask.toRle(),
  }));
}

/**
 * Runs one photo in the browser. It gets the pixels that Node decoded, so that the test does not
 * compare two JPEG decoders.
 */
export async function segmentInPage(
  page: Page,
  model: Place,
  photos: readonly Place[],
  device: "wasm" | "webgpu",
): Promise<PlainInstance[][]> {
  await page.goto(`${pagesUrl}api.html`);
  await page.waitForFunction(() => "masklet" in window);
  return page.evaluate(
    async ([modelUrl, urls, device, scoreThreshold]) => {
      const { Segmenter, loadCore } = window.masklet;
      const segmenter = await Segmenter.create({
        model: modelUrl,
        device,
        allowSoftwareAdapter: true,
      });
      const core = await loadCore();
      const results: PlainInstance[][] = [];
      for (const url of urls) {
        const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
        const result = await segmenter.segment(core.decodeImage(bytes), { scoreThreshold });
        if (result.device !== device)
          throw new Error(`ran on ${result.device}: ${JSON.stringify(segmenter.fallbacks)}`);
        results.push(
          result.instances.map(({ label, score, box, mask }) => ({
            label,
            score,
            box: [box.x1, box.y1, box.x2, box.y2],
            rle: mask.toRle(),
          })),
        );
      }
      await segmenter.dispose();
      return results;
    },
    [model.url, photos.map(({ url }) => url), device, scoreThreshold] as const,
  );
}

/**
 * Every certain instance of either list must have a twin in the other, with the same class. Default
 * tolerances: score 0.002, box 0.25 px, mask IoU at least 0.99.
 */
export async function expectSameInstances(
  actual: PlainInstance[],
  expected: PlainInstance[],
  allowed = rounding,
): Promise<void> {
  const { Mask, loadCore } = await library();
  await loadCore();
  const isTwin = (a: PlainInstance, b: PlainInstance) =>
    a.label === b.label &&
    Math.abs(a.score - b.score) < allowed.score &&
    a.box.every((value, side) => Math.abs(value - b.box[side]!) < allowed.boxPx) &&
    Mask.fromRle(a.rle).iou(Mask.fromRle(b.rle)) >= allowed.iou;
  for (const [list, other] of [
    [actual, expected],
    [expected, actual],
  ] as const) {
    for (const instance of list) {
      if (instance.score < allowed.sure) continue;
      const { rle: _, ...shown } = instance;
      expect(
        other.some((twin) => isTwin(instance, twin)),
        JSON.stringify(shown),
      ).toBe(true);
    }
  }
}
