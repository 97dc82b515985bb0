/** A call was given up. It may still be going on. */
export class Unending extends Error {}

/** When a call is given up. */
export interface Patience {
  /** Signals that nobody waits for the result, and how long the call may then go on. */
  readonly unwanted: readonly (readonly [AbortSignal | undefined, number])[];
  /** Maximum time of the call; default: no limit. */
  readonly limitMs?: number | undefined;
}

/**
 * Waits for a call that may never settle.
 * @throws Unending when patience is at its end
 */
export function untilGivenUp<T>(call: Promise<T>, { unwanted, limitMs }: Patience): Promise<T> {
  return new Promise((resolve, reject) => {
    const timers: ReturnType<typeof setTimeout>[] = [];
    const done = new AbortController();
    const giveUpAfter = (ms: number, why: string) => {
      const giveUp = () => {
        end();
        reject(new Unending(`it did not end within ${ms} ms${why}`));
      };
      timers.push(setTimeout(giveUp, ms));
    };
    const end = () => {
      done.abort();
      for (const timer of timers) clearTimeout(timer);
    };
    if (limitMs !== undefined) giveUpAfter(limitMs, "");
    for (const [signal, graceMs] of unwanted) {
      const start = () => giveUpAfter(graceMs, " after it was aborted");
      if (signal?.aborted) start();
      else signal?.addEventListener("abort", start, { once: true, signal: done.signal });
    }
    call.then(resolve, reject).finally(end);
  });
}

/** Waits for a task, at most for a time. A task that fails counts as done. */
export function settledWithin(task: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    task
      .catch(() => undefined)
      .then(() => {
        clearTimeout(timer);
        resolve();
      });
  });
}
