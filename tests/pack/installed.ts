/// Packs the package as npm would publish it and installs it into an empty folder.
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const rootDir = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A command's standard output; a failure carries what it printed. */
export function call(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, {
      cwd,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 1 << 26,
    });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(" ")} failed\n${stdout}\n${stderr}`);
  }
}

/** The first sample scene: an image with objects that the built-in model knows. */
export function samplePhoto(): string {
  const folder = join(rootDir, "tests", "data", "scenes");
  const name = readdirSync(folder)
    .filter((file) => file.endsWith(".jpg"))
    .sort()[0];
  if (!name) throw new Error(`${folder} holds no image`);
  return join(folder, name);
}

export const chromiumPath = (): string =>
  (JSON.parse(readFileSync(join(rootDir, ".cache", "tools.json"), "utf8")) as { chromium: string })
    .chromium;

/** The folder of an application that has installed the packed package; `remove` deletes it. */
export function installPackage(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "masklet-pack-"));
  const npm = (...args: string[]) =>
    call("npm", [...args, "--loglevel=error", "--no-audit", "--no-fund"], folder);
  call("npm", ["pack", "--pack-destination", folder, "--loglevel=error"], rootDir);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (!tarball) throw new Error("npm pack left no .tgz");
  writeFileSync(
    join(folder, "package.json"),
    '{ "name": "consumer", "private": true, "type": "module" }\n',
  );
  npm("install", "--prefer-offline", "--ignore-scripts", "--omit=optional", `./${tarball}`);
  if (!existsSync(join(folder, "node_modules", "masklet", "dist", "index.js")))
    throw new Error("masklet was not installed");
  cpSync(join(rootDir, "tests", "pack", "consumer"), folder, { recursive: true });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
