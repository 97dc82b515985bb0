import {
  builtInPromptModels,
  type InputSizing,
  inspectModel,
  type ModelInfo,
  type Preprocessing,
  type TensorInfo,
} from "../index.js";
import { type ModelFlags, modelOptions } from "./model_options.js";
import { print } from "./terminal.js";
import { writeJson } from "./writers.js";

export interface InspectFlags extends ModelFlags {
  json?: boolean;
}

const maxMetadataLength = 100;

const tensorLine = ({ name, type, dims }: TensorInfo) =>
  `    ${name}  ${type}${dims === undefined ? " of unknown rank" : ` [${dims.join(", ")}]`}`;

function sizeLine({ width, height }: Preprocessing, sizing: InputSizing | undefined): string {
  if (sizing?.rule === "source") return "at its own size";
  if (sizing?.rule !== "short-side") return `resized to ${width} x ${height} pixels`;
  const { shortSide, longSide, multiple } = sizing;
  return (
    `resized to a shorter side of ${shortSide} pixels (longer side ${longSide} at most), ` +
    `input sides: multiples of ${multiple}`
  );
}

/** The preprocessing of an image, step by step in words. */
function preprocessingLines(p: Preprocessing, sizing: InputSizing | undefined): string[] {
  const padding =
    typeof p.fill === "number"
      ? p.fill
      : `[${p.fill.map((level) => Number(level.toFixed(3))).join(", ")}]`;
  const fits = {
    "letterbox-center": `keeping its aspect ratio, centered on padding of ${padding}`,
    "letterbox-top-left": `keeping its aspect ratio, at the top left, padded with ${padding}`,
    stretch: "stretching both axes",
  }[p.resizeMode];
  const plain = p.mean.every((mean) => mean === 0) && p.std.every((std) => std === 1);
  const normalized = plain
    ? ""
    : `, minus [${p.mean.join(", ")}], divided by [${p.std.join(", ")}]`;
  const scale = Number(p.inputScale.toPrecision(6));
  return [
    `    ${sizeLine(p, sizing)}${sizing?.rule === "source" ? "" : ` ${fits}`}`,
    `    channels in ${p.colorOrder.toUpperCase()} order, times ${scale}${normalized}`,
  ];
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > maxMetadataLength ? `${line.slice(0, maxMetadataLength)} …` : line;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}

function familyLine({ family, variant, masks, candidates, prompt }: ModelInfo): string {
  if (family !== undefined)
    return `${family} (${variant})${masks === false ? ", boxes only: masks are filled boxes" : ""}`;
  if (candidates.length > 0)
    return "ambiguous: several families fit equally well; choose one with --family family/variant";
  if (!prompt) return "unknown: no family fits";
  const what = prompt.part === "combined" ? "encoder and decoder" : `the ${prompt.part}`;
  const named =
    prompt.family === undefined
      ? "determined by its decoder"
      : `${prompt.family} (${prompt.variant})`;
  return `${named}: ${what} of a promptable network; ${prompt.reason}`;
}

function batchText(batch: ModelInfo["batch"]): string {
  return batch === "open" ? "any number per run" : `${batch} per run`;
}

function describe(info: ModelInfo): string[] {
  const labels =
    info.labels.length === 0
      ? "without names"
      : `${info.labels.length}: ${shorten(info.labels.join(", "))}`;
  return [
    `family    ${familyLine(info)}`,
    `classes   ${labels}`,
    `file      ${info.bytes} bytes, SHA-256 ${info.sha256}`,
    `graph     opset ${info.opset}${info.producer === "" ? "" : `, made by ${info.producer}`}`,
    ...section("inputs", info.inputs.map(tensorLine)),
    ...section("outputs", info.outputs.map(tensorLine)),
    ...(info.batch === undefined || info.batch === 1 ? [] : [`images  ${batchText(info.batch)}`]),
    ...section(
      "an image is",
      info.preprocessing === undefined ? [] : preprocessingLines(info.preprocessing, info.sizing),
    ),
    ...(info.inputMultiple === undefined
      ? []
      : [`    other sizes: --input-size, multiples of ${info.inputMultiple}`]),
    ...section(
      "candidates",
      info.candidates.length < 2
        ? []
        : info.candidates.map(
            (one) => `    ${one.certainty.toFixed(2)}  ${one.family}/${one.variant}: ${one.reason}`,
          ),
    ),
    ...section(
      "why",
      info.verdicts.map(
        ({ family: name, accepted, reason }) => `    ${accepted ? "+" : "-"} ${name}: ${reason}`,
      ),
    ),
    ...section(
      "metadata",
      Object.entries(info.metadata).map(([key, value]) => `    ${key} = ${shorten(value)}`),
    ),
  ];
}

/** The files of a model. A built-in promptable model has two. */
function filesOf(model: string): readonly [string, ...string[]] {
  const pair = builtInPromptModels.find(({ name }) => name === model);
  return pair ? [pair.encoder.name, pair.decoder.name] : [model];
}

/**
 * Runs `masklet inspect`. The exit code is 1 for an unknown or ambiguous model.
 */
export async function inspectCommand(model: string, flags: InspectFlags): Promise<number> {
  const files = filesOf(model);
  const infos: ModelInfo[] = [];
  for (const file of files) infos.push(await inspectModel(file, modelOptions(flags)));
  if (flags.json) await writeJson(infos.length === 1 ? infos[0] : infos, undefined);
  else
    await print(
      ...infos.flatMap((info, k) => [
        ...(k === 0 ? [] : [""]),
        ...(files.length === 1 ? [] : [files[k]!]),
        ...describe(info),
      ]),
    );
  return infos.every(({ family, prompt }) => family === undefined && prompt === undefined) ? 1 : 0;
}
