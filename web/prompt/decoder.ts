import { MaskletError } from "../base/errors.js";
import type { Size } from "../base/geometry.js";
import type { RawTensor } from "../base/tensor.js";
import type { Core } from "../core/core.js";
import type { SamColumns } from "../core/decoders.js";
import { takeOutput } from "../families/family.js";
import type { PromptModel } from "../families/prompt/family.js";
import {
  type LowResLogits,
  maskSize,
  promptFeeds,
  readsSourcePlanes,
} from "../families/prompt/feeds.js";
import type { Prompt, PromptFrame } from "../families/prompt/points.js";
import { rowOf } from "../mask/instances.js";
import { Mask } from "../mask/mask.js";
import { type Feeds, makeFeed } from "../runtime/feed.js";
import type { PromptCandidate } from "./types.js";

/** The input of one run of the decoder. */
export interface Ask {
  readonly prompts: readonly Prompt[];
  readonly mask?: LowResLogits | undefined;
  readonly multimask: boolean;
  readonly soft: boolean;
  /** Drops the candidates that fail. If undefined, every chosen plane stays. */
  readonly thresholds?: { readonly predictedIou: number; readonly stability: number } | undefined;
}

/** A candidate and the index of its prompt. */
export interface Answer {
  readonly prompt: number;
  readonly candidate: PromptCandidate;
}

/** Planes of the decoder as [prompts, K, h, w], and their predicted IoUs [prompts, K]. */
export interface DecoderRun {
  readonly planes: RawTensor;
  readonly scores: RawTensor;
  readonly pointCount: number;
}

/** Offset of the stability score, in logits. It is 0 for binary planes: they are stable. */
const stabilityOffset = 1;

/** The decoder's inputs for the prompts. */
export function askFeeds(
  model: PromptModel,
  frame: PromptFrame,
  { prompts, mask }: Pick<Ask, "prompts" | "mask">,
): { readonly feeds: Feeds; readonly pointCount: number } {
  const { feeds, pointCount } = promptFeeds(model, prompts, frame, mask);
  const typed = Object.entries(feeds).map(
    ([name, { type, dims, values }]) => [name, makeFeed(type, dims, values)] as const,
  );
  return { feeds: Object.fromEntries(typed), pointCount };
}

/** Names of the outputs to compute. */
export function answerNames({ outputs }: PromptModel): [planes: string, scores: string] {
  return [(outputs.lowRes ?? outputs.masks)!.name, outputs.scores.name];
}

export function readRun(
  model: PromptModel,
  outputs: ReadonlyMap<string, RawTensor>,
  promptCount: number,
  pointCount: number,
): DecoderRun {
  const [planesName, scoresName] = answerNames(model);
  const planes = shapePlanes(planesName, takeOutput(outputs, planesName), promptCount);
  const scores = shapeScores(scoresName, takeOutput(outputs, scoresName), planes);
  return { planes, scores, pointCount };
}

/** Converts planes to masks. Synchronous, because another call would overwrite the core's state. */
export function readAnswers(
  core: Core,
  model: PromptModel,
  frame: PromptFrame,
  run: DecoderRun,
  ask: Ask,
): Answer[] {
  const chosen = choosePlanes(run, ask.multimask);
  const isBinary = run.planes.type === "bool" || run.planes.type === "uint8";
  const ofSource = readsSourcePlanes(model);
  const net = ofSource ? frame.source : frame.network;
  const longestSide = model.rules.fit === "longest-side" && !ofSource;
  const fit = longestSide
    ? ({ resizeMode: "letterbox-top-left", content: frame.content } as const)
    : ({ resizeMode: "stretch" } as const);
  const columns = core.decoders.decodeSam(gather(run, chosen), {
    predictedIouThreshold: ask.thresholds?.predictedIou ?? Number.NEGATIVE_INFINITY,
    stabilityThreshold: ask.thresholds?.stability ?? 0,
    maskThreshold: isBinary ? 0.5 : 0,
    stabilityOffset: isBinary ? 0 : stabilityOffset,
    via: longestSide ? net : undefined,
    probability: isBinary,
    soft: ask.soft,
    placement: { source: frame.source, input: { ...net, ...fit } },
  });
  if (ask.thresholds)
    return Array.from(columns.rows, (plane, row) =>
      toAnswer(run, columns, row, chosen[plane]!, frame.source),
    );
  return chosen.map((plane, index) => {
    const row = columns.rows.indexOf(index);
    const { prompt, candidate } =
      row < 0
        ? emptyAnswer(run, plane, frame.source)
        : toAnswer(run, columns, row, plane, frame.source);
    const lowResMask = lowResOf(model, run, plane);
    return { prompt, candidate: lowResMask ? { ...candidate, lowResMask } : candidate };
  });
}

/**
 * Indices of the chosen planes. If a network returns four masks per prompt, the first one is for
 * unambiguous prompts. `multimask` leaves it out; otherwise it is the answer, unless the prompt has
 * few points (`SamOnnxModel.select_masks` and `MaskDecoder.forward` of segment_anything).
 */
export function choosePlanes(
  { planes, scores, pointCount }: DecoderRun,
  multimask: boolean,
): number[] {
  const [promptCount, count] = planes.dims as [number, number];
  const hasSingle = count === 4;
  return Array.from({ length: promptCount }, (_, prompt) => {
    const first = prompt * count;
    if (multimask)
      return Array.from(
        { length: hasSingle ? 3 : count },
        (_, k) => first + k + (hasSingle ? 1 : 0),
      );
    const rated = Array.from(scores.data.subarray(first, first + count));
    if (hasSingle) rated[0]! += (pointCount - 2.5) * 1000;
    // NaN is never greater.
    return [
      first +
        rated.reduce(
          (best, score, k) => (score > rated[best]! || Number.isNaN(rated[best]) ? k : best),
          0,
        ),
    ];
  }).flat();
}

function gather(
  { planes, scores }: DecoderRun,
  chosen: readonly number[],
): { planes: RawTensor; scores: RawTensor } {
  const [, , height, width] = planes.dims as [number, number, number, number];
  const values = Float32Array.from(chosen, (plane) => scores.data[plane]!);
  const all = chosen.length === scores.data.length;
  const data = all ? planes.data : new Float32Array(chosen.length * height * width);
  if (!all)
    for (const [i, plane] of chosen.entries()) data.set(planeOf(planes, plane), i * height * width);
  return {
    planes: { dims: [1, chosen.length, height, width], data },
    scores: { dims: [1, chosen.length], data: values },
  };
}

function planeOf({ dims, data }: RawTensor, plane: number): Float32Array {
  const length = dims[2]! * dims[3]!;
  return data.subarray(plane * length, (plane + 1) * length);
}

function toAnswer(
  { planes }: DecoderRun,
  columns: SamColumns,
  row: number,
  plane: number,
  source: Size,
): Answer {
  const { box, mask } = rowOf(columns, row, source);
  const candidate = {
    mask,
    box,
    predictedIou: columns.scores[row]!,
    stabilityScore: columns.stability[row]!,
  };
  return { prompt: Math.floor(plane / planes.dims[1]!), candidate };
}

function emptyAnswer(
  { planes, scores }: DecoderRun,
  plane: number,
  { width, height }: Size,
): Answer {
  const crop = { x: 0, y: 0, width: 0, height: 0 };
  const mask = Mask.from({
    ...crop,
    sourceWidth: width,
    sourceHeight: height,
    runs: new Uint32Array(0),
    area: 0,
  });
  const candidate = {
    mask,
    box: { x1: 0, y1: 0, x2: 0, y2: 0 },
    predictedIou: scores.data[plane]!,
    stabilityScore: 0,
  };
  return { prompt: Math.floor(plane / planes.dims[1]!), candidate };
}

/** Undefined if the decoder does not accept these planes as input. */
function lowResOf(
  model: PromptModel,
  { planes }: DecoderRun,
  plane: number,
): LowResLogits | undefined {
  const size = maskSize(model);
  if (!size || planes.dims[2] !== size.height || planes.dims[3] !== size.width) return undefined;
  return { ...size, logits: planeOf(planes, plane).slice() };
}

function shapePlanes(
  name: string,
  { dims, data, type }: RawTensor,
  promptCount: number,
): RawTensor {
  const sides = dims.slice(-2);
  const count = dims.at(-3) ?? 0;
  const prompts = dims.slice(0, -3).reduce((product, dim) => product * dim, 1);
  if (dims.length < 3 || prompts !== promptCount || count < 1 || sides.some((side) => side < 1)) {
    throw wrongShape(name, dims, `[${promptCount}, K, height, width]`);
  }
  return { dims: [promptCount, count, ...sides], data, ...(type === undefined ? {} : { type }) };
}

function shapeScores(name: string, { dims, data }: RawTensor, planes: RawTensor): RawTensor {
  const [prompts, count] = planes.dims as [number, number];
  if (data.length !== prompts * count)
    throw wrongShape(name, dims, `[${prompts}, ${count}], one for each mask`);
  return { dims: [prompts, count], data };
}

function wrongShape(name: string, dims: readonly number[], wanted: string): MaskletError {
  const message = `output '${name}' has the shape [${dims.join(", ")}]; it must be ${wanted}`;
  return new MaskletError("badTensor", "decode", message, { value: name });
}
