import { readFile } from "node:fs/promises";
import {
  type Core,
  type Device,
  decodeImage,
  type InstanceColumns,
  loadCore,
  type Preprocessing,
  type RgbaImage,
  Segmenter,
} from "../index.js";
import {
  type BaselineInstance,
  type BaselineOutputs,
  baselinePostprocess,
  baselinePreprocess,
  drawImage,
} from "./bench_baseline.js";
import { contest } from "./bench_contest.js";
import { type ModelFlags, modelOptions } from "./model_options.js";
import { UsageError } from "./usage_error.js";
import { writeJson } from "./writers.js";

export interface BenchFlags extends ModelFlags {
  model: string;
  rounds: number;
  device: "auto" | Device;
  json?: boolean;
}

const width = 1920;
const height = 1080;
const options = { scoreThreshold: 0.25, iouThreshold: 0.7, maxInstances: 100 };

/** The largest centered 16:9 crop of the image, resized to 1920 x 1080. */
function fullHd(image: RgbaImage): RgbaImage {
  const cropWidth = Math.min(image.width, Math.round((image.height * width) / height));
  const cropHeight = Math.min(image.height, Math.round((image.width * height) / width));
  const left = (image.width - cropWidth) >> 1;
  const top = (image.height - cropHeight) >> 1;
  const data = new Uint8ClampedArray(cropWidth * cropHeight * 4);
  for (let y = 0; y < cropHeight; y += 1) {
    const from = ((top + y) * image.width + left) * 4;
    data.set(image.data.subarray(from, from + cropWidth * 4), y * cropWidth * 4);
  }
  const crop = { width: cropWidth, height: cropHeight, data };
  return {
    width,
    height,
    data: drawImage(crop, { width, height, fill: 0 }, { x: 0, y: 0, width, height }),
  };
}

interface Differences {
  /** Maximum difference of two tensor values, in steps of an 8-bit pixel value. */
  readonly tensorSteps: number;
  /** Minimum IoU of a mask and its counterpart; 1 without objects. */
  readonly minMaskIou: number;
  readonly pixelsDifferent: number;
  readonly pixelsInMasks: number;
}

/** The pixels of a mask from the core, over the whole image. */
function fullFrame(columns: InstanceColumns, index: number): Uint8Array {
  const [x = 0, y = 0, maskWidth = 0] = columns.rects.subarray(index * 4, index * 4 + 4);
  const frame = new Uint8Array(width * height);
  let at = 0;
  let inside = 0;
  for (const run of columns.runs.subarray(
    columns.runOffsets[index]!,
    columns.runOffsets[index + 1]!,
  )) {
    for (const end = at + run; at < end; at += 1)
      frame[(y + Math.floor(at / maskWidth)) * width + x + (at % maskWidth)] = inside;
    inside = 1 - inside;
  }
  return frame;
}

function compareMasks(
  columns: InstanceColumns,
  baseline: readonly BaselineInstance[],
): Omit<Differences, "tensorSteps"> {
  if (columns.count !== baseline.length)
    throw new Error(`the core found ${columns.count} objects, JavaScript ${baseline.length}`);
  let minMaskIou = 1;
  let pixelsDifferent = 0;
  let pixelsInMasks = 0;
  for (const [index, { mask }] of baseline.entries()) {
    const frame = fullFrame(columns, index);
    let both = 0;
    let either = 0;
    for (let i = 0; i < frame.length; i += 1) {
      both += frame[i]! & mask[i]!;
      either += frame[i]! | mask[i]!;
    }
    pixelsDifferent += either - both;
    pixelsInMasks += either;
    if (either > 0) minMaskIou = Math.min(minMaskIou, both / either);
  }
  return { minMaskIou, pixelsDifferent, pixelsInMasks };
}

function tensorDifference(
  a: Float32Array,
  b: Float32Array,
  { inputScale, std }: Preprocessing,
): number {
  let max = 0;
  for (let i = 0; i < a.length; i += 1) max = Math.max(max, Math.abs(a[i]! - b[i]!));
  return (max * Math.max(...std)) / inputScale;
}

interface Ratios {
  /** Time of JavaScript divided by the time of the core, which includes copying into wasm. */
  readonly overJavaScript: number;
  /** Time of the scalar kernels divided by the time of the SIMD kernels, without that copy. */
  readonly simdOverScalar: number;
  /** Median time of the core. */
  readonly ms: number;
}

interface BenchReport {
  readonly objects: number;
  readonly preprocess: Ratios;
  readonly postprocess: Ratios;
  readonly differences: Differences;
}

function measure(
  core: Core,
  image: RgbaImage,
  net: Preprocessing,
  outputs: BaselineOutputs,
  rounds: number,
): BenchReport {
  const tensor = new Float32Array(3 * net.width * net.height);
  const withKernels = (kernels: "simd" | "scalar", work: () => void) => () => {
    core.useKernels(kernels);
    work();
  };
  const tensorize = () => core.tensorize(net, tensor);
  const preprocess = () => {
    core.setImage(image);
    tensorize();
  };
  const postprocess = () =>
    core.decoders.decodeYoloSeg(outputs, {
      ...options,
      endToEnd: false,
      classCount: 0,
      soft: false,
      placement: { source: image, input: net },
    });
  const compare = (work: () => void, kernelWork: () => void, javaScript: () => void): Ratios => {
    const whole = contest({ core: withKernels("simd", work), javaScript }, rounds);
    const kernels = contest(
      { simd: withKernels("simd", kernelWork), scalar: withKernels("scalar", kernelWork) },
      rounds,
    );
    return {
      overJavaScript: whole.javaScript / whole.core,
      simdOverScalar: kernels.scalar / kernels.simd,
      ms: whole.core,
    };
  };
  preprocess();
  const report = {
    preprocess: compare(preprocess, tensorize, () => baselinePreprocess(image, net)),
    postprocess: compare(postprocess, postprocess, () =>
      baselinePostprocess(outputs, image, net, options),
    ),
  };
  core.useKernels("simd");
  preprocess();
  const columns = postprocess();
  return {
    ...report,
    objects: columns.count,
    differences: {
      tensorSteps: tensorDifference(tensor, baselinePreprocess(image, net), net),
      ...compareMasks(columns, baselinePostprocess(outputs, image, net, options)),
    },
  };
}

function describe(
  { objects, preprocess, postprocess, differences }: BenchReport,
  net: Preprocessing,
): string {
  const line = (name: string, ...cells: string[]) =>
    name.padEnd(16) + cells.map((cell) => cell.padStart(14)).join("");
  const row = (name: string, { overJavaScript, simdOverScalar, ms }: Ratios) =>
    line(
      name,
      `${overJavaScript.toFixed(1)}x`,
      `${simdOverScalar.toFixed(1)}x`,
      `${ms.toFixed(2)} ms`,
    );
  const { tensorSteps, pixelsDifferent, pixelsInMasks, minMaskIou } = differences;
  return [
    `${width} x ${height} pixels to ${net.width} x ${net.height}, ${objects} objects`,
    line("", "vs JavaScript", "vs scalar", "time"),
    row("pre-processing", preprocess),
    row("post-processing", postprocess),
    `tensor: maximum difference ${tensorSteps.toFixed(2)} pixel steps (a canvas rounds to 8 bits)`,
    `masks: ${pixelsDifferent} of ${pixelsInMasks} pixels differ, ` +
      `minimum IoU ${minMaskIou.toFixed(6)}`,
  ].join("\n");
}

function yoloOutputs(outputs: ReadonlyMap<string, BaselineOutputs["detections"]>): BaselineOutputs {
  const tensors = [...outputs.values()];
  const detections = tensors.find(({ dims }) => dims.length === 3);
  const prototypes = tensors.find(({ dims }) => dims.length === 4);
  if (
    detections === undefined ||
    prototypes === undefined ||
    detections.dims[1]! > detections.dims[2]!
  ) {
    throw new UsageError(
      "bench requires a model with the outputs [1, 4 + classes + prototypes, anchors] " +
        "and [1, prototypes, height, width]",
    );
  }
  return { detections, prototypes };
}

/**
 * Runs `masklet bench`. The network runs once on the image, resized to 1920 x 1080. The command
 * then times the work before and after the network: the core against ordinary JavaScript, and the
 * SIMD kernels against the scalar ones.
 */
export async function benchCommand(path: string, flags: BenchFlags): Promise<number> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`);
  });
  const image = fullHd(await decodeImage(new Uint8Array(bytes)));
  using segmenter = await Segmenter.create({
    model: flags.model,
    device: flags.device,
    worker: false,
    ...modelOptions(flags),
  });
  const net = segmenter.info.preprocessing!;
  const { outputs } = await segmenter.infer(image);
  const report = measure(await loadCore(), image, net, yoloOutputs(outputs), flags.rounds);
  if (flags.json) await writeJson(report, undefined);
  else process.stdout.write(`${describe(report, net)}\n`);
  return 0;
}
