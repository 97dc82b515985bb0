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
import { UsageError } from "./usage_error.js";
import { formats } from "./writers.js";

function fraction(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError("must be a number from 0 to 1");
  return value;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("must be a whole number of at least 1");
  return value;
}

/** `x,y` or `x1,y1,x2,y2` in pixels. */
function numbers(text: string, count: number): number[] {
  const values = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (values.length !== count || !values.every(Number.isFinite)) {
    throw new InvalidArgumentError(`must be ${count} numbers with commas between them`);
  }
  return values;
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
 * Runs a command and turns what it returns or throws into the exit code: 0, 1 (something failed), 2
 * (typed wrongly or cannot start).
 */
function action<Args extends unknown[]>(
  run: (...args: Args) => Promise<number>,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    try {
      process.exitCode = await run(...args);
    } catch (error) {
      const usage = error instanceof UsageError;
      process.stderr.write(`masklet: ${error instanceof Error ? error.message : String(error)}\n`);
      if (!usage && process.env.MASKLET_DEBUG) process.stderr.write(`${(error as Error).stack}\n`);
      process.exitCode = usage ? 2 : 1;
    }
  };
}

const deviceOption = () =>
  new Option("-d, --device <device>", "where to run").choices(["auto", ...devices]).default("auto");

/** The package's version; source and build lie equally deep below package.json. */
function version(): string {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

function addPromptCommand(program: Command): void {
  program
    .command("prompt")
    .description("segment what is pointed at")
    .argument("<image>", "JPEG, PNG or BMP file")
    .option(
      "-m, --model <model>",
      `promptable model: ENCODER,DECODER, one file, or built in (${promptModelNames})`,
      defaultPromptModel,
    )
    .option(
      "-p, --point <x,y>",
      "a point on the object, in pixels; may be given again",
      pointOf("foreground"),
      [],
    )
    .option(
      "-n, --not <x,y>",
      "a point beside the object; may be given again",
      pointOf("background"),
      [],
    )
    .option("-b, --box <x1,y1,x2,y2>", "a box around the object", boxOf)
    .option("--all", "all candidates, not the best one alone")
    .option("--everything", "every object, found by a grid of points")
    .option("--grid <count>", "points along each side, with --everything", positiveInteger, 32)
    .option(
      "--predicted-iou <number>",
      "least predicted IoU, with --everything (default: the built-in model's own, else 0.88)",
      fraction,
    )
    .option(
      "--stability <number>",
      "least stability score, with --everything (default: the built-in model's own, else 0.95)",
      fraction,
    )
    .addOption(deviceOption())
    .addOption(
      new Option("-f, --format <format>", "what to write")
        .choices(promptFormats)
        .default("overlay"),
    )
    .option("-o, --out <path>", "folder or file (default: here; json: stdout)")
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
    .showHelpAfterError("(masklet --help shows how it is used)");
  program
    .command("segment")
    .description("segment images")
    .argument("<input...>", "JPEG, PNG or BMP files, folders or globs")
    .option(
      "-m, --model <model>",
      `path or URL of an ONNX model, or built in (${modelNames})`,
      defaultModel,
    )
    .addOption(inputSizeOption())
    .option(
      "--family <family>",
      "model family, or family/variant, when it cannot be told from the tensors",
    )
    .option("--labels <file>", "class names: one a line, or a JSON array")
    .option(
      "--score <number>",
      "least score of an instance (default: the family's, mostly 0.25)",
      fraction,
    )
    .option(
      "--iou <number>",
      "greatest overlap of two boxes of a class (default: the family's, mostly 0.7)",
      fraction,
    )
    .option("--max <count>", "most instances in an image", positiveInteger, 100)
    .option(
      "--segment-with <model>",
      `segment inside each box once more: built in (${promptModelNames}), or ENCODER,DECODER of Segment Anything`,
    )
    .addOption(deviceOption())
    .addOption(
      new Option(
        "-f, --format <format>",
        "overlay, yolo, svg, png (instance numbers): a file each; json, coco: one document",
      ).choices(formats),
    )
    .option(
      "-o, --out <path>",
      "folder for a file each (default: here), file for one document (default: stdout)",
    )
    .option(
      "--coco <file>",
      "take image and category ids from this COCO file and write COCO results",
    )
    .action(action((inputs: string[], flags) => segmentCommand(inputs, flags)));
  addPromptCommand(program);
  program
    .command("inspect")
    .description("show what a model is and what will be done to an image")
    .argument("<model>", `path or URL, or built in (${modelNames}, ${promptModelNames})`)
    .addOption(inputSizeOption())
    .option("--family <family>", "take it for this family, or family/variant")
    .option("--json", "print JSON")
    .action(action((model: string, flags) => inspectCommand(model, flags)));
  program
    .command("eval")
    .description("COCO average precision of results against ground truth")
    .argument("<results>", "COCO results, as segment --coco writes them")
    .argument("<truth>", "COCO data set")
    .option("--json", "print JSON")
    .action(action((results: string, truth: string, flags) => evalCommand(results, truth, flags)));
  program
    .command("bench")
    .description(
      "time pre- and post-processing against ordinary JavaScript and SIMD against scalar, in one process",
    )
    .argument("<photo>", "image to time with; it is cropped and resized to 1920 x 1080")
    .option(
      "-m, --model <model>",
      `path or URL of a YOLO segmentation model, or built in (${modelNames})`,
      defaultModel,
    )
    .addOption(inputSizeOption())
    .option("--rounds <count>", "rounds of each contestant", positiveInteger, 20)
    .addOption(deviceOption())
    .option("--json", "print JSON")
    .action(action((photo: string, flags) => benchCommand(photo, flags)));
  program.exitOverride();
  for (const command of program.commands) command.exitOverride();
  return program;
}

try {
  await makeProgram().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
