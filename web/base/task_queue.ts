/**
 * Runs tasks one after another, in the order in which they were handed in, whether the one before
 * ended well or badly.
 */
export class TaskQueue {
  private tail: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.tail.then(task, task);
    // The tail must never reject, or one failure would reject every later call.
    this.tail = result.catch(() => undefined);
    return result;
  }
}
