import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";

/** MASKLET_SCREENSHOTS=1 updates the images of the docs. Otherwise they go to the build folder. */
const folder = process.env.MASKLET_SCREENSHOTS === "1" ? "docs/images" : "build/screenshots";

/** Saves the window as JPEG after the next frame; returns the size of the file in bytes. */
export async function takeScreenshot(page: Page, name: string): Promise<number> {
  const path = fileURLToPath(new URL(`../../${folder}/${name}.jpg`, import.meta.url));
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
  await page.screenshot({ path, type: "jpeg", quality: 88 });
  return statSync(path).size;
}
