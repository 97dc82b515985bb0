import { type CocoDataset, type CocoResult, loadCore } from "../index.js";
import { type Evaluation, type EvaluationKind, evaluateCoco } from "./coco_eval.js";
import { Refusal } from "./coco_read.js";
import { readJson } from "./inputs.js";
import { print, say } from "./terminal.js";
import { UsageError } from "./usage_error.js";
import { writeJson } from "./writers.js";

const columns = ["AP", "AP50", "AP75", "APs", "APm", "APl"] as const;
const words = { segm: "masks", bbox: "boxes" } as const satisfies Record<EvaluationKind, string>;

function row({ kind, ...numbers }: Evaluation): string {
  const name = kind === "segm" ? "mask" : "box ";
  return `${name}  ${columns.map((column) => numbers[column].toFixed(4).padStart(7)).join("  ")}`;
}

/** Says how many images the results are about, if they are fewer than the truth has. */
function sayPart(results: readonly CocoResult[], dataset: CocoDataset): void {
  const images = new Set(dataset.images.map((image) => image?.id));
  const named = new Set(results.map((result) => result?.image_id).filter((id) => images.has(id)));
  if (named.size < images.size)
    say(
      `the results are about ${named.size} of ${images.size} images; ` +
        "the objects of all others count as missed",
    );
}

const lacks = (rows: readonly unknown[], field: string) =>
  rows.length > 0 && !rows.some((row) => typeof row === "object" && row && field in row);

/**
 * Runs `masklet eval`. It prints COCO's average precision of masks and boxes, or JSON. What cannot
 * be evaluated is said. The exit code is 1 then, unless the files hold boxes only.
 */
export async function evalCommand(
  resultsPath: string,
  truthPath: string,
  flags: { json?: boolean },
): Promise<number> {
  const results = await readJson<CocoResult[]>(resultsPath);
  const dataset = await readJson<CocoDataset>(truthPath);
  if (!Array.isArray(results))
    throw new UsageError(`${resultsPath} must be a COCO results file (a JSON array)`);
  for (const field of ["images", "categories"] as const) {
    if (!Array.isArray(dataset?.[field]))
      throw new UsageError(`${truthPath} must be a COCO data set; the array "${field}" is missing`);
  }
  await loadCore();
  const boxesOnly = lacks(dataset.annotations ?? [], "segmentation");
  const evaluations: Evaluation[] = [];
  let refused = 0;
  for (const kind of ["segm", "bbox"] as const) {
    if (kind === "segm" && boxesOnly) {
      say(`${truthPath} has boxes only: masks are not evaluated`);
      continue;
    }
    try {
      evaluations.push(evaluateCoco(results, dataset, kind, say));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refused += 1;
      say(`masklet: cannot evaluate ${words[kind]}: ${error.message}`);
    }
  }
  if (evaluations.length === 0) return 1;
  sayPart(results, dataset);
  if (lacks(results, "segmentation") && !boxesOnly)
    say(`${resultsPath} has boxes only: they count as masks of rectangles`);
  if (flags.json) {
    await writeJson(evaluations, undefined);
  } else {
    const head = `      ${columns.map((column) => column.padStart(7)).join("  ")}`;
    await print(head, ...evaluations.map(row));
  }
  return refused > 0 ? 1 : 0;
}
