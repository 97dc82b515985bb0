/// The whole set-up as one function. It stores the paths of tools in .cache/tools.json.
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { osRelease } from "./apt.mjs";
import { ensureEmscripten } from "./emscripten.mjs";
import { StepError, say, step } from "./log.mjs";
import { ensureNodeModules, nodeModulesMatchLock } from "./node_modules.mjs";
import {
  ensureTools,
  findChromium,
  findClangFormat,
  findClangTidy,
  toolGroups,
} from "./packages.mjs";
import { inRoot, localCacheDir, makeDir } from "./paths.mjs";
import { hashInputs, isFresh, setStamp } from "./stamps.mjs";
import { ensureStb } from "./stb.mjs";

const toolsPath = join(localCacheDir, "tools.json");

const readTools = () => (existsSync(toolsPath) ? JSON.parse(readFileSync(toolsPath, "utf8")) : {});

/**
 * The tools of the last set-up: { emscripten, stbDir, chromium, clangFormat, clangTidy }.
 */
export function tools() {
  if (!existsSync(toolsPath)) throw new Error("The set-up has not run yet: npm run setup");
  return readTools();
}

/** Lets `cmake --preset …` find Emscripten and stb_image without environment variables. */
function writeCmakeFiles(found) {
  const { root, tscDir } = found.emscripten;
  const quoted = (path) => path.replaceAll("\\", "/");
  writeFileSync(
    join(localCacheDir, "emscripten.cmake"),
    `# Written by scripts/setup.
# emcc runs tsc for --emit-tsd and looks for it on PATH.
set(CMAKE_CXX_LINKER_LAUNCHER "\${CMAKE_COMMAND};-E;env;PATH=${quoted(tscDir)}:$ENV{PATH}")
set(ENV{PATH} "${quoted(tscDir)}:$ENV{PATH}")
include("${quoted(root)}/cmake/Modules/Platform/Emscripten.cmake")
`,
  );
  writeFileSync(
    join(localCacheDir, "setup.cmake"),
    `# Written by scripts/setup.\nset(MASKLET_STB_DIR "${quoted(found.stbDir)}")\n`,
  );
  writeFileSync(
    join(localCacheDir, "env.sh"),
    "# Written by scripts/setup; for calling emcc by hand.\n" +
      `export PATH="${root}:${tscDir}:$PATH"\nexport MASKLET_STB_DIR="${found.stbDir}"\n`,
  );
}

const toolPathsExist = (found) =>
  [found.emscripten?.root, found.stbDir, found.chromium].every(
    (path) => path === undefined || (path !== null && existsSync(path)),
  );

/**
 * Finds or installs the tools of a group: "build" for `npm start`, "test" for `npm test`, "all"
 * with clang-tidy. It takes milliseconds if nothing has changed since the last call.
 */
export async function setUp(group) {
  if (Number(process.versions.node.split(".")[0]) < 20) {
    throw new StepError(`Node ${process.versions.node} is too old.`, "install Node 20 or newer");
  }
  const os = osRelease();
  const hash = hashInputs(
    ["scripts/setup"],
    [group, process.version, `${os.ID} ${os.VERSION_ID}`, process.env.EMSDK ?? ""],
  );
  makeDir(localCacheDir);
  if (
    isFresh(`setup-${group}`, hash, [".cache/tools.json", ".cache/emscripten.cmake"]) &&
    toolPathsExist(readTools())
  ) {
    if (nodeModulesMatchLock()) return say("✓ set-up: everything is in place");
  }
  const names = [...toolGroups.build];
  if (group !== "build") names.push(...toolGroups.test);
  if (group === "all") names.push(...toolGroups.tidy);
  await step("system packages", () => ensureTools(names));
  await step("npm packages", ensureNodeModules);
  const found = readTools();
  await step("Emscripten", async () => {
    const before = found.emscripten?.root;
    found.emscripten = await ensureEmscripten();
    // CMake cannot change the compiler of a configured folder.
    if (before !== found.emscripten.root) {
      for (const preset of ["wasm-release", "wasm-test"])
        rmSync(inRoot("build", preset), { recursive: true, force: true });
    }
    return `${found.emscripten.version} from ${found.emscripten.where}`;
  });
  await step("stb_image", async () => {
    found.stbDir = await ensureStb();
    return found.stbDir;
  });
  Object.assign(found, {
    chromium: findChromium() ?? undefined,
    clangFormat: findClangFormat() ?? undefined,
  });
  found.clangTidy = findClangTidy() ?? undefined;
  writeCmakeFiles(found);
  writeFileSync(toolsPath, `${JSON.stringify(found, null, 2)}\n`);
  setStamp(`setup-${group}`, hash);
}
