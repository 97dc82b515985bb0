import puppeteer, { type Page } from "puppeteer-core";
import { startDisplay } from "./display.js";
import type { Engine, Tab } from "./engine.js";

export interface FirefoxPaths {
  readonly browser: string;
  readonly xvfb: string;
}

/** An official build of Firefox, over WebDriver BiDi. */
export async function startFirefox({
  browser: executablePath,
  xvfb,
}: FirefoxPaths): Promise<Engine> {
  const display = await startDisplay(xvfb);
  try {
    const { env } = display;
    const browser = await puppeteer.launch({
      browser: "firefox",
      executablePath,
      headless: false,
      env,
      protocolTimeout: 300_000,
    });
    return {
      newTab: async () => tabOf(await browser.newPage()),
      async close() {
        await browser.close();
        display.end();
      },
    };
  } catch (error) {
    display.end();
    throw error;
  }
}

function tabOf(page: Page): Tab {
  return {
    goTo: async (url) => void (await page.goto(url)),
    run: (expression) => page.evaluate(expression) as Promise<string>,
    onProblem(listener) {
      page.on("pageerror", (error) => listener("pageerror", String(error), page.url()));
      page.on("console", (message) => {
        if (message.type() === "error")
          listener("console", message.text(), message.location().url ?? "");
      });
    },
    close: () => page.close(),
  };
}
