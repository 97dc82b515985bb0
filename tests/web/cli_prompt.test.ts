import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode, encode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CocoRle } from "../../web/index.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = join(root, "dist/cli/masklet.js");
const model = (name: string) => join(root, "tests/data/prompt_models", `${name}.onnx`);
const samModel = `${model("sam_encoder")},${model("sam_decoder")}`;
const golden = JSON.parse(
  readFileSync(join(root, "tests/golden/prompt/shapes_longest.json"), "utf8"),
) as {
  prompts: {
    points: { x: number; y: number }[];
    tokens: { rle: CocoRle; predictedIou: number }[];
  }[];
};
const shapes = join(root, "tests/golden/prompt/shapes.png");

interface Found {
  instances: { label: string; score: number; box: number[]; area: number; segmentation: CocoRle }[];
}

let folder = "";

function masklet(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { cwd: folder, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        resolve({
          code: typeof error?.code === "number" ? error.code : error ? -1 : 0,
          stdout,
          stderr,
        });
      },
    );
  });
}

async function prompted(...args: string[]): Promise<Found> {
  const { code, stdout, stderr } = await masklet(
    "prompt",
    shapes,
    "-m",
    samModel,
    "-d",
    "node-cpu",
    "-f",
    "json",
    ...args,
  );
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return (JSON.parse(stdout) as Found[])[0]!;
}

beforeAll(() => {
  if (!existsSync(program)) throw new Error("dist/ is missing: npm run build:lib");
  folder = mkdtempSync(join(tmpdir(), "masklet prompt "));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("masklet prompt", () => {
  it("gives the mask under each point as the reference does", async () => {
    for (const { points, tokens } of golden.prompts.slice(0, 2)) {
      const { instances } = await prompted("--point", `${points[0]!.x},${points[0]!.y}`);
      const best = tokens.slice(1).reduce((a, b) => (b.predictedIou > a.predictedIou ? b : a));
      expect(instances).toHaveLength(1);
      expect(instances[0]!.segmentation).toEqual(best.rle);
      expect(instances[0]!.score).toBeCloseTo(best.predictedIou, 4);
    }
  });

  it("gives all candidates on demand, takes boxes and points that are not meant", async () => {
    const point = ["--point", "50.5,50.5"];
    expect((await prompted(...point, "--all")).instances).toHaveLength(3);
    // The blue rectangle, from 110, 20 to 200, 75; the box ends inside it.
    const { instances } = await prompted("--box", "100,10,180,60");
    expect(instances[0]!.box).toEqual([110, 20, 180, 60]);
    expect((await prompted(...point, "--not", "50.5,60.5")).instances[0]!.area).toBe(0);
  });

  it("finds each of seven shapes once", async () => {
    const { instances } = await prompted("--everything", "--grid", "10", "--predicted-iou", "0.9");
    const wanted = golden.prompts.map(({ tokens }) => tokens.map(({ rle }) => rle.counts));
    const found = instances.map(({ segmentation }) =>
      wanted.findIndex((counts) => counts.includes(segmentation.counts)),
    );
    expect(found.sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("paints an overlay", async () => {
    const { code, stdout } = await masklet(
      "prompt",
      shapes,
      "-p",
      "50.5,50.5",
      "-d",
      "node-cpu",
      "-o",
      "seen.png",
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/: 1 mask$/m);
    const { width, height } = decode(readFileSync(join(folder, "seen.png")));
    expect([width, height]).toEqual([320, 240]);
  });

  it.each([
    [["prompt", shapes], /a prompt is missing/],
    [["prompt", shapes, "--point", "3"], /must be 2 numbers/],
    [["prompt", shapes, "--box", "1,2,3,x"], /must be 4 numbers/],
    [["prompt", shapes, "--point", "3,4", "-m", "a,b,c"], /ENCODER,DECODER/],
  ])("says what is wrong with %j", async (args, message) => {
    const { code, stderr } = await masklet(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("fails with 1 when the point lies outside the image", async () => {
    const { code, stderr } = await masklet("prompt", shapes, "--point", "400,20", "-d", "node-cpu");
    expect(code).toBe(1);
    expect(stderr).toMatch(/400/);
  });
});

describe("masklet segment --segment-with", () => {
  it("keeps classes and scores, and fits box and mask to what is in the box", async () => {
    // A red rectangle inside a cell that the detector takes as a whole.
    const data = new Uint8Array(64 * 64 * 4).map((_, k) => (k % 4 === 3 ? 255 : 0));
    for (let y = 17; y < 31; y += 1) for (let x = 34; x < 47; x += 1) data[(y * 64 + x) * 4] = 255;
    writeFileSync(
      join(folder, "one.png"),
      encode({ width: 64, height: 64, data, channels: 4, depth: 8 }),
    );
    const tiny = join(root, "tests/data/tiny_models/dense.onnx");
    const run = async (...extra: string[]) => {
      const { stdout, code } = await masklet(
        "segment",
        "one.png",
        "-m",
        tiny,
        "-d",
        "node-cpu",
        "-f",
        "json",
        ...extra,
      );
      expect(code).toBe(0);
      return (JSON.parse(stdout) as Found[])[0]!.instances;
    };
    const [plain] = await run();
    const second = await run("--segment-with", samModel);
    expect(plain!.box).toEqual([32, 16, 48, 32]);
    expect(second).toHaveLength(1);
    expect(second[0]).toMatchObject({
      label: "red",
      score: plain!.score,
      box: [34, 17, 47, 31],
      area: 13 * 14,
    });
  });
});
