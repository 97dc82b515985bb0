import type { Device } from "../base/device.js";
import { isNode } from "../base/realm.js";
import { loadOrt, webgpuBundle } from "./ort.js";
import type { OrtBundle, OrtModule } from "./ort_module.js";
import { refuseWebgpu } from "./webgpu_adapter.js";

/** The environment of a session. Tests replace it. */
export interface OrtRuntime {
  load(bundle: OrtBundle, wasmPaths: string | undefined): Promise<OrtModule>;
  refuseWebgpu(allowSoftware: boolean): Promise<string | undefined>;
  webgpuBundle(): "jspi" | "webgpu";
  isNode(): boolean;
}

export const realRuntime: OrtRuntime = { load: loadOrt, refuseWebgpu, webgpuBundle, isNode };

/** A device is missing or unreliable. The model itself may be fine. */
export class Refusal extends Error {}

/** The devices to try, best first. A device that the caller names is the only one. */
export function deviceLadder(device: "auto" | Device, inNode: boolean): readonly Device[] {
  if (device !== "auto") return [device];
  return inNode ? ["node-cpu", "wasm"] : ["webgpu", "wasm"];
}
