import { MaskletError } from "../base/errors.js";

/** Reports a worker's end once, until `stop` is called. */
export interface Watch {
  /**
   * Call this after the worker has taken the lock of this name. From then on, the watch also
   * notices a silent end.
   */
  holdsLock(name: string): void;
  stop(): void;
}

/**
 * Watches a worker. A script that does not load and an uncaught error arrive as events. A worker
 * that is terminated or runs out of memory sends nothing, but the browser releases its lock (Web
 * Locks API), so the watch waits for that lock.
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
 * Runs in the worker and takes a lock for its whole life. Resolves to false without the Web Locks
 * API (pages outside a secure context).
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
