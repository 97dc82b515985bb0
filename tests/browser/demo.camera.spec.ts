import { differences, expect, test } from "./demo_page.js";

test("DemoCamera_FakeCamera_ShowsLiveObjectsAndStops", async ({ demo, page }) => {
  await demo.open();
  await page.locator("#camera-button").click();
  await expect(page.locator("#live-text")).toHaveText(/Live · \d+\.\d fps/, { timeout: 90_000 });
  await expect(page.locator("#camera-button")).toHaveText("Stop camera");
  await expect.poll(() => demo.shownCount(), { timeout: 60_000 }).toBeGreaterThan(0);
  await expect(page.locator("#timings-fps")).toHaveText(/^\d+\.\d fps$/);

  // The overlay follows the moving clip.
  const first = await demo.overlayPixels();
  await expect
    .poll(
      async () =>
        differences(await demo.overlayPixels(), first).filter((difference) => difference > 60)
          .length,
      { timeout: 60_000 },
    )
    .toBeGreaterThan(500);

  await page.locator("#camera-button").click();
  await expect(page.locator("#live")).toBeHidden();
  await expect(page.locator("#camera-button")).toHaveText("Camera");
  // The last frame and its objects stay, and can be saved.
  expect(await demo.rows.count()).toBe(await demo.shownCount());
  await expect(page.locator("#download-png")).toBeEnabled();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.locator("#download-coco").click(),
  ]);
  expect(download.suggestedFilename()).toBe("camera-coco.json");
});

test("DemoCamera_SmoothVideo_ShowsFramesBetweenResults", async ({ demo, page }) => {
  await demo.open();
  await page.locator("#camera-button").click();
  await expect(page.locator("#live-text")).toHaveText(/fps/, { timeout: 90_000 });
  await page.locator("#smooth-label").click();
  await expect(page.locator("#smooth-switch")).toBeChecked();
  const changes = await page.evaluate(async () => {
    const overlay = document.getElementById("overlay") as HTMLCanvasElement;
    const context = new OffscreenCanvas(64, 48).getContext("2d", { willReadFrequently: true })!;
    let last = "";
    let changes = 0;
    for (let k = 0; k < 40; k += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      context.drawImage(overlay, 0, 0, 64, 48);
      const now = context.getImageData(0, 0, 64, 48).data.join();
      if (now !== last) changes += 1;
      last = now;
    }
    return changes;
  });
  expect(changes).toBeGreaterThan(3);
});

test("DemoCamera_AnotherImage_StopsTheCamera", async ({ demo, page }) => {
  await demo.open();
  await page.locator("#camera-button").click();
  await expect(page.locator("#live")).toBeVisible();
  await demo.openSample("Beach");
  await expect(page.locator("#live")).toBeHidden();
  await expect(page.locator("#camera-button")).toHaveAttribute("aria-pressed", "false");
  await expect(demo.overlay).toHaveAttribute("aria-label", /^Image with/);
});

for (const [name, text] of [
  ["NotAllowedError", /Allow it in the address bar/],
  ["NotFoundError", /^This device has no camera\.$/],
  ["OverconstrainedError", /^This device has no camera\.$/],
  ["NotReadableError", /Another program/],
  ["AbortError", /^Something of the browser's own\.$/],
] as const) {
  test(`DemoCamera_RefusedWith${name}_SaysWhatToDo`, async ({ demo, page }) => {
    await demo.open();
    await page.evaluate((name) => {
      // Safari's OverconstrainedError is not an Error.
      const error = { name, message: "something of the browser's own" };
      navigator.mediaDevices.getUserMedia = () => Promise.reject(error);
    }, name);
    await page.locator("#camera-button").click();
    await expect(page.locator("#error-title")).toHaveText("Could not start the camera");
    await expect(page.locator("#error-text")).toHaveText(text);
    await expect(page.locator("#camera-button")).toHaveAttribute("aria-pressed", "false");
  });
}
