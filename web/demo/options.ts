import type { Device } from "../index.js";

/** Options in the page's address, mostly for tests: `?renderer=canvas2d&device=wasm&software`. */
export interface AppOptions {
  readonly renderer: "auto" | "webgl2" | "canvas2d";
  readonly device: "auto" | Device;
  readonly allowSoftwareAdapter: boolean;
}
