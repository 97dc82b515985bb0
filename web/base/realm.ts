/**
 * Whether this realm is Node (or Bun, or Deno with Node's process): there are files and no browser.
 */
export function isNode(): boolean {
  const { process, window, importScripts } = globalThis as {
    process?: { versions?: { node?: string } };
    window?: unknown;
    importScripts?: unknown;
  };
  return (
    typeof process?.versions?.node === "string" &&
    window === undefined &&
    importScripts === undefined
  );
}

/**
 * Imports a module that only Node has. The specifier is kept from bundlers: one that follows it
 * would ask for a browser's version of it.
 */
export function importInNode<T>(specifier: string): Promise<T> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ specifier) as Promise<T>;
}
