import { expect, test } from "./demo_page.js";
import { takeScreenshot } from "./screenshots.js";

test("DemoScreenshots_Camera_Live", async ({ demo, page }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await demo.open("?renderer=webgl2");
  await page.locator("#camera-button").click();
  await expect(page.locator("#live-text")).toHaveText(/\d+\.\d fps/, { timeout: 90_000 });
  await expect.poll(() => demo.shownCount(), { timeout: 60_000 }).toBeGreaterThan(1);
  await page.mouse.move(2, 2);
  expect(await takeScreenshot(page, "demo_camera")).toBeLessThan(400_000);
});
