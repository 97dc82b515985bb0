import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";

/**
 * With MASKLET_SCREENSHOTS=1 the images of the documentation are made anew; otherwise they only go
 * to the build folder.
 */
const folder = process.env.MASKLET_SCREENSHOTS === "1" ? "docs/images" : "build/screenshots";

/**
 * Takes what is in the window as JPEG once the next frame is drawn; gives the file's size in bytes.
 */
export async function takeScreenshot(page: Page, name: string): Promise<number> {
  const path = fileURLToPath(new URL(`../../${folder}/${name}.jpg`, import.meta.url));
  await page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  );
  await page.screenshot({ path, type: "jpeg", quality: 88 });
  return statSync(path).size;
}
