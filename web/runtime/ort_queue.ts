import { TaskQueue } from "../base/task_queue.js";

const queue = /* @__PURE__ */ new TaskQueue();

/**
 * Serializes all create, run and release calls of a realm, across sessions and bundles. ONNX
 * Runtime Web 1.30 blocks the thread forever on overlapping runs of one WebGPU session. On
 * overlapping runs of two sessions it rejects or never settles. It also reads freed memory if a
 * session is released during its run. A task must not call this function: it would wait for itself.
 */
export function enqueueOrt<T>(task: () => Promise<T>): Promise<T> {
  return queue.run(task);
}
