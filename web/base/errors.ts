/**
 * The stages in which an error can arise.
 *
 * @example
 * ```ts
 * import { type Stage, stages } from "masklet";
 *
 * const failures = new Map<Stage, number>(stages.map((stage) => [stage, 0]));
 * ```
 */
export const stages = [
  "load",
  "download",
  "compile",
  "source",
  "preprocess",
  "inference",
  "decode",
  "masks",
  "mask-operation",
  "export",
  "worker",
] as const;
/** The stage in which an error arose. */
export type Stage = (typeof stages)[number];

/**
 * Error codes of the TypeScript half. {@link CoreErrorCode} lists those of the C++ core.
 *
 * @example
 * ```ts
 * import { MaskletError, type WebErrorCode, webErrorCodes } from "masklet";
 *
 * const isWebError = (error: MaskletError) =>
 *   webErrorCodes.includes(error.code as WebErrorCode);
 * ```
 */
export const webErrorCodes = [
  "aborted",
  "timedOut",
  "disposed",
  "coreNotLoaded",
  "coreTrapped",
  "coreVersion",
  "networkError",
  "hashMismatch",
  "badModel",
  "unknownModel",
  "unknownFamily",
  "ambiguousModel",
  "badTensor",
  "badSource",
  "badOption",
  "noDevice",
  "deviceLost",
  "inferenceFailed",
  "workerFailed",
  "unsupported",
] as const;
/** An error code of the TypeScript half. */
export type WebErrorCode = (typeof webErrorCodes)[number];

/** An error code of the C++ core (`src/core/status.def`). */
export type CoreErrorCode =
  | "outOfMemory"
  | "badSize"
  | "tooManyPixels"
  | "bufferTooSmall"
  | "badArgument"
  | "badRank"
  | "badShape"
  | "badImageFile"
  | "badRuns"
  | "badRleString"
  | "noImage"
  | "noInstances"
  | "badIndex"
  | "truncatedImageFile"
  | "imageFileTooCostly";

/** What went wrong. */
export type ErrorCode = WebErrorCode | CoreErrorCode;

/** A {@link MaskletError} as a plain object, to be sent between threads. */
export interface SerializedError {
  code: ErrorCode;
  stage: Stage;
  message: string;
  value?: number | string;
}

/**
 * The only error type of the package. `message` names the cause and the offending value. An aborted
 * call rejects with the code `aborted`; `cause` is then the signal's reason, and `name` is
 * `AbortError`, as the platform's own calls have it. A call that took longer than its `timeoutMs`
 * has the code `timedOut` and the name `TimeoutError`.
 *
 * @example
 * ```ts
 * import { MaskletError, Segmenter } from "masklet";
 *
 * try {
 *   await Segmenter.create({ model: "model.onnx" });
 * } catch (error) {
 *   if (!(error instanceof MaskletError)) throw error;
 *   console.error(error.code, error.stage, error.value, error.message);
 * }
 * ```
 */
export class MaskletError extends Error {
  /** `AbortError` for `aborted`, `TimeoutError` for `timedOut`, else `MaskletError`. */
  override readonly name: "MaskletError" | "AbortError" | "TimeoutError";

  /**
   * @param code what went wrong
   * @param stage where it went wrong
   * @param message the cause and the offending value, in words
   * @param options the offending value, and the error or reason behind this error
   */
  constructor(
    readonly code: ErrorCode,
    readonly stage: Stage,
    message: string,
    options: { value?: number | string; cause?: unknown } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name =
      code === "aborted" ? "AbortError" : code === "timedOut" ? "TimeoutError" : "MaskletError";
    if (options.value !== undefined) this.value = options.value;
  }

  /** The offending value; undefined if the error has none. */
  readonly value?: number | string;

  /**
   * A plain object for `postMessage`, without `cause` and stack. {@link MaskletError.from} restores
   * the error.
   *
   * @example
   * ```ts
   * import { MaskletError } from "masklet";
   *
   * const error = new MaskletError("badOption", "load", "size is 0; it must be positive");
   * postMessage(error.serialize());
   * ```
   */
  serialize(): SerializedError {
    const { code, stage, message, value } = this;
    return value === undefined ? { code, stage, message } : { code, stage, message, value };
  }

  /**
   * Restores an error that {@link MaskletError.serialize} made plain.
   *
   * @example
   * ```ts
   * import { MaskletError, type SerializedError } from "masklet";
   *
   * const received: SerializedError = { code: "aborted", stage: "load", message: "aborted" };
   * const error = MaskletError.from(received);
   * ```
   */
  static from({ code, stage, message, value }: SerializedError): MaskletError {
    return new MaskletError(code, stage, message, value === undefined ? {} : { value });
  }
}

/**
 * Call it between stages.
 * @throws MaskletError `aborted` if the signal is aborted, `timedOut` if a time limit aborted it.
 * @internal
 */
export function throwIfAborted(signal: AbortSignal | undefined, stage: Stage): void {
  if (signal?.aborted) throw abortedError(signal, stage, `the call was aborted before ${stage}`);
}

/**
 * The error of a call whose signal is aborted: `aborted`, unless the signal was aborted with an
 * error of this package. @internal
 */
export function abortedError(
  { reason }: AbortSignal,
  stage: Stage,
  message = "the call was aborted",
): MaskletError {
  if (reason instanceof MaskletError) return reason;
  return new MaskletError("aborted", stage, message, { cause: reason });
}

/**
 * Settles as `work` does, or rejects with `aborted` as soon as the signal aborts. Aborting does not
 * stop the work itself. @internal
 */
export function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  stage: Stage,
): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(abortedError(signal, stage));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
