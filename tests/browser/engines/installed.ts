import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Engine } from "./engine.js";
import { startFirefox } from "./firefox.js";
import { startWebkit } from "./webkit.js";

export type EngineName = "firefox" | "webkit";

/** How to start an engine, or what is missing on this machine. */
export type Found = { readonly start: () => Promise<Engine> } | { readonly missing: string };

export function findEngine(name: EngineName): Found {
  return name === "firefox" ? findFirefox() : findWebkit();
}

function findFirefox(): Found {
  const browser = onPath("firefox-esr") ?? onPath("firefox");
  const xvfb = onPath("Xvfb");
  if (browser && xvfb) return { start: () => startFirefox({ browser, xvfb }) };
  return { missing: "Firefox or Xvfb is not installed (Debian: firefox-esr, xvfb)" };
}

function findWebkit(): Found {
  const driver = onPath("WebKitWebDriver");
  const browser = miniBrowser();
  const xvfb = onPath("Xvfb");
  if (driver && browser && xvfb) return { start: () => startWebkit({ driver, browser, xvfb }) };
  return { missing: "WebKitGTK's driver or Xvfb is not installed (Debian: webkit2gtk-driver, xvfb)" };
}

function onPath(name: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isProgram);
}

/** It is not on the PATH, but among WebKitGTK's own helpers, whose folder carries the version of its API. */
function miniBrowser(): string | undefined {
  const libraries = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  try {
    const folders = readdirSync(libraries).filter((name) => /^webkit(2gtk|gtk)-/.test(name));
    return folders.map((folder) => join(libraries, folder, "MiniBrowser")).find(isProgram);
  } catch {
    return undefined;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
