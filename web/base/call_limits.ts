import { MaskletError, type Stage, throwIfAborted, untilAborted } from "./errors.js";
import { maxTimeoutMs } from "./limits.js";
import { optionError } from "./options.js";

/** How a call is ended before its result. */
export interface CallLimits {
  /** Ends the call with `aborted`. */
  signal?: AbortSignal;
  /**
   * Maximum time of the call in milliseconds, above 0; a longer call ends with `timedOut`.
   * @defaultValue no limit
   */
  timeoutMs?: number;
}

/**
 * Works until the signal aborts or the time is over. The task gets one signal for both.
 * @param stage the stage that the work begins with
 * @throws MaskletError `aborted` (before any work where the signal already is), `timedOut`,
 *   `badOption`
 */
export async function withinLimits<T>(
  stage: Stage,
  { signal, timeoutMs }: CallLimits,
  task: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  checkSignal(stage, signal);
  if (timeoutMs !== undefined) checkTimeout(stage, timeoutMs);
  throwIfAborted(signal, stage);
  if (timeoutMs === undefined) return untilAborted(task(signal), signal, stage);
  const both = new AbortController();
  const abort = () => both.abort(signal?.reason);
  const timer = setTimeout(() => {
    const message = `the call took longer than its timeoutMs, ${timeoutMs}`;
    both.abort(new MaskletError("timedOut", stage, message, { value: timeoutMs }));
  }, timeoutMs);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await untilAborted(task(both.signal), both.signal, stage);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/** Signals of another realm or of a polyfill count. */
export function checkSignal(stage: Stage, signal: unknown): void {
  if (signal === undefined) return;
  const { aborted, addEventListener } = (signal ?? {}) as Partial<AbortSignal>;
  if (typeof aborted === "boolean" && typeof addEventListener === "function") return;
  throw optionError(stage, "signal", signal, "an AbortSignal");
}

function checkTimeout(stage: Stage, timeoutMs: number): void {
  if (typeof timeoutMs === "number" && timeoutMs > 0 && timeoutMs <= maxTimeoutMs) return;
  throw optionError(stage, "timeoutMs", timeoutMs, `a number above 0, maximum ${maxTimeoutMs}`);
}
