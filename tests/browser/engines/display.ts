import { spawn } from "node:child_process";

/**
 * A screen in memory. With a window, all browsers support WebGL2 without a GPU; headless, only some
 * do.
 */
export interface Display {
  /** Environment of a program that uses this screen. */
  readonly env: NodeJS.ProcessEnv;
  end(): void;
}

/** `xvfb`: path of X's virtual framebuffer, which takes the first free number. */
export async function startDisplay(xvfb: string): Promise<Display> {
  const screen = spawn(xvfb, ["-displayfd", "3", "-screen", "0", "1400x1000x24"], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const number = await firstLine(screen.stdio[3] as NodeJS.ReadableStream);
  const env = { ...process.env, DISPLAY: `:${number}`, LIBGL_ALWAYS_SOFTWARE: "1" };
  return { env, end: () => void screen.kill() };
}

function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    stream.on("data", (data) => {
      text += data;
      if (text.includes("\n")) resolve(text.trim());
    });
    stream.on("end", () => reject(new Error("the virtual display did not start")));
  });
}
