/// Optional browsers. Tests use them if they are installed. Set-up does not install them, because
/// they are large.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { findOnPath } from "./run.mjs";

/** { browser, xvfb }, or null if one of them is missing. */
export function findFirefox() {
  return complete({ browser: findOnPath("firefox-esr", "firefox"), xvfb: findOnPath("Xvfb") });
}

/** WebKitGTK: { driver, browser, xvfb }, or null if one of them is missing. */
export function findWebkit() {
  return complete({
    driver: findOnPath("WebKitWebDriver"),
    browser: findMiniBrowser(),
    xvfb: findOnPath("Xvfb"),
  });
}

/**
 * Finds a helper of WebKitGTK. It is not on PATH, but in a folder named after the version of the
 * API.
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
