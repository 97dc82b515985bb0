/// Debian's package manager. It installs missing packages, and unpacks single packages of a newer
/// suite into a private folder.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StepError, say } from "./log.mjs";
import { makeDir } from "./paths.mjs";
import { capture, findOnPath, run } from "./run.mjs";

let indexIsFresh = false;

export const hasApt = () => findOnPath("apt-get") !== null;

/** Fields of /etc/os-release, for example ID and VERSION_CODENAME. */
export function osRelease() {
  if (!existsSync("/etc/os-release")) return {};
  const lines = readFileSync("/etc/os-release", "utf8").split("\n");
  return Object.fromEntries(
    lines
      .filter((line) => line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")), unquote(line)]),
  );
}

const unquote = (line) => line.slice(line.indexOf("=") + 1).replace(/^"(.*)"$/, "$1");

/**
 * The prefix that runs a command as root, or null if that would need a password without a
 * terminal.
 */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  if (!findOnPath("sudo")) return null;
  // sudo asks for a password on a terminal. Without one, it must work without a password.
  if (process.stdin.isTTY || capture("sudo", ["-n", "true"]) !== null) return ["sudo"];
  return null;
}

/**
 * Installs Debian packages in one call and fetches the index once. Without root, its error has the
 * command to type.
 */
export async function aptInstall(packages) {
  const command = `apt-get install --no-install-recommends ${packages.join(" ")}`;
  const byHand = `install them by hand and call again: ${command}`;
  const prefix = rootPrefix();
  if (prefix === null) {
    throw new StepError(
      `These Debian packages are missing: ${packages.join(" ")}. Root or sudo is required.`,
      byHand,
    );
  }
  say(`  installing ${packages.join(" ")}`);
  const apt = async (args, options) => {
    const command = [
      ...prefix,
      "env",
      "DEBIAN_FRONTEND=noninteractive",
      "apt-get",
      "-q",
      "-o",
      "DPkg::Lock::Timeout=900",
      ...args,
    ];
    return run(command[0], command.slice(1), options);
  };
  if (!indexIsFresh) await apt(["update"], { allowFailure: true });
  indexIsFresh = true;
  await apt(["install", "-y", "--no-install-recommends", ...packages], { remedy: byHand });
}

/** The URL and the key ring of the system's main archive, according to its apt sources. */
export function systemArchive() {
  const codename = osRelease().VERSION_CODENAME;
  const format = "$(CODENAME)|$(COMPONENT)|$(REPO_URI)|$(SIGNED_BY)";
  const targets =
    capture("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]) ?? "";
  for (const line of targets.split("\n")) {
    const [suite, component, uri, signedBy] = line.split("|");
    if (suite === codename && component === "main") {
      return { uri, signedBy: signedBy?.startsWith("/") ? signedBy : debianKeyring() };
    }
  }
  throw new StepError(
    `The apt sources lack an archive with the suite "${codename}", component "main".`,
    "run apt-get update, and check that /etc/apt/sources.list has Debian's main archive",
  );
}

function debianKeyring() {
  for (const extension of ["gpg", "pgp"]) {
    const path = `/usr/share/keyrings/debian-archive-keyring.${extension}`;
    if (existsSync(path)) return path;
  }
  return "";
}

function writePrivateConfig(folder, suite) {
  const { uri, signedBy } = systemArchive();
  makeDir(join(folder, "lists", "partial"));
  makeDir(join(folder, "cache", "archives", "partial"));
  makeDir(join(folder, "empty"));
  writeFileSync(
    join(folder, "sources.list"),
    `deb ${signedBy ? `[signed-by=${signedBy}] ` : ""}${uri} ${suite} main\n`,
  );
  const settings = {
    "Dir::Etc::sourcelist": join(folder, "sources.list"),
    "Dir::Etc::sourceparts": join(folder, "empty"),
    "Dir::Etc::preferences": "/dev/null",
    "Dir::Etc::preferencesparts": join(folder, "empty"),
    "Dir::State::lists": join(folder, "lists"),
    "Dir::Cache": join(folder, "cache"),
    "Acquire::Languages": "none",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    "APT::Sandbox::User": "root",
  };
  const text = Object.entries(settings).map(([key, value]) => `${key} "${value}";\n`);
  writeFileSync(join(folder, "apt.conf"), text.join(""));
  return { APT_CONFIG: join(folder, "apt.conf") };
}

async function downloadOne(name, pinnedVersion, folder, env, suite) {
  const pinned = await run("apt-get", ["-q", "download", `${name}=${pinnedVersion}`], {
    cwd: folder,
    env,
    allowFailure: true,
  });
  if (pinned.code !== 0) {
    say(`  ${name} ${pinnedVersion} has left ${suite}; using its current version`);
    await run("apt-get", ["-q", "download", name], {
      cwd: folder,
      env,
      remedy: "check that the network and the archive in /etc/apt are reachable, then call again",
    });
  }
  return join(
    folder,
    readdirSync(folder).find((file) => file.startsWith(`${name}_`) && file.endsWith(".deb")),
  );
}

/**
 * Downloads one package of another suite from the system's mirror and unpacks it into `target`,
 * without files that match the `exclude` patterns of tar. It does not touch the system's sources,
 * package state and libraries.
 */
export async function unpackFromSuite({ suite, name, version, target, exclude = [] }) {
  const folder = mkdtempSync(join(tmpdir(), "masklet-apt-"));
  try {
    const env = writePrivateConfig(folder, suite);
    await run("apt-get", ["-q", "update"], {
      env,
      remedy: "check that apt-get update works; debian-archive-keyring may be too old",
    });
    const deb = await downloadOne(name, version, folder, env, suite);
    makeDir(target);
    const excludes = exclude.map((pattern) => `--exclude='${pattern}'`).join(" ");
    await run("bash", [
      "-c",
      `set -o pipefail; dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" ${excludes}`,
      "unpack",
      deb,
      target,
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
