/// Drives official browser builds, which Playwright does not support. It covers specs that only run
/// script in a page.

import type { Page } from "@playwright/test";

/** Timeout of `waitForFunction`, shorter than that of a test. */
const patienceMs = 90_000;

/** The methods of Playwright's Page that these specs may use. */
export type ScriptPage = Pick<Page, "goto" | "evaluate" | "waitForFunction" | "on" | "close">;

/** A running browser. */
export interface Engine {
  newTab(): Promise<Tab>;
  close(): Promise<void>;
}

/** One tab of it: the part that depends on the protocol. */
export interface Tab {
  goTo(url: string): Promise<void>;
  /** Runs an expression in the page and awaits its promise of a string. */
  run(expression: string): Promise<string>;
  /** Reports errors: script errors and errors on the console. */
  onProblem?(listener: (kind: "pageerror" | "console", text: string, url: string) => void): void;
  close(): Promise<void>;
}

// JSON lacks undefined, NaN and typed arrays. These functions also run in the page, from their
// source text.
function toText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (part === undefined) return { $: "undefined" };
    if (typeof part === "number" && !Number.isFinite(part))
      return { $: "number", text: String(part) };
    if (ArrayBuffer.isView(part))
      return { $: part.constructor.name, values: [...(part as Uint8Array)] };
    return part;
  });
}

function fromText(text: string): unknown {
  const revive = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null) return part;
    const { $: type, text, values } = part as { $?: string; text?: string; values?: number[] };
    if (type === "undefined") return undefined;
    if (type === "number") return Number(text);
    if (type !== undefined)
      return new (globalThis as unknown as Record<string, new (values: number[]) => unknown>)[
        type
      ]!(values!);
    if (Array.isArray(part)) return part.map(revive);
    return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, revive(value)]));
  };
  return revive(JSON.parse(text));
}

async function outcomeOf(task: (argument: unknown) => unknown, argument: string): Promise<string> {
  try {
    return toText({ value: await task(fromText(argument)) });
  } catch (error) {
    const { stack = "" } = error as Error;
    return toText({ error: stack.includes(String(error)) ? stack : `${error}\n${stack}` });
  }
}

/** A function of a spec, called in the page with one argument. */
function callOf(task: unknown, argument: unknown): string {
  const call = `outcomeOf(${task}, ${JSON.stringify(toText(argument))})`;
  return `(async () => { ${toText} ${fromText} ${outcomeOf} return ${call}; })()`;
}

async function evaluate(tab: Tab, task: unknown, argument: unknown): Promise<unknown> {
  const outcome = fromText(await tab.run(callOf(task, argument))) as
    | { value: unknown }
    | { error: string };
  if ("error" in outcome) throw new Error(`in the page: ${outcome.error}`);
  return outcome.value;
}

/** Playwright's methods on top of a tab. */
export function pageOf(tab: Tab): ScriptPage {
  const listeners: ["pageerror" | "console", (event: never) => unknown][] = [];
  tab.onProblem?.((kind, text, url) => {
    const event =
      kind === "pageerror"
        ? new Error(text)
        : { type: () => "error", text: () => text, location: () => ({ url }) };
    for (const [wanted, listener] of listeners) if (wanted === kind) listener(event as never);
  });
  const page = {
    async goto(url: string) {
      const { headers } = await fetch(url, { method: "HEAD" });
      await tab.goTo(url);
      return { headers: () => Object.fromEntries(headers) };
    },
    evaluate: (task: unknown, argument: unknown) => evaluate(tab, task, argument),
    async waitForFunction(task: unknown, argument: unknown) {
      for (const end = Date.now() + patienceMs; !(await evaluate(tab, task, argument)); ) {
        // It must not query the page of the next test.
        if (Date.now() > end) throw new Error(`not within ${patienceMs} ms: ${task}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    on: (name: "pageerror" | "console", listener: (event: never) => unknown) =>
      listeners.push([name, listener]),
    close: () => tab.close(),
  };
  return page as unknown as ScriptPage;
}
