import { MaskletError } from "../base/errors.js";

/** Tells of a worker's end once, until `stop` is called. */
export interface Watch {
  /**
   * To be called when the worker answers, with the name that it was given: from then on its silent
   * end is noticed too.
   */
  holdsLock(name: string): void;
  stop(): void;
}

/**
 * Watches a worker. A script that cannot be loaded and an uncaught error are events; a worker that
 * is ended from outside or runs out of memory says nothing, but it gives back its locks: who waits
 * for the lock that it holds (Web Locks API) learns of its end.
 */
export function watchWorker(worker: Worker, onDeath: (error: MaskletError) => void): Watch {
  const stopped = new AbortController();
  const die = (what: string) => {
    if (stopped.signal.aborted) return;
    stopped.abort();
    onDeath(new MaskletError("workerFailed", "worker", `the worker ended: ${what}`));
  };
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    die(event.message || "its script could not be loaded");
  });
  worker.addEventListener("messageerror", () => die("a message could not be read"));
  return {
    holdsLock(name) {
      const locks = (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
      locks
        ?.request(name, { signal: stopped.signal }, () =>
          die("it was terminated or ran out of memory"),
        )
        .catch(() => undefined);
    },
    stop: () => stopped.abort(),
  };
}

/**
 * Called in the worker: takes a lock for its whole life. False where there is no Web Locks API
 * (pages without a secure context).
 */
export function holdLockForLife(name: string): Promise<boolean> {
  const locks = (globalThis as { navigator?: { locks?: LockManager } }).navigator?.locks;
  if (!locks) return Promise.resolve(false);
  return new Promise((resolve) => {
    locks
      .request(name, () => {
        resolve(true);
        return new Promise(() => undefined);
      })
      .catch(() => resolve(false));
  });
}
