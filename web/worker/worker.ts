// Entry of the module worker: one engine and its numbered calls.
import { expose } from "comlink";
import type { EngineOptions } from "../engine/types.js";
import { LocalPromptEngine } from "../prompt/engine.js";
import { LocalEngine } from "../segment/engine.js";
import { Calls } from "./calls.js";
import type { EngineKind, Engines, WorkerApi } from "./protocol.js";
import { holdLockForLife } from "./watch.js";

type Create<K extends EngineKind> = (
  options: Engines[K]["options"],
) => Promise<Engines[K]["engine"]>;

const creates: { readonly [K in EngineKind]: Create<K> } = {
  segment: (options) => LocalEngine.create(options),
  prompt: (options) => LocalPromptEngine.create(options),
};

const calls = new Calls();

const api: WorkerApi = {
  hold: holdLockForLife,
  create: (call, kind, options, onProgress) =>
    calls.start(call, kind, onProgress, (own: Pick<EngineOptions, "signal" | "onProgress">) =>
      creates[kind]({ ...options, ...own }),
    ),
  work: (call, name, sources, owned, input, onProgress) =>
    calls.work(call, name, { sources, owned }, input, onProgress),
  abort: (call) => calls.abort(call),
  dispose: () => calls.dispose(),
};

expose(api);
