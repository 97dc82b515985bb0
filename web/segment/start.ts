import type { Preprocessing } from "../base/preprocessing.js";
import type { RawTensor, TensorInfo } from "../base/tensor.js";
import { openSession } from "../engine/session.js";
import {
  type FamilyMatch,
  matchFamily,
  readWanted,
  type WantedFamily,
} from "../families/detect.js";
import type { ModelFamily } from "../families/family.js";
import { families } from "../families/index.js";
import type { RunningModelInfo } from "../model/info.js";
import type { LoadedModel } from "../model/store.js";
import type { Feeds } from "../runtime/feed.js";
import type { ModelSession } from "../runtime/model_session.js";
import { checkImage } from "../runtime/self_check.js";
import { makeImageFeeds } from "./feeds.js";
import {
  describeModel,
  type ModelPlan,
  planModel,
  planPreprocessing,
  planSizing,
  requireMatch,
} from "./plan.js";
import type { CreateOptions } from "./types.js";

export interface StartedModel {
  readonly plan: ModelPlan;
  readonly match: FamilyMatch;
  readonly session: ModelSession;
  readonly info: RunningModelInfo;
}

/**
 * Opens a session of a loaded model and chooses its decoder. If the file does not give the
 * dimensions that identify the family, it runs once on a test image to get them.
 */
export async function startModel(
  loaded: LoadedModel,
  options: CreateOptions,
): Promise<StartedModel> {
  let plan = planModel(loaded, options);
  const { match: known, unresolved } = plan.detection;
  // Only a family can feed inputs other than the image.
  const mustTry = known === undefined && unresolved && plan.signature.inputs.length === 1;
  const preprocessing = mustTry
    ? trialPreprocessing(plan)
    : planPreprocessing(plan, loaded, options);
  const feeds = () => checkFeeds(plan, preprocessing);
  const session = await openSession(loaded, options, { checkFeeds: feeds });
  try {
    if (mustTry) {
      const { outputs } = await session.run(feeds(), { signal: options.signal });
      plan = withOutputs(plan, outputs, readWanted(options.family, options.variant));
    }
    const match = requireMatch(plan);
    return { plan, match, session, info: runningInfo(plan, match, loaded, options) };
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

function runningInfo(
  plan: ModelPlan,
  { family, binding }: FamilyMatch,
  loaded: LoadedModel,
  options: CreateOptions,
): RunningModelInfo {
  return {
    ...describeModel(plan, loaded, options),
    family: family.name,
    variant: binding.variant,
    preprocessing: planPreprocessing(plan, loaded, options),
    sizing: planSizing(plan, options),
    masks: family.masks !== false,
    batch: plan.batch,
  };
}

function checkFeeds(plan: ModelPlan, preprocessing: Preprocessing): Feeds {
  return makeImageFeeds(plan, checkImage(preprocessing), preprocessing);
}

/** The shapes of the outputs depend on the size alone. */
function trialPreprocessing({ signature: { inputSize } }: ModelPlan): Preprocessing {
  const [{ preprocessing }] = families as readonly [ModelFamily];
  return { ...preprocessing, ...inputSize };
}

function withOutputs(
  plan: ModelPlan,
  run: ReadonlyMap<string, RawTensor>,
  wanted: WantedFamily | undefined,
): ModelPlan {
  const outputs: TensorInfo[] = plan.signature.outputs.map((output) => ({
    ...output,
    dims: run.get(output.name)?.dims,
  }));
  const signature = { ...plan.signature, outputs };
  return { ...plan, signature, detection: matchFamily(signature, wanted) };
}
