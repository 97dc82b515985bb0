/// stb_image.h is not in the repository. Set-up unpacks Debian's newest package of it into the
/// shared cache.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hasApt, osRelease, unpackFromSuite } from "./apt.mjs";
import { StepError } from "./log.mjs";
import { sharedCacheDir } from "./paths.mjs";

const minimumVersion = 2.3;
const pinned = { name: "libstb-dev", suite: "trixie", version: "0.0~git20241109.5c20573+ds-1" };

/** The version in the header's first line ("stb_image - v2.30"), or 0. */
function headerVersion(folder) {
  const path = join(folder, "stb_image.h");
  if (!existsSync(path)) return 0;
  const match = /stb_image - v(\d+\.\d+)/.exec(readFileSync(path, "utf8").slice(0, 200));
  return match ? Number(match[1]) : 0;
}

const goodEnough = (folder) => Boolean(folder) && headerVersion(folder) >= minimumVersion;

/** Returns the folder that holds stb_image.h. */
export async function ensureStb() {
  const root = join(sharedCacheDir, `stb-${pinned.version.replace(/[^\w.+-]/g, "_")}`);
  const privateDir = join(root, "usr", "include", "stb");
  const candidates = [
    process.env.MASKLET_STB_DIR,
    privateDir,
    "/usr/include/stb",
    "/usr/local/include/stb",
    "/usr/local/include",
  ];
  const found = candidates.find(goodEnough);
  if (found) return found;
  if (!hasApt() || osRelease().ID !== "debian") {
    throw new StepError(
      "stb_image.h of version 2.30 or newer was not found.",
      "set the environment variable MASKLET_STB_DIR to a folder with stb_image.h",
    );
  }
  await unpackFromSuite({ ...pinned, target: root, exclude: ["*/lib/*", "*/doc/*"] });
  if (!goodEnough(privateDir))
    throw new StepError(`The package ${pinned.name} lacks stb_image.h of version 2.30.`);
  return privateDir;
}
