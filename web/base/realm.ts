/** Whether this realm is Node, Bun or Deno: it has files and lacks a browser's globals. */
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
 * Imports a module of Node. Bundlers must not see the specifier: they would look for a browser
 * version of the module.
 */
export function importInNode<T>(specifier: string): Promise<T> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ specifier) as Promise<T>;
}
