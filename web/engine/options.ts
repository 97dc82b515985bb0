import { devices } from "../base/device.js";
import { checkChoice, checkNames, type OptionNames } from "../base/options.js";
import { preprocessingNames } from "../base/preprocessing.js";
import type { EngineOptions } from "./types.js";

export const engineOptionNames = {
  device: true,
  allowSoftwareAdapter: true,
  worker: true,
  inputSize: true,
  preprocessing: true,
  cache: true,
  coreUrl: true,
  ortWasmPaths: true,
  onProgress: true,
  signal: true,
} satisfies OptionNames<EngineOptions>;

/** Calls whose only option is the signal. */
export const signalNames = { signal: true } satisfies OptionNames<{ signal?: AbortSignal }>;

/**
 * Checks what every segmenter is created with.
 * @param names those of its options
 * @throws MaskletError `badOption`
 */
export function checkEngineOptions(
  options: Pick<EngineOptions, "device" | "preprocessing">,
  names: Readonly<Record<string, true>>,
): void {
  checkNames("load", options, names);
  checkNames("load", options.preprocessing, preprocessingNames, "preprocessing");
  checkChoice("load", "device", options.device ?? "auto", ["auto", ...devices]);
}
