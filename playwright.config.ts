/// Browser tests: the system's Chromium, one browser at a time (two cores, and the software GPU
/// takes both).
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "@playwright/test";
import type { EngineOptions } from "./tests/browser/engines/test.js";
import { demoPort, demoUrl, pagesPort, pagesUrl, sharedData } from "./tests/browser/servers.js";

const fromRoot = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

function chromiumPath(): string {
  const toolsPath = fromRoot(".cache/tools.json");
  const found = existsSync(toolsPath)
    ? (JSON.parse(readFileSync(toolsPath, "utf8")) as { chromium?: string }).chromium
    : undefined;
  if (!found) throw new Error("No Chromium is known. Run `npm run setup`.");
  return found;
}

const quietFlags = [
  "--no-sandbox",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--disable-quic",
];
// Without all of these the software adapter lacks importing of video frames or dies when a canvas
// is read back.
const softwareGpuFlags = [
  "--enable-unsafe-webgpu",
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
  "--use-angle=swiftshader",
  "--ignore-gpu-blocklist",
];
// A canvas on WebGL2 without a GPU.
const softwareGlFlags = [
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--ignore-gpu-blocklist",
];

function cameraFlags(): string[] {
  const clip = fromRoot("tests/data/camera.mjpeg");
  const flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
  return existsSync(clip) ? [...flags, `--use-file-for-fake-video-capture=${clip}`] : flags;
}

const browser = (...flags: string[]) => ({
  launchOptions: { executablePath: chromiumPath(), args: [...quietFlags, ...flags] },
});

const shared = sharedData();
const mounts = [
  `/data=${fromRoot("tests/data")}`,
  `/models=${fromRoot("models")}`,
  ...(shared ? [`/shared=${shared}`] : []),
];
const server = (folder: string, port: number) => ({
  command: `node scripts/serve.mjs ${folder} --port ${port} ${mounts.map((mount) => `--mount ${mount}`).join(" ")}`,
  port,
  reuseExistingServer: !process.env.CI,
});

/** Specs that also run in Firefox and WebKit, where those are installed. */
const everywhere = [
  "core",
  "demo_everywhere",
  "overlay",
  "photos",
  "prompt",
  "segmenter",
  "segmenter_worker",
  "source",
].map((name) => `**/${name}.spec.ts`);

export default defineConfig<object, EngineOptions>({
  testDir: "tests/browser",
  outputDir: "build/test_results",
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: process.env.MASKLET_REPORT
    ? [["list"], ["json", { outputFile: process.env.MASKLET_REPORT }]]
    : [["list"]],
  use: {
    baseURL: demoUrl,
    browserName: "chromium",
    channel: undefined,
    headless: true,
    trace: "off",
  },
  projects: [
    {
      name: "wasm",
      testIgnore: ["**/*.webgpu.spec.ts", "**/*.camera.spec.ts"],
      use: browser(...softwareGlFlags),
    },
    {
      name: "webgpu",
      testMatch: "**/*.webgpu.spec.ts",
      timeout: 300_000,
      use: browser(...softwareGpuFlags),
    },
    {
      name: "firefox",
      testMatch: everywhere,
      use: { engine: "firefox", ...browser(...softwareGlFlags) },
    },
    {
      name: "webkit",
      testMatch: everywhere,
      use: { engine: "webkit", ...browser(...softwareGlFlags) },
    },
    {
      name: "camera",
      testMatch: "**/*.camera.spec.ts",
      use: browser(...softwareGlFlags, ...cameraFlags()),
    },
  ],
  webServer: [server("dist_demo", demoPort), server("build/browser_pages", pagesPort)],
  metadata: { pagesUrl },
});
