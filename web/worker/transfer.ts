/**
 * The buffers of all arrays in an answer, for a transfer to another thread. The engine must not
 * keep any of these arrays.
 */
export function buffersOf(answer: unknown): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  collect(answer, buffers);
  return [...buffers];
}

function collect(value: unknown, into: Set<ArrayBuffer>): void {
  if (typeof value !== "object" || value === null) return;
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) into.add(value.buffer);
    return;
  }
  const parts = value instanceof Map ? value.values() : Object.values(value);
  for (const part of parts) collect(part, into);
}
