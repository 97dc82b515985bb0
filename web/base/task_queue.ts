/** Runs tasks one at a time, in order of arrival. A failed task does not stop the next ones. */
export class TaskQueue {
  private tail: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.tail.then(task, task);
    // The tail must never reject, or one failure would reject every later call.
    this.tail = result.catch(() => undefined);
    return result;
  }
}
