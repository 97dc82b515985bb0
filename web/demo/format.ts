export const percent = (share: number): string => `${Math.round(share * 100)}%`;

export function milliseconds(ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  return ms < 999.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const deviceNames = { webgpu: "WebGPU", wasm: "WebAssembly", "node-cpu": "CPU" } as const;
export const deviceName = (device: keyof typeof deviceNames): string => deviceNames[device];

/** Area of an object as a share of the image and in pixels. */
export function areaText(area: number, width: number, height: number): string {
  const share = (100 * area) / (width * height);
  const shown = share >= 9.95 ? share.toFixed(0) : share >= 0.095 ? share.toFixed(1) : "< 0.1";
  return `${shown}% of the image · ${area.toLocaleString("en")} px`;
}

/** A file name without folder and extension, for naming a download. */
export const stem = (name: string): string =>
  name.replace(/^.*[\\/]/, "").replace(/\.[^.]*$/, "") || "image";
