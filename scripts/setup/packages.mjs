/// System tools: how to recognize each tool, and its Debian package.
import { existsSync, readdirSync } from "node:fs";
import { aptInstall, hasApt } from "./apt.mjs";
import { StepError } from "./log.mjs";
import { findOnPath } from "./run.mjs";

const onPath =
  (...names) =>
  () =>
    findOnPath(...names) !== null;
const fileExists =
  (...paths) =>
  () =>
    paths.some((path) => existsSync(path));

/** `LLVM_ROOT` candidates: versioned folders of Debian, newest first. */
export const llvmBinDirs = [21, 20, 19].map((version) => `/usr/lib/llvm-${version}/bin`);

/** The libraries that clang links sanitized and fuzzed programs against. */
function hasFuzzerRuntime() {
  return llvmBinDirs.some((dir) => {
    const versions = `${dir}/../lib/clang`;
    if (!existsSync(`${dir}/clang++`) || !existsSync(versions)) return false;
    return readdirSync(versions).some((version) => {
      const folder = `${versions}/${version}/lib/linux`;
      return existsSync(folder) && readdirSync(folder).some((name) => name.includes("rt.fuzzer"));
    });
  });
}

/** The browser from MASKLET_CHROMIUM or PATH. */
export function findChromium() {
  const named = process.env.MASKLET_CHROMIUM;
  if (named && !existsSync(named))
    throw new StepError(
      `MASKLET_CHROMIUM is ${named}; that file does not exist.`,
      "correct or unset it",
    );
  if (named) return named;
  return findOnPath("chromium", "chromium-browser", "google-chrome-stable", "google-chrome");
}

export const findClangFormat = () => findOnPath("clang-format-19", "clang-format");
export const findClangTidy = () => findOnPath("clang-tidy-19", "clang-tidy");

/** name -> { found, debian }. The groups below list the tools of each command. */
const tools = {
  cmake: { found: onPath("cmake"), debian: ["cmake"] },
  ninja: { found: onPath("ninja"), debian: ["ninja-build"] },
  compiler: { found: onPath("c++", "g++", "clang++"), debian: ["g++"] },
  python: { found: onPath("python3"), debian: ["python3"] },
  googletest: {
    found: () =>
      Boolean(process.env.MASKLET_GTEST_DIR) ||
      fileExists("/usr/src/googletest/googletest/src/gtest-all.cc")(),
    debian: ["libgtest-dev"],
  },
  llvm: {
    found: () =>
      llvmBinDirs.some((dir) =>
        ["clang", "wasm-ld", "llvm-nm"].every((tool) => existsSync(`${dir}/${tool}`)),
      ),
    debian: ["clang-19", "lld-19", "llvm-19"],
  },
  fuzzer: { found: hasFuzzerRuntime, debian: ["clang-19", "llvm-19", "libclang-rt-19-dev"] },
  "clang-format": { found: () => findClangFormat() !== null, debian: ["clang-format-19"] },
  "clang-tidy": { found: () => findClangTidy() !== null, debian: ["clang-tidy-19"] },
  chromium: { found: () => findChromium() !== null, debian: ["chromium"] },
  fonts: {
    found: fileExists(
      "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
      "/usr/share/fonts/truetype/liberation",
      "/Library/Fonts",
    ),
    debian: ["fonts-dejavu-core"],
  },
  certificates: {
    found: fileExists("/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"),
    debian: ["ca-certificates"],
  },
};

/** The tools of `npm start`, and the additional tools of `npm test`. */
export const toolGroups = {
  build: ["cmake", "ninja", "compiler", "python"],
  test: ["googletest", "fuzzer", "clang-format", "chromium", "fonts"],
  tidy: ["clang-tidy"],
};

/** Finds or installs tools, and returns a short note for the terminal. */
export async function ensureTools(names) {
  const missing = names.filter((name) => !tools[name].found());
  if (missing.length === 0) return `${names.join(", ")} found`;
  if (!hasApt()) {
    throw new StepError(
      `Missing on this system: ${missing.join(", ")}.`,
      "install them with the system's package manager (only Debian's is automated) and call again",
    );
  }
  await aptInstall(missing.flatMap((name) => tools[name].debian));
  const still = missing.filter((name) => !tools[name].found());
  if (still.length > 0)
    throw new StepError(
      `Still missing after installing: ${still.join(", ")}.`,
      "install them by hand",
    );
  return `installed ${missing.join(", ")}`;
}
