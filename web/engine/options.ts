import { type CallLimits, checkSignal } from "../base/call_limits.js";
import { devices } from "../base/device.js";
import { throwIfAborted } from "../base/errors.js";
import { checkChoice, checkNames, type OptionNames } from "../base/options.js";
import { preprocessingNames } from "../base/preprocessing.js";
import { harmless } from "../base/progress.js";
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

/** The options of every call, and of some calls the only ones. */
export const limitNames = { signal: true, timeoutMs: true } satisfies OptionNames<CallLimits>;

/**
 * Checks what every segmenter is created with.
 * @param names those of its options
 * @returns the options, with a function for progress that does not throw
 * @throws MaskletError `badOption`, `aborted`
 */
export function checkEngineOptions<T extends EngineOptions>(
  options: T,
  names: Readonly<Record<string, true>>,
): T {
  checkNames("load", options, names);
  checkSignal("load", options.signal);
  throwIfAborted(options.signal, "load");
  checkNames("load", options.preprocessing, preprocessingNames, "preprocessing");
  checkChoice("load", "device", options.device ?? "auto", ["auto", ...devices]);
  const onProgress = harmless("load", options.onProgress);
  return onProgress ? { ...options, onProgress } : options;
}
