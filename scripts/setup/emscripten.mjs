/// Finds or installs Emscripten, minimum version 3.1.69 (--emit-tsd). The order: emcc on PATH;
/// EMSDK; the distribution's package; on Debian 12 the package of Debian 13 in a private folder;
/// else a pinned emsdk.
import {
  cpSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { aptInstall, hasApt, osRelease, unpackFromSuite } from "./apt.mjs";
import { StepError, say } from "./log.mjs";
import { ensureTools, llvmBinDirs } from "./packages.mjs";
import { inRoot, makeDir, sharedCacheDir } from "./paths.mjs";
import { capture, findOnPath, run } from "./run.mjs";

const minimumVersion = [3, 1, 69];
const pinnedEmsdk = "3.1.69";
const pinnedDebian = { name: "emscripten", suite: "trixie", version: "3.1.69+dfsg-3" };
// Increase it if the recipe below changes the contents of the cache.
const recipeRevision = 3;

export function atLeast(version, minimum) {
  for (let index = 0; index < minimum.length; ++index) {
    if ((version[index] ?? 0) !== minimum[index]) return (version[index] ?? 0) > minimum[index];
  }
  return true;
}

/** Version of the emcc at `path` as three numbers, or null if it does not run. */
function emccVersion(path) {
  const match = /\b(\d+)\.(\d+)\.(\d+)/.exec(capture(path, ["--version"])?.split("\n")[0] ?? "");
  return match ? match.slice(1).map(Number) : null;
}

/** The folder with emcc.py and cmake/Modules. emcc may be a wrapper in another folder. */
function rootOfEmcc(emcc) {
  const fromTool = capture(join(dirname(emcc), "em-config"), ["EMSCRIPTEN_ROOT"])?.trim();
  const candidates = [fromTool, dirname(emcc), "/usr/share/emscripten"];
  return (
    candidates.find(
      (root) => root && existsSync(join(root, "cmake/Modules/Platform/Emscripten.cmake")),
    ) ?? null
  );
}

function usable(emcc, where) {
  if (!emcc || !existsSync(emcc)) return null;
  const version = emccVersion(emcc);
  const root = rootOfEmcc(emcc);
  if (!version || !root) return null;
  if (!atLeast(version, minimumVersion)) {
    say(`  ${emcc} is ${version.join(".")}, older than ${minimumVersion.join(".")}: ignored`);
    return null;
  }
  return { root, version: version.join("."), where };
}

/** Debian 13 and newer, and recent Ubuntu versions, have a suitable Emscripten package. */
async function fromDistribution() {
  if (!hasApt()) return null;
  const candidate = /Candidate: (\d+)\.(\d+)\.(\d+)/.exec(
    capture("apt-cache", ["policy", "emscripten"]) ?? "",
  );
  if (!candidate || !atLeast(candidate.slice(1).map(Number), minimumVersion)) return null;
  await aptInstall(["emscripten"]);
  return usable(findOnPath("emcc"), "the distribution's package");
}

const unusedOnUnpacking = [
  "*/lib/wasm64-emscripten",
  "*/wasm32-emscripten/pic",
  "*/wasm32-emscripten/lto",
  "*/wasm32-emscripten/lto-pic",
  "*-mt*.a",
  "*-ww*.a",
  "*san_*.a",
  "*libsanitizer*.a",
  "*libwasmfs*.a",
  "./usr/share/emscripten/test",
  "./usr/share/doc",
  "./usr/share/man",
];

const llvmTools = [
  "clang",
  "clang++",
  "wasm-ld",
  "llvm-ar",
  "llvm-nm",
  "llvm-objcopy",
  "llvm-ranlib",
  "llvm-strip",
  "llvm-dwarfdump",
  "llvm-dwp",
];

/** Links LLVM's tools without a version suffix, because emcc needs these names. */
function linkLlvm(target) {
  const binDir = llvmBinDirs.find((dir) => existsSync(join(dir, "wasm-ld")));
  if (!binDir)
    throw new StepError(
      "LLVM 19 was not found under /usr/lib.",
      "apt-get install clang-19 lld-19 llvm-19",
    );
  makeDir(target);
  for (const tool of llvmTools) {
    if (existsSync(join(binDir, tool))) symlinkSync(join(binDir, tool), join(target, tool));
  }
}

/** Copies the npm packages that emcc needs, so that the cache can outlive this checkout. */
function copyNodePackages(target) {
  for (const name of ["acorn", "typescript", "binaryen"]) {
    cpSync(inRoot("node_modules", name), join(target, "node_modules", name), { recursive: true });
  }
  const bin = makeDir(join(target, "node_modules", ".bin"));
  symlinkSync("../typescript/bin/tsc", join(bin, "tsc"));
  const binaryen = makeDir(join(target, "binaryen"));
  symlinkSync("../node_modules/binaryen/bin", join(binaryen, "bin"));
}

function writeConfig(emscriptenDir, root) {
  const settings = {
    LLVM_ROOT: join(root, "llvm"),
    BINARYEN_ROOT: join(root, "binaryen"),
    NODE_JS: process.execPath,
    // The package has prebuilt system libraries next to the compiler.
    CACHE: join(root, "usr", "share", "emscripten", "cache"),
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  writeFileSync(join(emscriptenDir, ".emscripten"), `${lines.join("\n")}\nFROZEN_CACHE = False\n`);
}

/**
 * For Debian 12: the architecture-independent package of Debian 13, with Debian 12's LLVM 19 and
 * npm's Binaryen.
 */
async function fromNewerDebian() {
  if (osRelease().ID !== "debian" || !hasApt()) return null;
  const root = join(sharedCacheDir, `emscripten-${pinnedDebian.version}-r${recipeRevision}`);
  const emscriptenDir = join(root, "usr", "share", "emscripten");
  await ensureTools(["llvm", "python"]);
  if (!existsSync(root)) {
    say(
      `  unpacking ${pinnedDebian.name} ${pinnedDebian.version} ` +
        `of Debian ${pinnedDebian.suite} into ${root}`,
    );
    const partial = `${root}.partial-${process.pid}`;
    rmSync(partial, { recursive: true, force: true });
    await unpackFromSuite({ ...pinnedDebian, target: partial, exclude: unusedOnUnpacking });
    const partialEmscripten = join(partial, "usr", "share", "emscripten");
    linkLlvm(join(partial, "llvm"));
    copyNodePackages(partial);
    symlinkSync("../../../node_modules", join(partialEmscripten, "node_modules"));
    writeConfig(partialEmscripten, root);
    mkdirSync(dirname(root), { recursive: true });
    // Another checkout may have finished first. Its result is equivalent.
    if (existsSync(root)) rmSync(partial, { recursive: true });
    else renameSync(partial, root);
  }
  const found = usable(
    join(emscriptenDir, "emcc"),
    `Debian ${pinnedDebian.suite}'s package in the cache`,
  );
  if (!found) {
    throw new StepError(
      `The Emscripten in ${root} does not run.`,
      `remove that folder and call again; ${join(emscriptenDir, "emcc")} --version shows why`,
    );
  }
  return { ...found, tscDir: join(root, "node_modules", ".bin") };
}

/** For other systems: the official emsdk at a pinned version, in the shared cache. */
async function fromEmsdk() {
  const dir = join(sharedCacheDir, `emsdk-${pinnedEmsdk}`);
  const emcc = join(dir, "upstream", "emscripten", "emcc");
  if (!existsSync(emcc)) {
    const remedy = "install Emscripten 3.1.69 or newer, and add emcc to PATH or set EMSDK";
    rmSync(dir, { recursive: true, force: true });
    makeDir(dirname(dir));
    await run(
      "git",
      [
        "clone",
        "--depth",
        "1",
        "--branch",
        pinnedEmsdk,
        "https://github.com/emscripten-core/emsdk.git",
        dir,
      ],
      { remedy },
    );
    await run(join(dir, "emsdk"), ["install", pinnedEmsdk], { remedy });
    await run(join(dir, "emsdk"), ["activate", pinnedEmsdk], { remedy });
  }
  return usable(emcc, "the official emsdk in the cache");
}

/** Returns { root, version, where, tscDir }: a folder with emcc and its CMake toolchain file. */
export async function ensureEmscripten() {
  const emsdk = process.env.EMSDK;
  const found =
    usable(findOnPath("emcc"), "PATH") ??
    usable(emsdk && join(emsdk, "upstream", "emscripten", "emcc"), "EMSDK") ??
    (await fromDistribution()) ??
    (await fromNewerDebian()) ??
    (await fromEmsdk());
  if (!found)
    throw new StepError(
      "Emscripten was neither found nor installed.",
      "install emsdk 3.1.69 or newer and set EMSDK",
    );
  return { tscDir: inRoot("node_modules", ".bin"), ...found };
}
