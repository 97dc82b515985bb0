import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { encode } from "fast-png";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const program: string = join(root, "dist/cli/masklet.js");
export const tinyModel: string = join(root, "tests/data/tiny_models/dense.onnx");

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A new folder with files, for the built program to run in. */
export function makeFolder(files: Readonly<Record<string, string | Uint8Array>>): string {
  if (!existsSync(program)) throw new Error("dist/ is missing: npm run build:lib");
  const folder = mkdtempSync(join(tmpdir(), "masklet cli "));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

function execute(
  file: string,
  args: readonly string[],
  cwd: string,
  input?: Uint8Array,
): Promise<Run> {
  return new Promise((resolve) => {
    const env = { ...process.env, NODE_PATH: join(cwd, "node_modules") };
    const options = { cwd, env, maxBuffer: 2 ** 26 };
    const child = execFile(file, [...args], options, (error, stdout, stderr) => {
      const code = typeof error?.code === "number" ? error.code : error ? -1 : 0;
      resolve({ code, stdout, stderr });
    });
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}

/** The built program as a user runs it. */
export const masklet = (
  folder: string,
  args: readonly string[],
  input?: Uint8Array,
): Promise<Run> => execute(process.execPath, [program, ...args], folder, input);

/** `masklet segment` with the tiny model. */
export const segment = (folder: string, ...args: readonly string[]): Promise<Run> =>
  masklet(folder, ["segment", ...args, "-m", tinyModel, "-d", "node-cpu"]);

/** A line of a shell; `$MASKLET` is the program and `$MODEL` the tiny model. */
export const shell = (folder: string, line: string): Promise<Run> =>
  execute(
    "bash",
    ["-c", `MASKLET='${process.execPath} ${program}'; MODEL='${tinyModel}'; ${line}`],
    folder,
  );

/**
 * A black image with a red and a blue square of one 16 x 16 cell each: what the tiny model finds in
 * 64 x 64 pixels.
 */
export function squares(width = 64, height = 64): Uint8Array {
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 4;
      const row = Math.floor((4 * y) / height);
      const column = Math.floor((4 * x) / width);
      if (row === 1 && column === 2) data[at] = 255;
      if (row === 3 && column === 0) data[at + 2] = 200;
      data[at + 3] = 255;
    }
  }
  return encode({ width, height, data, channels: 4, depth: 8 });
}
