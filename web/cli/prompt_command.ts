import { readFile } from "node:fs/promises";
import {
  type Box,
  type Device,
  decodeImage,
  type Instance,
  type PromptCandidate,
  type PromptPoint,
  type PromptSegmenter,
} from "../index.js";
import { openPromptModel } from "./prompt_model.js";
import { UsageError } from "./usage_error.js";
import {
  fileFormats,
  jsonOf,
  outputPath,
  type Segmented,
  writeImage,
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

/** Runs `masklet prompt` and returns the exit code. */
export async function promptCommand(path: string, flags: PromptFlags): Promise<number> {
  if (!flags.everything && flags.point.length === 0 && flags.box === undefined) {
    throw new UsageError("a prompt is missing: pass --point, --not, --box or --everything");
  }
  const bytes = new Uint8Array(await readFile(path));
  const image = await decodeImage(bytes);
  await using prompted = await openPromptModel(flags.model, flags.device);
  const { timingsMs, width, height } = await prompted.setImage(image);
  const candidates = await candidatesOf(prompted, flags);
  const segmented: Segmented = {
    path,
    result: {
      instances: candidates.map(asInstance),
      width,
      height,
      device: prompted.device,
      timingsMs,
    },
  };
  if (flags.format === "json") {
    await writeJson([jsonOf(segmented)], flags.out);
    return 0;
  }
  const to = outputPath(path, flags.format, flags.out, true);
  await writeImage(segmented, image, flags.format, to);
  for (const { predictedIou, stabilityScore, mask } of candidates) {
    process.stdout.write(
      `${mask.area} pixels, predicted IoU ${percent(predictedIou)}, ` +
        `stability ${percent(stabilityScore)}\n`,
    );
  }
  process.stdout.write(
    `${path}: ${candidates.length} ${candidates.length === 1 ? "mask" : "masks"}\n  -> ${to}\n`,
  );
  return 0;
}
