import { type CocoDataset, type CocoResult, loadCore } from "../index.js";
import { type Evaluation, evaluateCoco } from "./coco_eval.js";
import { readJson } from "./inputs.js";
import { UsageError } from "./usage_error.js";
import { writeJson } from "./writers.js";

const columns = ["AP", "AP50", "AP75", "APs", "APm", "APl"] as const;

function row({ kind, ...numbers }: Evaluation): string {
  const name = kind === "segm" ? "mask" : "box ";
  return `${name}  ${columns.map((column) => numbers[column].toFixed(4).padStart(7)).join("  ")}`;
}

/** Runs `masklet eval`. It prints COCO's average precision of masks and boxes, or JSON. */
export async function evalCommand(
  resultsPath: string,
  truthPath: string,
  flags: { json?: boolean },
): Promise<number> {
  const results = await readJson<CocoResult[]>(resultsPath);
  const dataset = await readJson<CocoDataset>(truthPath);
  if (!Array.isArray(results))
    throw new UsageError(`${resultsPath} must be a COCO results file (a JSON array)`);
  for (const field of ["images", "annotations", "categories"] as const) {
    if (!Array.isArray(dataset[field]))
      throw new UsageError(`${truthPath} must be a COCO data set; the array "${field}" is missing`);
  }
  await loadCore();
  const evaluations = [
    evaluateCoco(results, dataset, "segm"),
    evaluateCoco(results, dataset, "bbox"),
  ];
  if (flags.json) {
    await writeJson(evaluations, undefined);
  } else {
    const head = `      ${columns.map((column) => column.padStart(7)).join("  ")}`;
    process.stdout.write(`${[head, ...evaluations.map(row)].join("\n")}\n`);
  }
  return 0;
}
