import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, type Page } from "@playwright/test";
import { test } from "./engines/test.js";
import { demoUrl } from "./servers.js";

/** Opens the demo, collects its errors in `window.complaints` and waits for the model. */
async function openDemo(page: Page): Promise<void> {
  await page.goto(demoUrl);
  await page.evaluate(() => {
    const complaints: string[] = [];
    Object.assign(window, { complaints });
    addEventListener("error", ({ message }) => complaints.push(message));
    addEventListener("unhandledrejection", ({ reason }) => complaints.push(String(reason)));
    document.addEventListener("securitypolicyviolation", ({ violatedDirective }) =>
      complaints.push(violatedDirective),
    );
  });
  await page.waitForFunction(
    () => document.getElementById("device-now")!.dataset.device !== undefined,
  );
}

/** Saves the overlay as an image, for a visual check. */
async function keepImage(page: Page, engine: string, name: string): Promise<void> {
  const address = await page.evaluate(() =>
    (document.getElementById("overlay") as HTMLCanvasElement).toDataURL("image/png"),
  );
  const folder = fileURLToPath(new URL("../../build/screenshots", import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    `${folder}/${engine}_${name}.png`,
    Buffer.from(address.slice(address.indexOf(",") + 1), "base64"),
  );
}

test("DemoEverywhere_SampleThenClick_ObjectsThenCandidates", async ({ page, engine }) => {
  await openDemo(page);
  await page.evaluate(() => document.querySelector<HTMLElement>("#samples button")!.click());
  await page.waitForFunction(() => Number(document.getElementById("count")!.textContent) > 0);
  const found = await page.evaluate(() =>
    document.getElementById("overlay")!.getAttribute("aria-label"),
  );
  expect(found).toMatch(/^Image with \d+ objects/);
  await keepImage(page, engine, "objects");

  await page.evaluate(() =>
    document.querySelector<HTMLElement>('input[name="mode"][value="click"]')!.click(),
  );
  await page.waitForFunction(() => !document.getElementById("clicks")!.hidden);
  // Clicks the middle of the image with a pointer that does not move.
  await page.evaluate(() => {
    const clicks = document.getElementById("clicks")!;
    const { left, top, width, height } = clicks.getBoundingClientRect();
    const at = {
      clientX: left + width / 2,
      clientY: top + height / 2,
      button: 0,
      pointerId: 1,
      isPrimary: true,
      bubbles: true,
    };
    clicks.setPointerCapture = () => undefined;
    for (const type of ["pointerdown", "pointerup"])
      clicks.dispatchEvent(new PointerEvent(type, at));
  });
  await page.waitForFunction(() => Number(document.getElementById("count")!.textContent) === 3);
  await keepImage(page, engine, "click");
  expect(await page.evaluate(() => document.getElementById("error")!.hidden)).toBe(true);
  expect(
    await page.evaluate(() => (window as unknown as { complaints: string[] }).complaints),
  ).toEqual([]);
});
