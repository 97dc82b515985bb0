#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { type Box, devices, type PromptPoint } from "../index.js";
import { benchCommand } from "./bench_command.js";
import { evalCommand } from "./eval_command.js";
import { inspectCommand } from "./inspect_command.js";
import {
  defaultModel,
  defaultPromptModel,
  inputSizeOption,
  modelNames,
  promptModelNames,
} from "./model_options.js";
import { promptCommand, promptFormats } from "./prompt_command.js";
import { segmentCommand } from "./segment_command.js";
import { guardStreams, say, sentenceOf } from "./terminal.js";
import { UsageError } from "./usage_error.js";
import { type Format, formats } from "./writers.js";

function fraction(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError("must be a number from 0 to 1");
  return value;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("must be an integer of 1 or more");
  return value;
}

/** Parses `x,y` or `x1,y1,x2,y2`. */
function numbers(text: string, count: number): number[] {
  const values = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (values.length !== count || !values.every(Number.isFinite)) {
    throw new InvalidArgumentError(`must be ${count} numbers separated by commas`);
  }
  return values;
}

const listOf = (text: string, before: readonly string[] | undefined): string[] => [
  ...(before ?? []),
  ...text.split(",").map((name) => name.trim()),
];

/** Parses one or more formats, separated by commas. May be repeated. */
function formatsOf(text: string, before: readonly Format[] | undefined): Format[] {
  const names = text.split(",").map((name) => name.trim());
  for (const name of names)
    if (!(formats as readonly string[]).includes(name))
      throw new InvalidArgumentError(`Allowed choices are ${formats.join(", ")}.`);
  return [...(before ?? []), ...(names as Format[])];
}

const pointOf = (label: PromptPoint["label"]) => (text: string, before: readonly PromptPoint[]) => {
  const [x, y] = numbers(text, 2) as [number, number];
  return [...before, { x, y, label }];
};

function boxOf(text: string): Box {
  const [x1, y1, x2, y2] = numbers(text, 4) as [number, number, number, number];
  return { x1, y1, x2, y2 };
}

/**
 * Runs a command and sets the exit code: 0 for success, 1 for a failure, 2 for wrong usage.
 */
function action<Args extends unknown[]>(
  run: (...args: Args) => Promise<number>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    try {
      process.exitCode = await run(...args);
    } catch (error) {
      const usage = error instanceof UsageError;
      say(`masklet: ${sentenceOf(error)}`);
      if (!usage && process.env.MASKLET_DEBUG)
        for (const line of `${(error as Error).stack}`.split("\n")) say(line);
      process.exitCode = usage ? 2 : 1;
    }
  };
}

const deviceOption = () =>
  new Option("-d, --device <device>", "device that runs the model")
    .choices(["auto", ...devices])
    .default("auto");

/** The version in package.json. Source and build are at the same depth below it. */
function version(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

function addPromptCommand(program: Command): void {
  program
    .command("prompt")
    .description("segment an object by points or a box")
    .argument("<image>", "image file; - is stdin")
    .option(
      "-m, --model <model>",
      `promptable model: ENCODER,DECODER, a single file, or a built-in name (${promptModelNames})`,
      defaultPromptModel,
    )
    .option(
      "-p, --point <x,y>",
      "point on the object, in pixels (repeatable)",
      pointOf("foreground"),
      [],
    )
    .option(
      "-n, --not <x,y>",
      "point outside the object, in pixels (repeatable)",
      pointOf("background"),
      [],
    )
    .option("-b, --box <x1,y1,x2,y2>", "box around the object, in pixels", boxOf)
    .option("--all", "write all candidates, not only the best one")
    .option("--everything", "find every object with a grid of points")
    .option("--grid <count>", "grid points per side, with --everything", positiveInteger, 32)
    .option(
      "--predicted-iou <number>",
      "minimum predicted IoU, with --everything (default: set by the model, else 0.88)",
      fraction,
    )
    .option(
      "--stability <number>",
      "minimum stability score, with --everything (default: set by the model, else 0.95)",
      fraction,
    )
    .addOption(deviceOption())
    .addOption(
      new Option("-f, --format <format>", "output format")
        .choices(promptFormats)
        .default("overlay"),
    )
    .option("-o, --out <path>", "output folder or file (default: current folder; json: stdout)")
    .action(
      action((image: string, { point, not, ...flags }) =>
        promptCommand(image, { ...flags, point: [...point, ...not] }),
      ),
    );
}

function makeProgram(): Command {
  const program = new Command("masklet")
    .description("Finds every object in an image: class, score, box and mask.")
    .version(version())
    .showHelpAfterError("(run masklet --help for usage)");
  program
    .command("segment")
    .description("segment images")
    .argument("<input...>", "image files, folders or globs; - is stdin")
    .option(
      "-m, --model <model>",
      `path or URL of an ONNX model, or a built-in name (${modelNames})`,
      defaultModel,
    )
    .addOption(inputSizeOption())
    .option(
      "--family <family>",
      "model family, or family/variant (default: recognized from the tensors)",
    )
    .option(
      "--labels <file>",
      "file of class names: one per line, a JSON array, or JSON objects by class id",
    )
    .option(
      "--score <number>",
      "minimum score of an instance (default: set by the family, often 0.25)",
      fraction,
    )
    .option(
      "--iou <number>",
      "maximum IoU of two boxes of a class (default: set by the family, often 0.7)",
      fraction,
    )
    .option("--max <count>", "maximum number of instances per image", positiveInteger, 100)
    .option(
      "--segment-with <model>",
      `segment each box again with ENCODER,DECODER or a built-in name (${promptModelNames})`,
    )
    .addOption(deviceOption())
    .option(
      "-f, --format <formats>",
      "overlay, yolo, svg, png (instance numbers): a file per image; json, coco: one document; " +
        "several are separated by commas (default: overlay)",
      formatsOf,
    )
    .option(
      "-o, --out <path>",
      "folder for files (default: current folder), or file for one document (default: stdout); " +
        "- is stdout",
    )
    .option("--coco <file>", "COCO file with image and category ids; writes COCO results")
    .option(
      "--by-position",
      "with --coco: class k is the k-th category by id, whatever their names",
    )
    .option(
      "--classes <names>",
      "only these classes: labels or class ids, separated by commas",
      listOf,
    )
    .option("-q, --quiet", "print errors alone")
    .action(action((inputs: string[], flags) => segmentCommand(inputs, flags)));
  addPromptCommand(program);
  program
    .command("inspect")
    .description("describe a model and its preprocessing")
    .argument("<model>", `path, URL or built-in name (${modelNames}, ${promptModelNames})`)
    .addOption(inputSizeOption())
    .option(
      "--family <family>",
      "model family, or family/variant (default: recognized from the tensors)",
    )
    .option("--json", "print JSON")
    .action(action((model: string, flags) => inspectCommand(model, flags)));
  program
    .command("eval")
    .description("compute the COCO average precision of results")
    .argument("<results>", "COCO results, for example from segment --coco")
    .argument("<truth>", "COCO data set with the ground truth")
    .option("--json", "print JSON")
    .action(action((results: string, truth: string, flags) => evalCommand(results, truth, flags)));
  program
    .command("bench")
    .description(
      "compare the speed of pre- and post-processing: core and JavaScript, SIMD and scalar",
    )
    .argument("<image>", "image file; cropped and resized to 1920 x 1080")
    .option(
      "-m, --model <model>",
      `path or URL of a YOLO segmentation model, or a built-in name (${modelNames})`,
      defaultModel,
    )
    .addOption(inputSizeOption())
    .option("--rounds <count>", "number of rounds", positiveInteger, 20)
    .addOption(deviceOption())
    .option("--json", "print JSON")
    .action(action((image: string, flags) => benchCommand(image, flags)));
  const writeErr = (text: string) => {
    for (const line of text.trimEnd().split("\n")) say(line);
  };
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeErr });
  return program;
}

guardStreams();
try {
  await makeProgram().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
