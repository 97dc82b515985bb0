import type { ModelSource } from "../model/built_in_types.js";

/** Resolves addresses against the page. A worker would resolve them against its script. */
export function absoluteAddresses<T extends object>(options: T): T {
  const entries = Object.entries(options).map(([name, value]: [string, unknown]) => {
    if (modelNames.includes(name)) return [name, absoluteModel(value as ModelSource | undefined)];
    return [
      name,
      addressNames.includes(name) && value !== undefined ? absolute(value as string | URL) : value,
    ];
  });
  return Object.fromEntries(entries) as T;
}

const modelNames = ["model", "encoder", "decoder"];
const addressNames = ["coreUrl", "ortWasmPaths"];

function absoluteModel(model: ModelSource | undefined): ModelSource | undefined {
  const isBuiltIn = typeof model === "string" && /^[a-z0-9-]+$/.test(model);
  return (typeof model === "string" && !isBuiltIn) || model instanceof URL
    ? absolute(model)
    : model;
}

function absolute(address: string | URL): string {
  try {
    return new URL(address, (globalThis as { location?: { href: string } }).location?.href).href;
  } catch {
    // The worker reports what is wrong with the address.
    return String(address);
  }
}
