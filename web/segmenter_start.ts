import { type FamilyMatch, matchFamily, readWanted, type WantedFamily } from "./families/detect.js";
import type { ModelFamily } from "./families/family.js";
import { families } from "./families/index.js";
import { fixedSizing } from "./families/input_sizing.js";
import { ModelSession } from "./runtime/model_session.js";
import type { LoadedModel } from "./runtime/model_store.js";
import { checkPicture } from "./runtime/self_check.js";
import { describeModel, type ModelPlan, planModel, planPreprocessing } from "./segmenter_plan.js";
import type { CreateOptions, Device, ModelInfo, Preprocessing, RawTensor, RunningModelInfo, TensorInfo } from "./types.js";

type StartOptions = CreateOptions & { device: "auto" | Device };

export interface StartedModel {
  readonly match: FamilyMatch;
  readonly session: ModelSession;
  readonly info: RunningModelInfo;
}

/**
 * Makes a session of a loaded model and settles how its outputs are read. A file that leaves open the dimensions by which families are told
 * apart is run once on a test picture; the outputs of that run have dimensions.
 */
export async function startModel(loaded: LoadedModel, options: StartOptions): Promise<StartedModel> {
  let plan = planModel(loaded, options);
  const mustTry = plan.detection.match === undefined && plan.detection.unresolved;
  const preprocessing = mustTry ? trialPreprocessing(plan) : planPreprocessing(plan, loaded, options);
  const session = await openSession(loaded, plan, preprocessing, options);
  try {
    if (mustTry)
      plan = withOutputs(plan, await session.run(checkPicture(preprocessing), options.signal), readWanted(options.family, options.variant));
    // Throws for a model that no family takes.
    const settled = planPreprocessing(plan, loaded, options);
    const info = describeModel(plan, loaded, options);
    const match = plan.detection.match!;
    return { match, session, info: runningInfo(info, match, settled) };
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

function runningInfo(info: ModelInfo, { family, binding }: FamilyMatch, preprocessing: Preprocessing): RunningModelInfo {
  const { sizing = fixedSizing, masks = true, batch = 1 } = info;
  return { ...info, family: family.name, variant: binding.variant, preprocessing, sizing, masks, batch };
}

function openSession(
  { bytes: model }: LoadedModel,
  { input }: ModelPlan,
  preprocessing: Preprocessing,
  { device, allowSoftwareAdapter = false, ortWasmPaths: wasmPaths, signal }: StartOptions,
): Promise<ModelSession> {
  return ModelSession.open({ model, input, preprocessing, device, allowSoftwareAdapter, wasmPaths, signal });
}

/** Only the size matters for the shapes of the outputs. */
function trialPreprocessing({ inputSize }: ModelPlan): Preprocessing {
  const [{ preprocessing }] = families as readonly [ModelFamily];
  return { ...preprocessing, ...inputSize };
}

function withOutputs(plan: ModelPlan, run: ReadonlyMap<string, RawTensor>, wanted: WantedFamily | undefined): ModelPlan {
  const outputs: TensorInfo[] = plan.signature.outputs.map((output) => ({ ...output, dims: run.get(output.name)?.dims }));
  const signature = { ...plan.signature, outputs };
  return { ...plan, signature, detection: matchFamily(signature, wanted) };
}
