/// `test` for specs that run in every engine: in Chromium through Playwright, in Firefox and WebKit
/// through their own protocols.

import { test as base, type Page } from "@playwright/test";
import { pageOf } from "./engine.js";
import { type EngineName, findEngine } from "./installed.js";

/** Option of a project: the engine of its tests. */
export interface EngineOptions {
  engine: "chromium" | EngineName;
}

interface WorkerFixtures extends EngineOptions {
  /**
   * Skips the test if the engine is not installed. Outside Chromium, a page has only the methods of
   * `ScriptPage`.
   */
  newPage: () => Promise<Page>;
}

export const test = base.extend<object, WorkerFixtures>({
  engine: ["chromium", { option: true, scope: "worker" }],
  newPage: [
    async ({ engine, browser }, use) => {
      if (engine === "chromium") return use(() => browser.newPage());
      const found = findEngine(engine);
      if ("missing" in found) {
        return use(async () => {
          base.skip(true, found.missing);
          throw new Error(found.missing);
        });
      }
      const started = await found.start();
      await use(async () => pageOf(await started.newTab()) as Page);
      await started.close();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  page: async ({ newPage }, use) => {
    const page = await newPage();
    await use(page);
    await page.close();
  },
});
