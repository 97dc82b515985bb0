import { type CallLimits, withinLimits } from "../base/call_limits.js";
import { throwIfAborted } from "../base/errors.js";
import type { Box } from "../base/geometry.js";
import { checkNames, type OptionNames, optionError } from "../base/options.js";
import { TaskQueue } from "../base/task_queue.js";
import type { Mask } from "../mask/mask.js";
import type { PredictOptions, PromptCandidate, PromptPoint, PromptResult } from "./types.js";

/** How a session asks: `PromptSegmenter.predict` about the session's own image. */
export type Predict = (options: PredictOptions) => Promise<PromptResult>;

export interface SessionOptions extends CallLimits {
  /** Also give each mask an 8-bit soft coverage. Default false. */
  soft?: boolean;
}

const sessionNames = {
  soft: true,
  signal: true,
  timeoutMs: true,
} satisfies OptionNames<SessionOptions>;

/** The prompts so far, and what was answered. Never changed: undo gives back the very same. */
interface State {
  readonly points: readonly PromptPoint[];
  readonly box: Box | undefined;
  readonly result: PromptResult | undefined;
  readonly chosen: number;
}

const nothing: State = { points: [], box: undefined, result: undefined, chosen: 0 };

/**
 * One object selected step by step: every click starts from the mask before it. Made by
 * `PromptSegmenter.session`; stays with its image, also when another one is set.
 *
 * Calls may overlap; they are worked on one after another. A call that fails changes nothing.
 */
export class PromptSession {
  private readonly past: State[] = [];
  private readonly future: State[] = [];
  private state: State = nothing;
  private readonly calls = new TaskQueue();

  /** @internal */
  constructor(private readonly predict: Predict) {}

  get points(): readonly PromptPoint[] {
    return this.state.points;
  }

  get box(): Box | undefined {
    return this.state.box;
  }

  /** The answer to the prompts so far; undefined while there are none. */
  get result(): PromptResult | undefined {
    return this.state.result;
  }

  /**
   * Which candidate of the result is meant: it is fed into the next step. The best one, unless
   * {@link choose} said otherwise.
   */
  get chosen(): number {
    return this.state.chosen;
  }

  /** The candidate that is meant. */
  get candidate(): PromptCandidate | undefined {
    return this.state.result?.candidates[this.state.chosen];
  }

  /** The mask that is meant. */
  get mask(): Mask | undefined {
    return this.candidate?.mask;
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /**
   * Adds a point and asks again, starting from the mask that is meant.
   * @throws MaskletError as `predict`
   */
  addPoint(point: PromptPoint, options: SessionOptions = {}): Promise<PromptResult | undefined> {
    return this.step(({ points, box }) => ({ points: [...points, point], box }), true, options);
  }

  /**
   * Takes out the point of this index, or the last one, and asks again, without the mask so far,
   * which the point has shaped.
   * @throws MaskletError `badOption` for a point that there is not, and as `predict`
   */
  removePoint(
    index = this.state.points.length - 1,
    options: SessionOptions = {},
  ): Promise<PromptResult | undefined> {
    return this.step(
      ({ points, box }) => ({ points: without(points, index), box }),
      false,
      options,
    );
  }

  /**
   * Sets the box, or takes it away, and asks again without the mask so far.
   * @throws MaskletError as `predict`
   */
  setBox(box: Box | undefined, options: SessionOptions = {}): Promise<PromptResult | undefined> {
    return this.step(({ points }) => ({ points, box }), false, options);
  }

  /**
   * Says which candidate is meant.
   * @throws MaskletError `badOption` for one that there is not
   */
  choose(index: number): void {
    const count = this.state.result?.candidates.length ?? 0;
    if (!(Number.isInteger(index) && index >= 0 && index < count))
      throw optionError("preprocess", "candidate", index, indexBelow(count));
    this.state = { ...this.state, chosen: index };
  }

  /** Back to the step before, at once and without asking. False when there is none. */
  undo(): Promise<boolean> {
    return this.calls.run(async () => this.move(this.past, this.future));
  }

  /** Forth again. */
  redo(): Promise<boolean> {
    return this.calls.run(async () => this.move(this.future, this.past));
  }

  /** Forgets prompts and steps: the next object. */
  reset(): Promise<void> {
    return this.calls.run(async () => {
      this.past.length = 0;
      this.future.length = 0;
      this.state = nothing;
    });
  }

  private async step(
    change: (state: State) => Pick<State, "points" | "box">,
    feedBack: boolean,
    options: SessionOptions,
  ): Promise<PromptResult | undefined> {
    checkNames("preprocess", options, sessionNames);
    const { soft = false } = options;
    return withinLimits("preprocess", options, (signal) =>
      this.takeStep(change, feedBack, soft, signal),
    );
  }

  private takeStep(
    change: (state: State) => Pick<State, "points" | "box">,
    feedBack: boolean,
    soft: boolean,
    signal: AbortSignal | undefined,
  ): Promise<PromptResult | undefined> {
    return this.calls.run(async () => {
      throwIfAborted(signal, "preprocess");
      const { points, box } = change(this.state);
      const mask = feedBack ? this.candidate?.lowResMask : undefined;
      const isEmpty = points.length === 0 && box === undefined;
      const optional = {
        ...(box ? { box } : {}),
        ...(mask ? { mask } : {}),
        ...(signal ? { signal } : {}),
      };
      const result = isEmpty ? undefined : await this.predict({ points, soft, ...optional });
      this.past.push(this.state);
      this.future.length = 0;
      this.state = { points, box, result, chosen: 0 };
      return result;
    });
  }

  private move(from: State[], to: State[]): boolean {
    const state = from.pop();
    if (!state) return false;
    to.push(this.state);
    this.state = state;
    return true;
  }
}

function without(points: readonly PromptPoint[], index: number): PromptPoint[] {
  if (Number.isInteger(index) && index >= 0 && index < points.length)
    return points.filter((_, i) => i !== index);
  throw optionError("preprocess", "point", index, indexBelow(points.length));
}

function indexBelow(count: number): string {
  return count === 0 ? "left out: there are none yet" : `an index from 0 to ${count - 1}`;
}
