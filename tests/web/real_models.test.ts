/// Real weights of several families on real photos: wasm against the native runtime, and against
/// the contents of the photos. Skipped without the models.
import { describe, expect, it } from "vitest";
import { type Device, type Instance, Segmenter } from "../../web/index.js";
import { sharedFile } from "./shared_data.js";

const photo = (id: number) => sharedFile(`coco-train/images/${String(id).padStart(12, "0")}.jpg`)!;

/**
 * Maximum differences of two builds of ONNX Runtime. An instance closer to the score threshold than
 * `score` may be on either side of it.
 */
interface Tolerance {
  readonly score: number;
  readonly boxPx: number;
  readonly iou: number;
}
const rounding: Tolerance = { score: 0.01, boxPx: 1, iou: 0.98 };
/**
 * Levels are chosen anew for each layer (DynamicQuantizeLinear): a last bit of difference moves
 * whole levels of 1/255 of the range.
 */
const requantized: Tolerance = { score: 0.05, boxPx: 6, iou: 0.94 };

interface Case {
  readonly model: string;
  readonly family: string;
  readonly masks: boolean;
  readonly threshold: number;
  readonly tolerance: Tolerance;
  /** Per photo: class ids of visible objects, which the best instances must include. */
  readonly photos: readonly (readonly [id: number, classIds: readonly number[]])[];
}

const cases: readonly Case[] = [
  {
    model: "yolov5n-hand-seg-640",
    family: "yolov5_seg",
    masks: true,
    threshold: 0.25,
    tolerance: rounding,
    // Dining people, and a vase of flowers.
    photos: [
      [110, [0, 0, 0]],
      [30, []],
    ],
  },
  {
    model: "yolox-nano-416",
    family: "yolox",
    masks: false,
    threshold: 0.3,
    tolerance: rounding,
    // COCO: 0 person, 1 bicycle, 16 dog, 23 giraffe, 45 bowl, 50 broccoli.
    photos: [
      [74, [1, 16, 0]],
      [25, [23]],
      [9, [45, 50]],
    ],
  },
  {
    model: "yolov8n-seg-320-int8",
    family: "yolo_seg",
    masks: true,
    threshold: 0.25,
    tolerance: requantized,
    photos: [
      [74, [1, 16, 0]],
      [25, [23]],
      [9, [45, 50]],
    ],
  },
];

async function run(
  { model, photos }: Case,
  device: Device,
): Promise<{ segmenter: Segmenter; found: (readonly Instance[])[] }> {
  const segmenter = await Segmenter.create({ model: sharedFile(`models/${model}.onnx`)!, device });
  const found: (readonly Instance[])[] = [];
  for (const [id] of photos) found.push((await segmenter.segment(photo(id))).instances);
  await segmenter.dispose();
  return { segmenter, found };
}

function isTwin(a: Instance, b: Instance, tolerance: Tolerance): boolean {
  const sides = ["x1", "y1", "x2", "y2"] as const;
  return (
    a.classId === b.classId &&
    Math.abs(a.score - b.score) < tolerance.score &&
    sides.every((side) => Math.abs(a.box[side] - b.box[side]) < tolerance.boxPx) &&
    a.mask.iou(b.mask) > tolerance.iou
  );
}

describe.skipIf(!sharedFile("models") || !sharedFile("coco-train/images"))("real models", () => {
  it.each(cases)(
    "$model",
    async (one) => {
      const { segmenter, found } = await run(one, "wasm");
      expect([segmenter.info.family, segmenter.info.masks]).toEqual([one.family, one.masks]);
      for (const [i, [, classIds]] of one.photos.entries()) {
        expect(found[i]!.map(({ classId }) => classId)).toEqual(
          expect.arrayContaining([...classIds]),
        );
        expect(found[i]!.length).toBeGreaterThanOrEqual(classIds.length);
        for (const { score, box, mask } of found[i]!) {
          expect(score).toBeGreaterThan(one.threshold);
          const area = (box.x2 - box.x1) * (box.y2 - box.y1);
          // Whole pixels of a box differ from its area by its border at most.
          if (!one.masks)
            expect(Math.abs(mask.area - area)).toBeLessThanOrEqual(
              2 * (box.x2 - box.x1 + box.y2 - box.y1) + 4,
            );
          else expect(mask.area).toBeLessThan(area + 1);
        }
      }
      const native = await run(one, "node-cpu").catch((error) => {
        if (error.code === "noDevice") return undefined;
        throw error;
      });
      for (const [i, instances] of (native?.found ?? []).entries()) {
        for (const [list, other] of [
          [instances, found[i]!],
          [found[i]!, instances],
        ] as const) {
          for (const instance of list) {
            if (instance.score < one.threshold + one.tolerance.score) continue;
            expect(
              other.some((twin) => isTwin(instance, twin, one.tolerance)),
              `${one.model}: ${instance.label} ${instance.score}`,
            ).toBe(true);
          }
        }
      }
    },
    120_000,
  );
});
