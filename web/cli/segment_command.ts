import {
  type CocoDataset,
  type Device,
  type RgbaImage,
  Segmenter,
  type SegmentOptions,
  type SegmentResult,
  toCocoResults,
} from "../index.js";
import {
  type CocoCategories,
  type CocoImageEntry,
  cocoCategories,
  cocoImages,
} from "./coco_ids.js";
import { expandInputs, type Input, readJson, standardStream } from "./inputs.js";
import { type Labels, readLabels, renamed } from "./labels.js";
import { type ModelFlags, modelOptions } from "./model_options.js";
import { ProgressBar } from "./progress_bar.js";
import { openPromptModel } from "./prompt_model.js";
import { canReadForeign, pixelsOf, readImage } from "./read_image.js";
import { type Plan, planOutputs } from "./segment_plan.js";
import { endsRun, print, say, sentenceOf } from "./terminal.js";
import { UsageError } from "./usage_error.js";
import {
  cocoOf,
  type Format,
  fileContent,
  jsonOf,
  type Segmented,
  writeFileOrStdout,
  writeJson,
} from "./writers.js";

export interface SegmentFlags extends ModelFlags {
  model: string;
  labels?: string;
  score?: number;
  iou?: number;
  max: number;
  classes?: readonly string[];
  segmentWith?: string;
  device: "auto" | Device;
  format?: readonly Format[];
  out?: string;
  coco?: string;
  byPosition?: boolean;
  quiet?: boolean;
}

async function createSegmenter(flags: SegmentFlags, labels: Labels | undefined) {
  const segmenter = await Segmenter.create({
    model: flags.model,
    device: flags.device,
    ...modelOptions(flags),
    ...(labels === undefined || labels.byId ? {} : { labels: labels.names as string[] }),
  });
  for (const { device, reason } of segmenter.fallbacks)
    if (flags.device !== "auto") say(`not on ${device}: ${reason}`);
  return segmenter;
}

/** Class ids of the names in `--classes`. The segmenter checks what it does not know. */
function classIds(
  classes: readonly string[],
  labels: readonly string[],
): readonly (string | number)[] {
  return classes.flatMap((wanted): readonly (string | number)[] => {
    const ids = labels.flatMap((label, id) => (label === wanted ? [id] : []));
    if (ids.length > 0) return ids;
    return [/^\d+$/.test(wanted) ? Number(wanted) : wanted];
  });
}

function callOptions(
  { score, iou, max, classes }: SegmentFlags,
  labels: readonly string[],
): SegmentOptions {
  return {
    maxInstances: max,
    ...(score === undefined ? {} : { scoreThreshold: score }),
    ...(iou === undefined ? {} : { iouThreshold: iou }),
    ...(classes === undefined ? {} : { classes: classIds(classes, labels) }),
  };
}

const relabeled = (result: SegmentResult, labels: readonly string[]): SegmentResult => ({
  ...result,
  instances: result.instances.map((instance) => ({
    ...instance,
    label: labels[instance.classId] ?? instance.label,
  })),
});

function describe({ path, result }: Segmented): string {
  const found = result.instances.map(({ label, score }) => `${label} ${Math.round(score * 100)}%`);
  return `${path}: ${found.length === 0 ? "nothing found" : found.join(", ")}`;
}

/** The ids of `--coco`, and what had no category. */
class CocoTarget {
  private readonly dropped = new Map<string, number>();

  constructor(
    private readonly file: string,
    private readonly images: ReadonlyMap<string, CocoImageEntry>,
    private readonly categories: CocoCategories,
  ) {}

  /** @throws Error if the image has another size than the file says */
  resultsOf({ path, result }: Segmented): object[] {
    const { id, width, height } = this.images.get(path)!;
    const known = typeof width === "number" && typeof height === "number";
    if (known && (width !== result.width || height !== result.height))
      throw new Error(
        `the image has ${result.width} x ${result.height} pixels (EXIF orientation applied), ` +
          `but ${this.file} says ${width} x ${height}`,
      );
    return result.instances.flatMap((instance) => {
      const category = this.categories.categoryId(instance);
      if (category === undefined)
        this.dropped.set(instance.label, (this.dropped.get(instance.label) ?? 0) + 1);
      if (category === undefined) return [];
      const [entry] = toCocoResults({ ...result, instances: [instance] }, 0, () => 0);
      return [{ ...entry, image_id: id, category_id: category }];
    });
  }

  /** A line about instances that were left out. */
  droppedLine(): string | undefined {
    const total = [...this.dropped.values()].reduce((sum, count) => sum + count, 0);
    const parts = [...this.dropped].map(([label, count]) => `${label} (${count})`);
    const what = total === 1 ? "1 instance" : `${total} instances`;
    return total === 0 ? undefined : `left out ${what} without a category: ${parts.join(", ")}`;
  }
}

/** Collects the documents, and writes them at the end. */
class Documents {
  private readonly entries: unknown[][];

  constructor(
    private readonly plan: Plan["documents"],
    private readonly coco: CocoTarget | undefined,
  ) {
    this.entries = plan.map(() => []);
  }

  add(segmented: Segmented): void {
    for (const [index, { format }] of this.plan.entries()) {
      if (format === "json") this.entries[index]!.push(jsonOf(segmented));
      else if (this.coco === undefined) this.entries[index]!.push(segmented);
      else this.entries[index]!.push(...this.coco.resultsOf(segmented));
    }
  }

  async write(): Promise<void> {
    for (const [index, { format, to }] of this.plan.entries()) {
      const entries = this.entries[index]!;
      const plain = format === "json" || this.coco !== undefined;
      await writeJson(plain ? entries : cocoOf(entries as Segmented[]), to);
    }
  }
}

/** The images that a COCO file lists. The number of others is reported. */
function listed(
  inputs: readonly Input[],
  images: ReadonlyMap<string, CocoImageEntry> | undefined,
  file: string | undefined,
): readonly Input[] {
  if (images === undefined) return inputs;
  const kept = inputs.filter(({ path }) => images.has(path));
  if (kept.length === 0) throw new UsageError(`${file} lists none of the ${inputs.length} images`);
  if (kept.length < inputs.length)
    say(`left out ${inputs.length - kept.length} images that ${file} does not list`);
  return kept;
}

async function readCoco(file: string): Promise<CocoDataset> {
  const dataset = await readJson<CocoDataset>(file);
  for (const field of ["images", "categories"] as const)
    if (!Array.isArray(dataset?.[field]))
      throw new UsageError(`${file} must be a COCO data set; the array "${field}" is missing`);
  return dataset;
}

/** More names would fill the screen. */
const maxNamesSaid = 100;

function sayMissing(missing: readonly string[], labels: number, file: string): void {
  if (missing.length === 0) return;
  const more = missing.length > maxNamesSaid ? ` and ${missing.length - maxNamesSaid} more` : "";
  const names = missing.slice(0, maxNamesSaid).join(", ");
  say(`${file} has no category for ${missing.length} of ${labels} labels: ${names}${more}`);
}

/**
 * Runs `masklet segment` and returns the exit code: 0, or 1 if images failed. stderr names each of
 * them.
 */
export async function segmentCommand(
  arguments_: readonly string[],
  flags: SegmentFlags,
): Promise<number> {
  const { inputs: found, passedOver } = await expandInputs(arguments_, canReadForeign());
  if (passedOver !== undefined) say(passedOver);
  const dataset = flags.coco === undefined ? undefined : await readCoco(flags.coco);
  const names = flags.labels === undefined ? undefined : await readLabels(flags.labels);
  const images = dataset && cocoImages(dataset, found, flags.coco!);
  const inputs = listed(found, images, flags.coco);
  const formats = [...new Set(flags.format ?? [dataset === undefined ? "overlay" : "coco"])];
  const read = [flags.coco, flags.labels, flags.model].filter((path) => path !== undefined);
  const plan = await planOutputs(inputs, formats as Format[], flags.out, read);
  using segmenter = await createSegmenter(flags, names);
  const labels = names?.byId ? renamed(segmenter.labels, names.names) : segmenter.labels;
  await using second =
    flags.segmentWith === undefined
      ? undefined
      : await openPromptModel(flags.segmentWith, flags.device);
  let target: CocoTarget | undefined;
  if (dataset !== undefined) {
    const { coco = "", byPosition = false } = flags;
    const categories = cocoCategories(dataset, labels, coco, byPosition);
    sayMissing(categories.missing, labels.length, coco);
    target = new CocoTarget(coco, images!, categories);
  }
  const documents = new Documents(plan.documents, target);
  const options = {
    ...callOptions(flags, labels),
    ...(second === undefined ? {} : { segmentWith: second }),
  };
  const bar = new ProgressBar(inputs.length, flags.quiet);
  let failures = 0;
  for (const input of inputs) {
    try {
      const source = await readImage(input.path);
      const result = await segmenter.segment(source, options);
      const segmented = { ...input, result: names?.byId ? relabeled(result, labels) : result };
      documents.add(segmented);
      await writeFiles(segmented, source, plan, flags.quiet === true, bar);
    } catch (error) {
      bar.clear();
      if (endsRun(error)) throw error;
      failures += 1;
      say(`${input.path}: ${sentenceOf(error)}`);
    }
    bar.advance(input.path);
  }
  bar.clear();
  await documents.write();
  const dropped = target?.droppedLine();
  if (dropped !== undefined) say(dropped);
  if (failures > 0) say(`${failures} of ${inputs.length} images failed`);
  return failures > 0 ? 1 : 0;
}

async function writeFiles(
  segmented: Segmented,
  source: Uint8Array | RgbaImage,
  plan: Plan,
  quiet: boolean,
  bar: ProgressBar,
): Promise<void> {
  const files = plan.filesOf(segmented);
  for (const { format, to } of files) {
    const image = format === "overlay" ? await pixelsOf(source) : undefined;
    await writeFileOrStdout(to, fileContent(segmented, image, format, to));
  }
  const written = files.filter(({ to }) => to !== standardStream);
  if (written.length === 0 || quiet) return;
  bar.clear();
  await print(describe(segmented), ...written.map(({ to }) => `  -> ${to}`));
}
