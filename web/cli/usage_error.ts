/**
 * Wrong usage of a command. The message appears without a stack, and the exit code is 2.
 */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
