/// Shared by the specs of the demo page: a page with its handles. A script error or a violation of
/// the policy fails the test.

import { test as base, expect, type Locator, type Page } from "@playwright/test";
import { decode } from "fast-png";
import { demoUrl } from "./servers.js";

declare global {
  interface Window {
    policyViolations: string[];
  }
}

export const sampleNames = ["Beach", "Desk", "Kitchen"] as const;
export type SampleName = (typeof sampleNames)[number];

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA. */
  readonly data: ArrayLike<number>;
}

/** Sum of the differences of the three channels, pixel for pixel. */
export function differences(a: Pixels, b: Pixels): number[] {
  return Array.from({ length: a.width * a.height }, (_, k) => {
    let sum = 0;
    for (let c = k * 4; c < k * 4 + 3; c += 1) sum += Math.abs(a.data[c]! - b.data[c]!);
    return sum;
  });
}

/** Mean of all channels. */
export function brightness({ data }: Pixels): number {
  let sum = 0;
  for (let k = 0; k < data.length; k += 1) sum += data[k]!;
  return sum / data.length;
}

export class DemoPage {
  readonly complaints: string[] = [];

  readonly count: Locator;
  readonly rows: Locator;
  readonly error: Locator;
  readonly overlay: Locator;

  constructor(readonly page: Page) {
    this.count = page.locator("#count");
    this.rows = page.locator(".object:visible");
    this.error = page.locator("#error");
    this.overlay = page.locator("#overlay");
    page.on("pageerror", (error) => this.complaints.push(`script error: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error") this.complaints.push(`console: ${message.text()}`);
    });
  }

  /**
   * Opens the page and waits for the model. The default is Canvas2D, which is faster without a GPU.
   * The spec of the overlay and one test of the page cover WebGL2.
   */
  async open(query = "?renderer=canvas2d", url = demoUrl): Promise<void> {
    await this.goTo(url + query);
    await this.modelReady();
  }

  async goTo(url: string): Promise<void> {
    await this.page.addInitScript(() => {
      window.policyViolations = [];
      document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
        window.policyViolations.push(`${violatedDirective} ${blockedURI}`);
      });
    });
    await this.page.goto(url);
  }

  async modelReady(): Promise<void> {
    await expect(this.page.locator("#device-now")).toHaveAttribute("data-device", /./, {
      timeout: 90_000,
    });
  }

  async openSample(name: SampleName): Promise<void> {
    await this.page.getByRole("button", { name: `Sample image: ${name}` }).click();
    await expect(this.overlay).toHaveAttribute("aria-label", /^Image/);
    await this.idle();
  }

  /** Waits until the page is not busy. */
  async idle(): Promise<void> {
    await expect(this.page.locator("#stage")).toHaveAttribute("aria-busy", "false", {
      timeout: 90_000,
    });
  }

  async shownCount(): Promise<number> {
    return Number(await this.count.textContent());
  }

  async setSlider(id: "score" | "iou" | "fill", value: number): Promise<void> {
    await this.page.locator(`#${id}`).fill(String(value));
  }

  /** Pixels of the overlay after the next frame, sent as a PNG, because JSON takes seconds. */
  async overlayPixels(): Promise<Pixels> {
    const png = await this.page.evaluate(async () => {
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const overlay = document.getElementById("overlay") as HTMLCanvasElement;
      const copy = new OffscreenCanvas(overlay.width, overlay.height);
      copy.getContext("2d")!.drawImage(overlay, 0, 0);
      const bytes = new Uint8Array(await (await copy.convertToBlob()).arrayBuffer());
      let text = "";
      for (const byte of bytes) text += String.fromCharCode(byte);
      return btoa(text);
    });
    const { width, height, data } = decode(Buffer.from(png, "base64"));
    return { width, height, data };
  }

  async expectNoComplaints(): Promise<void> {
    const violations = await this.page.evaluate(() => window.policyViolations);
    expect([...this.complaints, ...violations]).toEqual([]);
  }
}

export const test = base.extend<{ demo: DemoPage }>({
  demo: async ({ page }, use) => {
    const demo = new DemoPage(page);
    await use(demo);
    await demo.expectNoComplaints();
  },
});

export { expect } from "@playwright/test";
