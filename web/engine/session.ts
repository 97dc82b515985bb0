import type { LoadedModel } from "../model/store.js";
import { ModelSession } from "../runtime/model_session.js";
import type { SessionRequest } from "../runtime/session_request.js";
import type { EngineOptions } from "./types.js";

/** Opens the session of one model file, on the best device that can run it. */
export function openSession(
  { bytes: model, onnx: { quantizesAtRun } }: LoadedModel,
  options: Pick<EngineOptions, "device" | "allowSoftwareAdapter" | "ortWasmPaths" | "signal">,
  wanted: Pick<SessionRequest, "checkFeeds" | "keptOutputs">,
): Promise<ModelSession> {
  const { device = "auto", allowSoftwareAdapter = false, ortWasmPaths, signal } = options;
  return ModelSession.open({
    ...wanted,
    model,
    quantizesAtRun,
    device,
    allowSoftwareAdapter,
    wasmPaths: ortWasmPaths,
    signal,
  });
}
