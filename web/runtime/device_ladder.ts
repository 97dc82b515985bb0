import type { Device } from "../base/device.js";
import { isNode } from "../base/realm.js";
import { loadOrt, webgpuBundle } from "./ort.js";
import type { OrtBundle, OrtModule } from "./ort_module.js";
import { refuseWebgpu } from "./webgpu_adapter.js";

/** What a session needs of its surroundings; a test puts its own in. */
export interface OrtRuntime {
  load(bundle: OrtBundle, wasmPaths: string | undefined): Promise<OrtModule>;
  refuseWebgpu(allowSoftware: boolean): Promise<string | undefined>;
  webgpuBundle(): "jspi" | "webgpu";
  isNode(): boolean;
}

export const realRuntime: OrtRuntime = { load: loadOrt, refuseWebgpu, webgpuBundle, isNode };

/** A device is not there or not to be trusted; says nothing against the model. */
export class Refusal extends Error {}

/** Devices to be tried, best first. What the caller names is the only one tried. */
export function deviceLadder(device: "auto" | Device, inNode: boolean): readonly Device[] {
  if (device !== "auto") return [device];
  return inNode ? ["node-cpu", "wasm"] : ["webgpu", "wasm"];
}
