import { expect, type Page } from "@playwright/test";
import type { Square } from "./pages/segmenter.js";
import { pagesUrl } from "./servers.js";

export const squares: Square[] = [
  { x: 0, y: 0, color: "red" },
  { x: 32, y: 16, color: "blue" },
  { x: 48, y: 48, color: "green" },
];

/**
 * The expected results of the tiny models: each square is its box and its mask, except for the
 * pixel at each corner inside the image. That pixel's center is 0.625 of the way from the black
 * prototype to the colored one on both axes, so 0.625^2 = 0.39 of the color reaches it. A
 * mask needs at least 0.5; at an edge it is 0.625. Squares at (0, 0) and (48, 48) have one such
 * corner, the middle one four.
 */
export const found = {
  width: 64,
  height: 64,
  instances: squares.map(({ x, y, color }) => ({
    label: color,
    score: 1,
    box: [x, y, x + 16, y + 16],
    area: color === "blue" ? 252 : 255,
  })),
};

/** Opens the page and collects its errors during the test. */
export async function open(page: Page, underPolicy = true): Promise<string[]> {
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    // Browsers request an icon, which these pages lack.
    const isProblem =
      message.type() === "error" && !message.location().url.endsWith("/favicon.ico");
    if (isProblem) problems.push(message.text());
  });
  const response = await page.goto(`${pagesUrl}segmenter.html`);
  const policy = response!.headers()["content-security-policy"];
  if (underPolicy) expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
  await page.waitForFunction(() => "kit" in window);
  return problems;
}
