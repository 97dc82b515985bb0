import { expect, test } from "./demo_page.js";
import { takeScreenshot } from "./screenshots.js";

const renderer = "?renderer=webgl2";

test("DemoScreenshots_Photo_OnTheDesktop", async ({ demo, page }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: "light" });
  await demo.open(renderer);
  await demo.openSample("Desk");
  await page.mouse.move(2, 2);
  expect(await takeScreenshot(page, "demo_photo")).toBeLessThan(400_000);
});

test("DemoScreenshots_Selection_InTheDark", async ({ demo, page }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: "dark" });
  await demo.open(renderer);
  await demo.openSample("Kitchen");
  await demo.rows.first().click();
  await page.mouse.move(2, 2);
  expect(await takeScreenshot(page, "demo_dark")).toBeLessThan(400_000);
});

test("DemoScreenshots_Click_OnTheDesktop", async ({ demo, page }) => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: "light" });
  await demo.open(renderer);
  await demo.openSample("Desk");
  await page.getByRole("radio", { name: "Click" }).check();
  await expect(page.locator("#everything-button")).toBeEnabled({ timeout: 60_000 });
  const { x, y, width, height } = (await page.locator("#clicks").boundingBox())!;
  await page.mouse.click(x + width * 0.84, y + height * 0.64);
  await expect(page.locator("#download-coco")).toBeEnabled();
  await demo.idle();
  await page.mouse.move(2, 2);
  await expect(page.locator("#clicks")).toHaveAttribute("data-preview", "false");
  expect(await takeScreenshot(page, "demo_click")).toBeLessThan(400_000);
});

test.describe("on a phone", () => {
  test.use({
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  });

  test("DemoScreenshots_Photo_OnAPhone", async ({ demo, page }) => {
    await demo.open(renderer);
    await demo.openSample("Beach");
    expect(await takeScreenshot(page, "demo_phone")).toBeLessThan(400_000);
  });
});
