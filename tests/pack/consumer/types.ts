// tsc checks this file under `node16` and `bundler` resolution. Each @ts-expect-error marks
// a mistake that the types must reject.
import {
  type BuiltInModelName,
  builtInPromptModels,
  type Instance,
  MaskletError,
  PromptSegmenter,
  Segmenter,
  type SegmentResult,
} from "masklet";

export async function find(photo: Blob): Promise<readonly Instance[]> {
  const segmenter: Segmenter = await Segmenter.create({
    device: "auto",
    onProgress: ({ stage, loaded }) => void [stage, loaded],
  });
  try {
    const result: SegmentResult = await segmenter.segment(photo, {
      scoreThreshold: 0.3,
      classes: ["person", 2],
    });
    for (const { label, score, box, mask } of result.instances) {
      const text: string = label;
      const numbers: number[] = [score, box.x1, mask.area];
      const rings: Float32Array[] = mask.toPolygons().map((ring) => ring.points);
      const counts: string = mask.toRle().counts;
      const inside: boolean = mask.contains(1, 2);
      void [text, numbers, rings, counts, inside];
    }
    return result.instances;
  } catch (error) {
    if (error instanceof MaskletError) void [error.code, error.stage, error.message];
    throw error;
  } finally {
    await segmenter.dispose();
  }
}

export async function models(name: BuiltInModelName): Promise<void> {
  const named: BuiltInModelName = "masklet-n";
  await Segmenter.create({ model: named, inputSize: 640 });
  await Segmenter.create({ model: name, inputSize: { width: 640, height: 384 } });
  await Segmenter.create({ model: "yolo11n-seg.onnx" });
  await PromptSegmenter.create({ model: builtInPromptModels[0].name });
  // @ts-expect-error no such model
  const missing: BuiltInModelName = "masklet-unheard-of";
  void missing;
}

export async function mistakes(segmenter: Segmenter, result: SegmentResult): Promise<void> {
  // @ts-expect-error no such device
  await Segmenter.create({ device: "cuda" });
  // @ts-expect-error a misspelt option
  await segmenter.segment("photo.jpg", { scoreTreshold: 0.3 });
  // @ts-expect-error a number is no image
  await segmenter.segment(42);
  // @ts-expect-error instances are read-only
  result.instances.push(result.instances[0]);
  // @ts-expect-error a segmenter comes from create()
  new Segmenter();
  const box = result.instances[0]?.box;
  // @ts-expect-error boxes have corners, not a width
  void box?.width;
}
