import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { startDisplay } from "./display.js";
import type { Engine, Tab } from "./engine.js";

export interface WebkitPaths {
  readonly driver: string;
  readonly browser: string;
  readonly xvfb: string;
}

/**
 * WebKitGTK, the engine of Safari, over the WebDriver protocol (W3C, 2018). All tabs share one
 * window.
 */
export async function startWebkit({ driver, browser, xvfb }: WebkitPaths): Promise<Engine> {
  const display = await startDisplay(xvfb);
  const port = await freePort();
  // Its sandbox needs namespaces, which containers lack.
  const env = { ...display.env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" };
  const server = spawn(driver, [`--port=${port}`], { env, stdio: "ignore" });
  const call = caller(`http://127.0.0.1:${port}`);
  const end = () => {
    server.kill();
    display.end();
  };
  try {
    const options = { binary: browser, args: ["--automation"] };
    const { sessionId } = await untilUp(() =>
      call<{ sessionId: string }>("POST", "/session", {
        capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } },
      }),
    );
    const session = <T>(method: string, path: string, body?: object) =>
      call<T>(method, `/session/${sessionId}${path}`, body);
    await session("POST", "/timeouts", { script: 300_000 });
    return {
      newTab: async () => tabOf(session),
      async close() {
        await session("DELETE", "").catch(() => undefined);
        end();
      },
    };
  } catch (error) {
    end();
    throw error;
  }
}

type Call = <T>(method: string, path: string, body?: object) => Promise<T>;

function tabOf(session: Call): Tab {
  return {
    goTo: (url) => session("POST", "/url", { url }),
    run: (expression) =>
      session("POST", "/execute/async", { script: `${expression}.then(arguments[0])`, args: [] }),
    close: () => session("POST", "/url", { url: "about:blank" }),
  };
}

function caller(address: string): Call {
  return async <T>(method: string, path: string, body?: object) => {
    const response = await fetch(address + path, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const { value } = (await response.json()) as { value: unknown };
    if (!response.ok) throw new Error(`WebDriver ${method} ${path}: ${JSON.stringify(value)}`);
    return value as T;
  };
}

/** Waits until the driver listens, shortly after its start. */
async function untilUp<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = 50; ; --left) {
    try {
      return await attempt();
    } catch (error) {
      // The error of `fetch` before the driver listens.
      if (left === 0 || !(error instanceof TypeError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
