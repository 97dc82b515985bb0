import type { EverythingAnswer, ImageAnswer, PromptAnswer } from "../prompt/calls.js";
import { LocalPromptEngine } from "../prompt/engine.js";
import type { PromptCandidate, PromptSegmenterOptions } from "../prompt/types.js";
import { type Calls, withReports } from "./calls.js";
import type { PromptApi } from "./protocol.js";

const noCargo = { sources: [], owned: [] };

/** The calls of a worker with a PromptSegmenter's engine. */
export function promptApi(calls: Calls): PromptApi {
  return {
    createPrompt: (call, options, onProgress) =>
      calls.start(call, (signal) =>
        withReports(onProgress, (report) =>
          LocalPromptEngine.create({
            ...options,
            signal,
            onProgress: report,
          } as unknown as PromptSegmenterOptions),
        ),
      ),

    setImage: (call, sources, owned) =>
      calls.run<LocalPromptEngine, ImageAnswer>(
        call,
        { sources, owned },
        () => [],
        (engine, signal) => engine.setImage(sources[0]!, signal),
      ),

    ask: (call, image, ask) =>
      calls.run<LocalPromptEngine, PromptAnswer>(call, noCargo, arraysOfAnswers, (engine, signal) =>
        engine.ask(image, ask, signal),
      ),

    everything: (call, image, settings, onProgress) =>
      calls.run<LocalPromptEngine, EverythingAnswer>(
        call,
        noCargo,
        arraysOfCandidates,
        (engine, signal) =>
          withReports(onProgress, (report) =>
            engine.everything(image, settings, { signal, onProgress: report }),
          ),
      ),
  };
}

function arraysOfAnswers({ answers }: PromptAnswer): Transferable[] {
  return arraysOfCandidates({ candidates: answers.map(({ candidate }) => candidate) });
}

function arraysOfCandidates({
  candidates,
}: {
  readonly candidates: readonly PromptCandidate[];
}): Transferable[] {
  return candidates.flatMap(({ mask, lowResMask }) => {
    const arrays = [mask.runs, mask.coverage, lowResMask?.logits];
    return arrays.flatMap((array) => (array ? [array.buffer as ArrayBuffer] : []));
  });
}
