// Every limit of time and size that the TypeScript half sets, each with its reason.

/**
 * Maximum wait of `dispose` for a run under way, in milliseconds. After it, the worker is ended; on
 * the page's own thread, the session is left to its run and released when that ends.
 */
export const disposeGraceMs = 2_000;

/** The same for one session; shorter, so that a worker can still answer in time. */
export const sessionGraceMs = 1_000;

/**
 * Maximum time that a run may go on after its call was aborted, in milliseconds. After it, other
 * runs of the realm no longer wait for it. Large encoders on slow GPUs take several seconds.
 */
export const runGraceMs = 8_000;

/**
 * Maximum time that a worker may leave an aborted call unanswered, in milliseconds. After it, the
 * worker is ended, and the next call starts another. Longer than {@link runGraceMs}: where the
 * worker itself can give up the run, it keeps what it holds.
 */
export const workerGraceMs = 10_000;

/**
 * Maximum time of one run on a hardware GPU, in milliseconds. A longer run counts as hung: the next
 * device takes over. Software adapters have no such limit.
 */
export const gpuRunLimitMs = 60_000;

/**
 * Maximum number of metadata entries, of initializers, and of inputs and outputs of an ONNX file,
 * above any real model's. Their reading takes time linear in the file.
 */
export const maxOnnxEntries = 65_536;

/** Maximum number of inputs and outputs that a run feeds or gives; real models have below 100. */
export const maxTensors = 1_024;

/** Maximum number of axes of a tensor, as NumPy has it. */
export const maxRank = 64;

/** Maximum side of a network's image input, in pixels. */
export const maxInputSide = 8_192;

/** Maximum number of values of a network's image input, all images of a run together: 1 GB. */
export const maxInputValues = 2 ** 28;

/** Maximum time in which no byte of a download arrives, in milliseconds. */
export const downloadStallMs = 30_000;

/** How often a model is downloaded when a transfer breaks off. */
export const downloadAttempts = 2;

/** Maximum size of a model file, in bytes: that of a protobuf message. */
export const maxModelBytes = 2 ** 31;

/**
 * Maximum time for the question whether a cached model has changed, in milliseconds. After it, the
 * cached model counts as current.
 */
export const headLimitMs = 5_000;

/** How much a score may be above 1: what quantized networks round. */
export const scoreTolerance = 0.01;

/** Maximum of `timeoutMs`: what timers can take, nearly 25 days. */
export const maxTimeoutMs = 2 ** 31 - 1;
