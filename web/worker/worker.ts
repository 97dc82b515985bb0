// Entry of the module worker: one engine, its calls by number.
import { expose } from "comlink";
import { type EngineResult, LocalEngine, type RawEngineResult } from "../segment/engine.js";
import { Calls, withReports } from "./calls.js";
import { promptApi } from "./prompt_worker.js";
import type { SegmentApi, WorkerApi } from "./protocol.js";
import { holdLockForLife } from "./watch.js";

const calls = new Calls();

const segmentApi: SegmentApi = {
  create: (call, options, onProgress) =>
    calls.start(call, (signal) =>
      withReports(onProgress, (report) =>
        LocalEngine.create({ ...options, signal, onProgress: report }),
      ),
    ),

  segment: (call, sources, owned, options) =>
    calls.run<LocalEngine, EngineResult[]>(
      call,
      { sources, owned },
      arraysOfColumns,
      (engine, signal) => engine.segment(sources, { ...options, signal }),
    ),

  infer: (call, sources, owned) =>
    calls.run<LocalEngine, RawEngineResult>(
      call,
      { sources, owned },
      arraysOfOutputs,
      (engine, signal) => engine.infer(sources[0]!, signal),
    ),
};

const api: WorkerApi = {
  hold: holdLockForLife,
  ...segmentApi,
  ...promptApi(calls),
  abort: (call) => calls.abort(call),
  dispose: () => calls.dispose(),
};

function arraysOfColumns(results: readonly EngineResult[]): Transferable[] {
  const columns = results.flatMap((result) => Object.values(result.columns));
  return columns.flatMap((column) =>
    ArrayBuffer.isView(column) ? [column.buffer as ArrayBuffer] : [],
  );
}

function arraysOfOutputs({ outputs }: RawEngineResult): Transferable[] {
  return [...outputs.values()].map(({ data }) => data.buffer as ArrayBuffer);
}

expose(api);
