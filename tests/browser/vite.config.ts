/// Bundles every page of tests/browser/pages into build/browser_pages, as an application would.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import demoConfig from "../../vite.config.js";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const pages = readdirSync(here("pages")).filter((name) => name.endsWith(".html"));

export default defineConfig({
  ...demoConfig,
  root: here("pages"),
  publicDir: false,
  build: {
    ...demoConfig.build,
    outDir: here("../../build/browser_pages"),
    rolldownOptions: { input: pages.map((name) => here(`pages/${name}`)) },
  },
});
