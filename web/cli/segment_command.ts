import { readFile } from "node:fs/promises";
import {
  type CocoDataset,
  type CocoResult,
  type Device,
  decodeImage,
  Segmenter,
  type SegmentOptions,
  toCocoResults,
} from "../index.js";
import { type CocoIds, cocoIds } from "./coco_ids.js";
import { expandInputs, readJson, readLabels } from "./inputs.js";
import { type ModelFlags, modelOptions } from "./model_options.js";
import { ProgressBar } from "./progress_bar.js";
import { openPromptModel } from "./prompt_model.js";
import { UsageError } from "./usage_error.js";
import {
  cocoOf,
  type FileFormat,
  type Format,
  fileFormats,
  jsonOf,
  outputPath,
  type Segmented,
  writeImage,
  writeJson,
} from "./writers.js";

export interface SegmentFlags extends ModelFlags {
  model: string;
  labels?: string;
  score?: number;
  iou?: number;
  max: number;
  refineWith?: string;
  device: "auto" | Device;
  format?: Format;
  out?: string;
  coco?: string;
}

const say = (line: string) => process.stderr.write(`${line}\n`);

async function createSegmenter(flags: SegmentFlags): Promise<Segmenter> {
  const segmenter = await Segmenter.create({
    model: flags.model,
    device: flags.device,
    ...modelOptions(flags),
    ...(flags.labels === undefined ? {} : { labels: await readLabels(flags.labels) }),
  });
  for (const { device, reason } of segmenter.fallbacks)
    if (flags.device !== "auto") say(`not on ${device}: ${reason}`);
  return segmenter;
}

function thresholds({ score, iou, max }: SegmentFlags): SegmentOptions {
  return {
    maxInstances: max,
    ...(score === undefined ? {} : { scoreThreshold: score }),
    ...(iou === undefined ? {} : { iouThreshold: iou }),
  };
}

function describe({ path, result }: Segmented): string {
  const found = result.instances.map(({ label, score }) => `${label} ${Math.round(score * 100)}%`);
  return `${path}: ${found.length === 0 ? "nothing found" : found.join(", ")}`;
}

/** Handles each result, and the end of the run. */
interface Sink {
  add(segmented: Segmented, bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

function fileSink(
  format: FileFormat,
  flags: SegmentFlags,
  single: boolean,
  bar: ProgressBar,
): Sink {
  return {
    async add(segmented, bytes) {
      const to = outputPath(segmented.path, format, flags.out, single);
      const image =
        format === "overlay"
          ? await decodeImage(bytes)
          : { width: 0, height: 0, data: new Uint8Array() };
      await writeImage(segmented, image, format, to);
      bar.clear();
      process.stdout.write(`${describe(segmented)}\n  -> ${to}\n`);
    },
    end: async () => {},
  };
}

function collectingSink<T>(
  toEntry: (segmented: Segmented) => T[],
  finish: (entries: T[]) => Promise<void>,
): Sink {
  const entries: T[] = [];
  return {
    async add(segmented) {
      entries.push(...toEntry(segmented));
    },
    end: () => finish(entries),
  };
}

function makeSink(
  format: Format,
  flags: SegmentFlags,
  ids: CocoIds | undefined,
  single: boolean,
  bar: ProgressBar,
): Sink {
  const toFile = fileFormats.find((name) => name === format);
  if (toFile !== undefined) return fileSink(toFile, flags, single, bar);
  if (format === "json")
    return collectingSink(
      (item) => [jsonOf(item)],
      (items) => writeJson(items, flags.out),
    );
  if (ids === undefined)
    return collectingSink(
      (item) => [item],
      (items) => writeJson(cocoOf(items), flags.out),
    );
  return collectingSink<CocoResult>(
    ({ path, result }) =>
      toCocoResults(result, ids.imageId(path)!, (instance) => ids.categoryId(instance)),
    (items) => writeJson(items, flags.out),
  );
}

/** Leaves out images that the COCO file does not list, and reports their number. */
function listed(
  paths: readonly string[],
  ids: CocoIds | undefined,
  cocoPath: string | undefined,
): readonly string[] {
  if (ids === undefined) return paths;
  const kept = paths.filter((path) => ids.imageId(path) !== undefined);
  if (kept.length === 0)
    throw new UsageError(`${cocoPath} lists none of the ${paths.length} images`);
  if (kept.length < paths.length)
    say(`left out ${paths.length - kept.length} images that ${cocoPath} does not list`);
  return kept;
}

/**
 * Runs `masklet segment` and returns the exit code: 0, or 1 if images failed. stderr names each of
 * them.
 */
export async function segmentCommand(
  inputs: readonly string[],
  flags: SegmentFlags,
): Promise<number> {
  const found = await expandInputs(inputs);
  const dataset = flags.coco === undefined ? undefined : await readJson<CocoDataset>(flags.coco);
  const format = flags.format ?? (dataset === undefined ? "overlay" : "coco");
  using segmenter = await createSegmenter(flags);
  await using refiner =
    flags.refineWith === undefined
      ? undefined
      : await openPromptModel(flags.refineWith, flags.device);
  const ids = dataset === undefined ? undefined : cocoIds(dataset, segmenter.labels);
  const paths = listed(found, ids, flags.coco);
  const bar = new ProgressBar(paths.length);
  const sink = makeSink(format, flags, ids, paths.length === 1, bar);
  const options = {
    ...thresholds(flags),
    ...(refiner === undefined ? {} : { refineWith: refiner }),
  };
  let failures = 0;
  for (const path of paths) {
    try {
      const bytes = new Uint8Array(await readFile(path));
      await sink.add({ path, result: await segmenter.segment(bytes, options) }, bytes);
    } catch (error) {
      failures += 1;
      bar.clear();
      say(`${path}: ${(error as Error).message}`);
    }
    bar.advance(path);
  }
  bar.clear();
  await sink.end();
  if (failures > 0) say(`${failures} of ${paths.length} images failed`);
  return failures > 0 ? 1 : 0;
}
