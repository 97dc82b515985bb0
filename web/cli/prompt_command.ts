import { basename } from "node:path";
import type {
  Box,
  Device,
  Instance,
  PromptCandidate,
  PromptPoint,
  PromptSegmenter,
  RgbaImage,
} from "../index.js";
import { standardStream } from "./inputs.js";
import { openPromptModel } from "./prompt_model.js";
import { pixelsOf, readImage } from "./read_image.js";
import { planOutputs } from "./segment_plan.js";
import { print, sentenceOf } from "./terminal.js";
import { UsageError } from "./usage_error.js";
import {
  type FileFormat,
  fileContent,
  fileFormats,
  jsonOf,
  type Segmented,
  writeFileOrStdout,
  writeJson,
} from "./writers.js";

export const promptFormats = [...fileFormats, "json"] as const;

export interface PromptFlags {
  model: string;
  point: readonly PromptPoint[];
  box?: Box;
  everything?: boolean;
  grid: number;
  predictedIou?: number;
  stability?: number;
  all?: boolean;
  device: "auto" | Device;
  format: (typeof promptFormats)[number];
  out?: string;
}

const percent = (share: number) => `${Math.round(share * 100)}%`;

async function candidatesOf(
  prompted: PromptSegmenter,
  flags: PromptFlags,
): Promise<readonly PromptCandidate[]> {
  const {
    point: points,
    box,
    grid: gridSize,
    predictedIou: predictedIouThreshold,
    stability: stabilityThreshold,
  } = flags;
  if (flags.everything)
    return prompted.everything({ gridSize, predictedIouThreshold, stabilityThreshold });
  const { candidates } = await prompted.predict({ points, ...(box ? { box } : {}) });
  return flags.all ? candidates : candidates.slice(0, 1);
}

/** The mask as an instance for the writers. Its score is the predicted IoU. */
function asInstance({ mask, box, predictedIou }: PromptCandidate): Instance {
  return { label: "object", classId: 0, score: Math.min(1, Math.max(0, predictedIou)), box, mask };
}

/** Reads the image. An error names it. */
async function imageOf(path: string): Promise<RgbaImage> {
  try {
    return await pixelsOf(await readImage(path));
  } catch (cause) {
    throw new Error(`${path}: ${sentenceOf(cause)}`, { cause });
  }
}

/** Runs `masklet prompt` and returns the exit code. */
export async function promptCommand(path: string, flags: PromptFlags): Promise<number> {
  if (!flags.everything && flags.point.length === 0 && flags.box === undefined) {
    throw new UsageError("a prompt is missing: pass --point, --not, --box or --everything");
  }
  const input = { path, name: path === standardStream ? "stdin" : basename(path) };
  const plan = await planOutputs([input], [flags.format], flags.out, flags.model.split(","));
  const image = await imageOf(path);
  await using prompted = await openPromptModel(flags.model, flags.device);
  const { timingsMs, width, height } = await prompted.setImage(image);
  const candidates = await candidatesOf(prompted, flags);
  const segmented: Segmented = {
    ...input,
    result: {
      instances: candidates.map(asInstance),
      width,
      height,
      device: prompted.device,
      timingsMs,
    },
  };
  const [whole] = plan.documents;
  if (whole !== undefined) {
    await writeJson([jsonOf(segmented)], whole.to);
    return 0;
  }
  const [{ format, to }] = plan.filesOf(input) as [{ format: FileFormat; to: string }];
  await writeFileOrStdout(to, fileContent(segmented, image, format, to));
  if (to === standardStream) return 0;
  await print(
    ...candidates.map(
      ({ predictedIou, stabilityScore, mask }) =>
        `${mask.area} pixels, predicted IoU ${percent(predictedIou)}, ` +
        `stability ${percent(stabilityScore)}`,
    ),
    `${path}: ${candidates.length} ${candidates.length === 1 ? "mask" : "masks"}`,
    `  -> ${to}`,
  );
  return 0;
}
