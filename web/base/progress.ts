import type { Stage } from "./errors.js";
import { optionError } from "./options.js";

/**
 * The caller's function, made harmless: whatever it throws, or rejects with, is written to the
 * console and ends nothing.
 * @throws MaskletError `badOption` for anything but a function
 */
export function harmless<P>(
  stage: Stage,
  onProgress: ((progress: P) => unknown) | undefined,
): ((progress: P) => void) | undefined {
  if (onProgress === undefined) return undefined;
  if (typeof onProgress !== "function")
    throw optionError(stage, "onProgress", onProgress, "a function");
  return (progress) => {
    const tell = (error: unknown) => console.error("masklet: onProgress failed:", error);
    try {
      Promise.resolve(onProgress(progress)).catch(tell);
    } catch (error) {
      tell(error);
    }
  };
}
