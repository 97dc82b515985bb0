import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode, encode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  builtInModels,
  builtInPromptModels,
  type CocoDataset,
  type CocoResult,
} from "../../web/index.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = join(root, "dist/cli/masklet.js");
const tiny = join(root, "tests/data/tiny_models/dense.onnx");

interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

/** The built program as a user runs it, in an empty folder. */
function masklet(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { cwd: folder }, (error, stdout, stderr) => {
      resolve({
        code: typeof error?.code === "number" ? error.code : error ? -1 : 0,
        stdout,
        stderr,
      });
    });
  });
}

/**
 * 64 x 64, black, with a red and a blue square of one 16 x 16 cell each: what the tiny model finds.
 */
function image(): Uint8Array {
  const data = new Uint8Array(64 * 64 * 4);
  for (let y = 0; y < 64; y += 1) {
    for (let x = 0; x < 64; x += 1) {
      const at = (y * 64 + x) * 4;
      const row = y >> 4;
      const column = x >> 4;
      if (row === 1 && column === 2) data[at] = 255;
      if (row === 3 && column === 0) data[at + 2] = 200;
      data[at + 3] = 255;
    }
  }
  return encode({ width: 64, height: 64, data, channels: 4, depth: 8 });
}

let folder = "";
const file = (name: string) => join(folder, name);
const readJson = <T>(name: string) => JSON.parse(readFileSync(file(name), "utf8")) as T;

beforeAll(() => {
  if (!existsSync(program)) throw new Error("dist/ is missing: npm run build:lib");
  folder = mkdtempSync(join(tmpdir(), "masklet cli "));
  writeFileSync(file("squares.png"), image());
  writeFileSync(file("broken.png"), image().subarray(0, 60));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("masklet segment", () => {
  it("prints one JSON document and nothing else on stdout", async () => {
    const { code, stdout } = await masklet(
      "segment",
      "squares.png",
      "--model",
      tiny,
      "--format",
      "json",
    );
    expect(code).toBe(0);
    const [entry] = JSON.parse(stdout) as {
      width: number;
      instances: { label: string; box: number[]; area: number }[];
    }[];
    expect(entry!.width).toBe(64);
    expect(entry!.instances.map(({ label }) => label)).toEqual(["red", "blue"]);
    expect(entry!.instances[0]!.box).toEqual([32, 16, 48, 32]);
    expect(entry!.instances[1]!.box).toEqual([0, 48, 16, 64]);
  });

  it("keeps stdout clean when an image fails, names it on stderr, and exits with 1", async () => {
    const { code, stdout, stderr } = await masklet(
      "segment",
      "broken.png",
      "squares.png",
      "-m",
      tiny,
      "-f",
      "json",
    );
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toHaveLength(1);
    expect(stderr).toMatch(/broken\.png: the image file is truncated/);
    expect(stderr).toMatch(/1 of 2 images failed/);
  });

  it("takes image and category ids from a COCO file, by name", async () => {
    const categories = ["blue", "green", "red"].map((name, index) => ({
      id: 10 * (index + 1),
      name,
    }));
    const images = [{ id: 77, file_name: "squares.png", width: 64, height: 64 }];
    writeFileSync(file("truth.json"), JSON.stringify({ images, categories, annotations: [] }));
    const { code } = await masklet(
      "segment",
      "*.png",
      "-m",
      tiny,
      "--coco",
      "truth.json",
      "--out",
      "results.json",
    );
    expect(code).toBe(0);
    const results = readJson<CocoResult[]>("results.json");
    expect(results.map(({ image_id, category_id }) => [image_id, category_id])).toEqual([
      [77, 30],
      [77, 10],
    ]);
    expect(results[0]!.bbox).toEqual([32, 16, 16, 16]);
  });

  it("evaluates its own data set to AP 1", async () => {
    await masklet("segment", "squares.png", "-m", tiny, "-f", "coco", "-o", "truth2.json");
    expect(readJson<CocoDataset>("truth2.json").annotations).toHaveLength(2);
    await masklet(
      "segment",
      "squares.png",
      "-m",
      tiny,
      "--coco",
      "truth2.json",
      "-o",
      "results2.json",
    );
    const { code, stdout } = await masklet("eval", "results2.json", "truth2.json", "--json");
    expect(code).toBe(0);
    const [masks, boxes] = JSON.parse(stdout) as { kind: string; AP: number }[];
    expect([masks!.kind, masks!.AP, boxes!.kind, boxes!.AP]).toEqual(["segm", 1, "bbox", 1]);
  });

  it("writes overlay, id map, SVG and YOLO files where it is told", async () => {
    for (const format of ["overlay", "png", "svg", "yolo"]) {
      const { code } = await masklet(
        "segment",
        "squares.png",
        "-m",
        tiny,
        "-f",
        format,
        "-o",
        "out",
      );
      expect(code, format).toBe(0);
    }
    const overlay = decode(readFileSync(file("out/squares_overlay.png")));
    expect([overlay.width, overlay.height, overlay.channels]).toEqual([64, 64, 4]);
    const ids = decode(readFileSync(file("out/squares_ids.png")));
    expect([...new Set(ids.data)].sort()).toEqual([0, 1, 2]);
    expect(ids.data[20 * 64 + 40]).toBe(1);
    expect(readFileSync(file("out/squares.svg"), "utf8")).toMatch(/<title>red \d+%<\/title>/);
    const lines = readFileSync(file("out/squares.txt"), "utf8").trim().split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["0", "2"]);
    for (const line of lines)
      for (const number of line.split(" ").slice(1)) expect(Number(number)).toBeLessThanOrEqual(1);
  });

  it("refuses what it cannot understand with exit code 2 and a sentence", async () => {
    const wrong: [string[], RegExp][] = [
      [["segment", "nowhere.jpg"], /file or folder not found: nowhere\.jpg/],
      [["segment", "squares.png", "--score", "2"], /number from 0 to 1/],
      [
        ["segment", "squares.png", "--input-size", "64x"],
        /must be a number of pixels or WIDTHxHEIGHT/,
      ],
      [["segment", "squares.png", "--format", "gif"], /Allowed choices are overlay/],
      [["segment", "squares.png", "--labels", "none.txt"], /cannot read none\.txt/],
      [["eval", "squares.png", "truth.json"], /is not JSON/],
      [["dance"], /unknown command/],
    ];
    for (const [args, message] of wrong) {
      const { code, stdout, stderr } = await masklet(...args);
      expect(code, args.join(" ")).toBe(2);
      expect(stdout).toBe("");
      expect(stderr).toMatch(message);
    }
  });

  it("runs an open network at the size asked for", async () => {
    const open = join(root, "tests/data/tiny_models/dense_dynamic.onnx");
    const results: unknown[] = [];
    for (const size of ["64", "64x64", "32"]) {
      const { code, stdout } = await masklet(
        "segment",
        "squares.png",
        "-m",
        open,
        "-f",
        "json",
        "--input-size",
        size,
      );
      expect(code).toBe(0);
      results.push((JSON.parse(stdout) as { instances: unknown[] }[])[0]!.instances);
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).not.toEqual(results[0]);
  });

  it("names the file in the error for an invalid model", async () => {
    const { code, stderr } = await masklet("segment", "squares.png", "--model", "squares.png");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^masklet: .*ONNX/);
  });
});

describe("masklet inspect", () => {
  it("tells family, tensors and preprocessing", async () => {
    const { code, stdout } = await masklet("inspect", tiny);
    expect(code).toBe(0);
    expect(stdout).toMatch(/family {4}yolo_seg \(dense\)/);
    expect(stdout).toMatch(/output0 {2}float32 \[1, 11, 84\]/);
    expect(stdout).toMatch(/resized to 64 x 64 pixels/);
  });

  it("shows images per run, sizes by image, and parts of promptable networks", async () => {
    const show = async (name: string) =>
      (await masklet("inspect", join(root, "tests/data", name))).stdout;
    expect(await show("tiny_models/dense_dynamic.onnx")).toMatch(/images {2}any number per run/);
    expect(await show("tiny_models/two_at_once.onnx")).toMatch(/images {2}2 per run/);
    expect(await show("tiny_models/any_size.onnx")).toMatch(
      /family {4}mask_rcnn \(torchvision\).*at its own size\n/s,
    );
    expect(await show("prompt_models/sam_decoder.onnx")).toMatch(
      /family {4}sam \(split\): the decoder of a promptable network/,
    );
  });

  it("takes another input size where the graph leaves it open, and says that it does", async () => {
    const open = join(root, "tests/data/tiny_models/dense_dynamic.onnx");
    expect((await masklet("inspect", open)).stdout).toMatch(
      /resized to 96 x 64 pixels.*other sizes: --input-size, multiples of 32/s,
    );
    expect((await masklet("inspect", open, "--input-size", "128")).stdout).toMatch(
      /resized to 128 x 128 pixels/,
    );
    expect((await masklet("inspect", open, "--input-size", "64x160")).stdout).toMatch(
      /resized to 64 x 160 pixels/,
    );
    expect((await masklet("inspect", tiny)).stdout).not.toContain("--input-size");
    const fixed = await masklet("inspect", tiny, "--input-size", "128");
    expect([fixed.code, fixed.stderr]).toEqual([
      1,
      expect.stringMatching(/inputSize.width is 128; it must be 64: the model fixes it/),
    ]);
  });

  it("shows both files of a built-in promptable model", async () => {
    const { name } = builtInPromptModels[0];
    const { code, stdout } = await masklet("inspect", name);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(
        `${name}-encoder\n.*the encoder of a promptable.*` +
          `${name}-decoder\n.*the decoder of a promptable`,
        "s",
      ),
    );
    const infos = JSON.parse((await masklet("inspect", name, "--json")).stdout) as {
      sha256: string;
    }[];
    expect(infos.map(({ sha256 }) => sha256)).toEqual([
      builtInPromptModels[0].encoder.sha256,
      builtInPromptModels[0].decoder.sha256,
    ]);
  });

  it("exits with 1 for a model that nothing fits or feeds, and says why", async () => {
    const { code, stdout } = await masklet(
      "inspect",
      join(root, "tests/data/tiny_models/second_input.onnx"),
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/family {4}unknown.*but not 'gain' int64\[1\]/s);
  });

  it("takes family/variant", async () => {
    expect((await masklet("inspect", tiny, "--family", "yolo_seg/dense")).stdout).toMatch(
      /yolo_seg \(dense\)/,
    );
    const refused = await masklet("inspect", tiny, "--family", "yolo_seg/end-to-end");
    expect(refused.code).toBe(1);
    expect(refused.stdout).toMatch(/- yolo_seg: its layout 'end-to-end' does not fit/);
  });
});

describe("masklet bench", () => {
  it("compares JavaScript and scalar kernels, which differ by rounding only", async () => {
    const { code, stdout } = await masklet(
      "bench",
      "squares.png",
      "--model",
      tiny,
      "--rounds",
      "1",
      "--json",
    );
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as {
      preprocess: { overJavaScript: number; simdOverScalar: number };
      differences: { tensorSteps: number; pixelsDifferent: number; pixelsInMasks: number };
    };
    expect(report.preprocess.overJavaScript).toBeGreaterThan(0);
    expect(report.differences.tensorSteps).toBeLessThan(0.6);
    expect(report.differences.pixelsDifferent).toBeLessThanOrEqual(
      report.differences.pixelsInMasks * 1e-3,
    );
  });
});

describe("masklet", () => {
  it("shows help and version", async () => {
    expect((await masklet("--help")).stdout).toMatch(/segment.*\n.*inspect/s);
    const help = (await masklet("segment", "--help")).stdout.replace(/\s+/g, " ");
    for (const { name } of [...builtInModels, ...builtInPromptModels]) expect(help).toContain(name);
    expect(help).toContain(`(default: "${builtInModels[0].name}")`);
    expect((await masklet("--version")).stdout.trim()).toBe("0.1.0");
  });
});
