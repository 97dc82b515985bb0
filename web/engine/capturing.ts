import type { Source } from "../base/image.js";
import { captureSource } from "../source/capture.js";
import type { Engine, Work } from "./engine.js";

type AnyWork = Work<unknown, object, never>;

/**
 * An engine of the caller's own thread that takes sources as they are when the call is made, as a
 * worker does.
 * @param works the names of its kinds of work
 */
export function capturing<E extends Engine>(
  engine: E,
  works: Readonly<Record<Exclude<keyof E, "state" | "dispose">, true>>,
): E {
  const wrapped: Engine = {
    get state() {
      return engine.state;
    },
    dispose: () => engine.dispose(),
  };
  const capture = (name: string): AnyWork => {
    const work = (engine as unknown as Record<string, AnyWork>)[name]!.bind(engine);
    return async (sources, input, reporting) => work(await captureAll(sources), input, reporting);
  };
  const all = Object.keys(works).map((name) => [name, capture(name)]);
  return Object.assign(wrapped, Object.fromEntries(all)) as E;
}

/** All sources as they are now. */
export function captureAll(sources: readonly Source[]): Promise<Source[]> {
  return Promise.all(sources.map(captureSource));
}
