import { TaskQueue } from "../base/task_queue.js";

const queue = /* @__PURE__ */ new TaskQueue();

/**
 * All create, run and release calls of a realm go through here, whatever session or bundle they are
 * for: ONNX Runtime Web 1.30 blocks the thread for ever on overlapping runs of one WebGPU session,
 * never settles or rejects on overlapping runs of two, and reads freed memory when a session is
 * released during its run. A task must not call this function again: it would wait for itself.
 */
export function enqueueOrt<T>(task: () => Promise<T>): Promise<T> {
  return queue.run(task);
}
