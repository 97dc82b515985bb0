/// Reads and checks the cards of the models in the package (models/*.json). models/README.md
/// describes a card.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { StepError } from "./setup/log.mjs";
import { inRoot } from "./setup/paths.mjs";

/** Files in the same folder that are not cards. */
const notCards = ["webgpu_cpu_operators.json"];

/** `segment` models find objects; `prompt` models answer points and boxes. */
export const cardKinds = ["segment", "prompt"];

/** The cards of a kind: the one marked `default` first, then by name. */
export function cardsOfKind(cards, kind) {
  const order = (a, b) =>
    Number(b.default === true) - Number(a.default === true) || (a.name < b.name ? -1 : 1);
  return cards.filter((card) => card.kind === kind).sort(order);
}

/**
 * The files of a model: `{ key, file, bytes, sha256, … }`. `key` is undefined for a model in one
 * file.
 */
export function cardFiles(card) {
  if (card.kind === "segment") return [{ key: undefined, ...card }];
  return ["encoder", "decoder"].map((key) => ({ key, ...card[key] }));
}

const isText = (value) => typeof value === "string" && value.length > 2;
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const isList = (isItem) => (value) =>
  Array.isArray(value) && value.length > 0 && value.every(isItem);
const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isOneOf = (values) => (value) => values.includes(value);
const isNumbers = (value) => isRecord(value) && Object.values(value).every(isNumber);
/**
 * Accepts an object with these fields only. A name that ends in "?" is optional.
 */
const isShape = (fields) => (value) => isRecord(value) && shapeProblems(value, fields).length === 0;

const isCount = (value) => Number.isInteger(value) && value > 0;
const isSize = (value) => Array.isArray(value) && value.length === 2 && value.every(isCount);
const isDims = isList((dim) => isCount(dim) || (typeof dim === "string" && dim.length > 0));
const isDigest = (value) => /^[0-9a-f]{64}$/.test(value);
const isFile = (value) => /^[\w-]+\.onnx$/.test(value) && existsSync(inRoot("models", value));
const isImage = (value) =>
  /^docs\/images\/models\/[\w-]+\.(jpg|png)$/.test(value) && existsSync(inRoot(value));

const tensor = { name: isText, type: isText, dims: isDims, content: isText };

/**
 * Figures at one input size. Each has a descriptive name: `maskAp`, `boxAp`, `boundaryAp`,
 * `maskAp50`, `ms` …
 */
const atSize = (value) => isRecord(value) && isCount(value.input) && isNumbers(value);

const common = {
  name: (value) => /^[a-z][a-z0-9-]+$/.test(value),
  kind: isOneOf(cardKinds),
  "default?": (value) => value === true,
  family: isText,
  summary: isText,
  "intendedUse?": isList(isText),
  "limits?": isList(isText),
  license: isText,
  origin: isText,
  "trainingData?": isList(
    isShape({ name: isText, what: isText, license: isText, "source?": isText }),
  ),
  "training?": isShape({ command: isText, seeds: isList(Number.isInteger), "note?": isText }),
  "storage?": isText,
  "variants?": isList(
    (variant) =>
      isRecord(variant) &&
      isShape({ storage: isText, "isShipped?": isOneOf([true]), figures: isNumbers })(variant) &&
      isCount(variant.figures.bytes),
  ),
  "failures?": isList(isShape({ image: isImage, caption: isText })),
  "images?": isList(isShape({ image: isImage, caption: isText })),
  "preprocessing?": isRecord,
};

const file = { file: isFile, bytes: isCount, sha256: isDigest };

const ofKind = {
  segment: {
    ...file,
    input: isShape({ ...tensor, "size?": isSize, "multiple?": isCount }),
    outputs: isList(isShape(tensor)),
    labels: isList(
      (label) => typeof label === "string" && label.length > 0 && !label.includes(","),
    ),
    "metrics?": isShape({ data: isText, sizes: isList(atSize), "note?": isText }),
  },
  prompt: {
    encoder: isShape({
      ...file,
      inputs: isList(isShape(tensor)),
      outputs: isList(isShape(tensor)),
    }),
    decoder: isShape({
      ...file,
      inputs: isList(isShape(tensor)),
      outputs: isList(isShape(tensor)),
    }),
    // Default thresholds of "everything"; Segment Anything's if absent.
    "everything?": isShape({ predictedIouThreshold: isNumber, stabilityThreshold: isNumber }),
    // Mean IoU after a number of clicks or a box, and times; one table per set of images.
    "metrics?": isList(isShape({ data: isText, figures: isNumbers, "note?": isText })),
  },
};

function shapeProblems(value, fields) {
  const problems = [];
  for (const [key, isRight] of Object.entries(fields)) {
    const name = key.replace("?", "");
    if (value[name] === undefined ? !key.endsWith("?") : !isRight(value[name])) problems.push(name);
  }
  for (const name of Object.keys(value))
    if (!(name in fields) && !(`${name}?` in fields)) problems.push(`${name} (unknown)`);
  return problems;
}

/** Names of the missing, unknown or invalid fields of a card. */
export function cardProblems({ stem, ...card }) {
  if (!cardKinds.includes(card.kind)) return ["kind"];
  const problems = shapeProblems(card, { ...common, ...ofKind[card.kind] });
  if (stem !== undefined && card.name !== stem) problems.push("name (must be the file's stem)");
  if (card.kind === "segment" && !problems.includes("input"))
    problems.push(...inputProblems(card.input));
  return problems;
}

/** An open input must have a default size. A fixed input must not: its dims determine it. */
function inputProblems({ dims, size, multiple }) {
  const isOpen = dims.slice(2).some((dim) => typeof dim === "string");
  if (!isOpen)
    return size === undefined && multiple === undefined ? [] : ["input.size (the dims fix it)"];
  if (size === undefined || multiple === undefined) return ["input.size and input.multiple"];
  return size.every((side) => side % multiple === 0) ? [] : ["input.size"];
}

/**
 * Default input of a segmenting model: `{ width, height, multiple }`. Without `multiple`, the size
 * is fixed.
 */
export function inputOf({ input: { dims, size = dims.slice(2), multiple } }) {
  const [height, width] = size;
  return { width, height, ...(multiple === undefined ? {} : { multiple }) };
}

/**
 * All cards, in the order of their file names. @throws StepError with the names of invalid fields
 */
export function readBuiltInCards() {
  const cards = readdirSync(inRoot("models"))
    .filter((name) => name.endsWith(".json") && !notCards.includes(name))
    .sort()
    .map((name) => ({
      stem: name.replace(".json", ""),
      ...JSON.parse(readFileSync(inRoot("models", name), "utf8")),
    }));
  const problems = cards.flatMap((card) =>
    cardProblems(card).map((field) => `models/${card.stem}.json: ${field}`),
  );
  if (problems.length > 0)
    throw new StepError(
      `wrong or missing fields:\n${problems.join("\n")}`,
      "models/README.md describes a card",
    );
  return cards;
}
