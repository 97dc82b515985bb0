/// Browsers that tests also run in where they are installed. Set-up does not install them: they are
/// large, and nothing needs them.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { findOnPath } from "./run.mjs";

/** { browser, xvfb }, or null where one of them is missing. */
export function findFirefox() {
  return complete({ browser: findOnPath("firefox-esr", "firefox"), xvfb: findOnPath("Xvfb") });
}

/** WebKitGTK: { driver, browser, xvfb }, or null where one of them is missing. */
export function findWebkit() {
  return complete({
    driver: findOnPath("WebKitWebDriver"),
    browser: findMiniBrowser(),
    xvfb: findOnPath("Xvfb"),
  });
}

/**
 * It is not on the PATH, but among WebKitGTK's own helpers, in a folder that carries the version of
 * its API.
 */
function findMiniBrowser() {
  const libraries = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  if (!existsSync(libraries)) return null;
  const folders = readdirSync(libraries).filter((name) => /^webkit(2gtk|gtk)-/.test(name));
  return (
    folders
      .map((folder) => join(libraries, folder, "MiniBrowser"))
      .find((path) => existsSync(path)) ?? null
  );
}

function complete(found) {
  return Object.values(found).every(Boolean) ? found : null;
}
