/** Where in the way of the data an error arose. */
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
export type Stage = (typeof stages)[number];

/** What can go wrong outside the C++ core; the core's own codes are in `core/codes.gen.ts`. */
export const webErrorCodes = [
  "aborted",
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
export type WebErrorCode = (typeof webErrorCodes)[number];

/** Names of the statuses of the C++ core (`src/core/status.def`), except `ok`. */
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

export type ErrorCode = WebErrorCode | CoreErrorCode;

/** Plain form of a {@link MaskletError}, as it crosses a worker boundary. */
export interface SerializedError {
  code: ErrorCode;
  stage: Stage;
  message: string;
  value?: number | string;
}

/**
 * The one error type of the package. `code` says what is wrong, `stage` where, `message` names the
 * cause and the offending value in words, `value` is that value on its own. An aborted call also
 * rejects with this type, code `aborted`; `cause` is then the signal's reason.
 */
export class MaskletError extends Error {
  override readonly name = "MaskletError";

  constructor(
    readonly code: ErrorCode,
    readonly stage: Stage,
    message: string,
    options: { value?: number | string; cause?: unknown } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    if (options.value !== undefined) this.value = options.value;
  }

  readonly value?: number | string;

  /** For `postMessage`; `MaskletError.from` is the way back. */
  serialize(): SerializedError {
    const { code, stage, message, value } = this;
    return value === undefined ? { code, stage, message } : { code, stage, message, value };
  }

  static from({ code, stage, message, value }: SerializedError): MaskletError {
    return new MaskletError(code, stage, message, value === undefined ? {} : { value });
  }
}

/** Throws `aborted` when the signal is; to be called between stages. */
export function throwIfAborted(signal: AbortSignal | undefined, stage: Stage): void {
  if (signal?.aborted)
    throw new MaskletError("aborted", stage, `the call was aborted before ${stage}`, {
      cause: signal.reason,
    });
}

/**
 * `work`, or a rejection with `aborted` as soon as the signal is; the work itself goes on
 * unwatched. @internal
 */
export function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  stage: Stage,
): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () =>
      reject(new MaskletError("aborted", stage, "the call was aborted", { cause: signal.reason }));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
