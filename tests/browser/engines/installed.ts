import { findFirefox, findWebkit } from "../../../scripts/setup/other_browsers.mjs";
import type { Engine } from "./engine.js";
import { type FirefoxPaths, startFirefox } from "./firefox.js";
import { startWebkit, type WebkitPaths } from "./webkit.js";

export type EngineName = "firefox" | "webkit";

/** How to start an engine, or the missing program. */
export type Found = { readonly start: () => Promise<Engine> } | { readonly missing: string };

export function findEngine(name: EngineName): Found {
  if (name === "firefox") {
    const paths: FirefoxPaths | null = findFirefox();
    return paths
      ? { start: () => startFirefox(paths) }
      : { missing: "Firefox or Xvfb is not installed (Debian: firefox-esr, xvfb)" };
  }
  const paths: WebkitPaths | null = findWebkit();
  return paths
    ? { start: () => startWebkit(paths) }
    : { missing: "WebKitGTK's driver or Xvfb is not installed (Debian: webkit2gtk-driver, xvfb)" };
}
