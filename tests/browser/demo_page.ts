/// What the specs of the demo page share: a page that fails its test on any script error or violation of the policy, and its handles.
import { test as base, expect, type Locator, type Page } from "@playwright/test";
import { demoUrl } from "./servers.js";

declare global {
  interface Window {
    policyViolations: string[];
  }
}

export const sampleNames = ["Beach", "Desk", "Kitchen"] as const;
export type SampleName = (typeof sampleNames)[number];

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
   * Opens the page and waits for the model. Canvas2D by default: without a GPU it draws faster, and the overlay's own spec and one test of
   * the page look after WebGL2.
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
    await expect(this.page.locator("#device-now")).toHaveAttribute("data-device", /./, { timeout: 90_000 });
  }

  async openSample(name: SampleName): Promise<void> {
    await this.page.getByRole("button", { name: `Sample picture: ${name}` }).click();
    await expect(this.overlay).toHaveAttribute("aria-label", /^Picture/);
    await this.idle();
  }

  /** Waits until nothing is being looked for. */
  async idle(): Promise<void> {
    await expect(this.page.locator("#stage")).toHaveAttribute("aria-busy", "false", { timeout: 90_000 });
  }

  async shownCount(): Promise<number> {
    return Number(await this.count.textContent());
  }

  async setSlider(id: "score" | "iou" | "fill", value: number): Promise<void> {
    await this.page.locator(`#${id}`).fill(String(value));
  }

  /** Pixels of the overlay on the page, RGBA, once the next frame has been drawn. */
  async overlayPixels(): Promise<{ width: number; height: number; data: number[] }> {
    return this.page.evaluate(async () => {
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      const overlay = document.getElementById("overlay") as HTMLCanvasElement;
      const { width, height } = overlay;
      const context = new OffscreenCanvas(width, height).getContext("2d")!;
      context.drawImage(overlay, 0, 0);
      return { width, height, data: [...context.getImageData(0, 0, width, height).data] };
    });
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
