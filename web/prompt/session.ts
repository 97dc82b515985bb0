import { type CallLimits, withinLimits } from "../base/call_limits.js";
import { throwIfAborted } from "../base/errors.js";
import type { Box } from "../base/geometry.js";
import { checkNames, type OptionNames, optionError } from "../base/options.js";
import { TaskQueue } from "../base/task_queue.js";
import type { Mask } from "../mask/mask.js";
import type { PredictOptions, PromptCandidate, PromptPoint, PromptResult } from "./types.js";

/** Calls `PromptSegmenter.predict` on the session's own image. */
export type Predict = (options: PredictOptions) => Promise<PromptResult>;

/** Options of one step of a {@link PromptSession}. */
export interface SessionOptions extends CallLimits {
  /**
   * Adds 8-bit soft coverage to each mask.
   * @defaultValue `false`
   */
  soft?: boolean;
}

const sessionNames = {
  soft: true,
  signal: true,
  timeoutMs: true,
} satisfies OptionNames<SessionOptions>;

/** The prompts so far and their answer. It is immutable, so undo restores the same object. */
interface State {
  readonly points: readonly PromptPoint[];
  readonly box: Box | undefined;
  readonly result: PromptResult | undefined;
  readonly chosen: number;
}

const nothing: State = { points: [], box: undefined, result: undefined, chosen: 0 };

/**
 * Selects one object step by step: each point starts from the previous mask. Create it with
 * `PromptSegmenter.session`. It keeps its image, even after `setImage` with another one.
 *
 * Calls may overlap: they run one after another. A call that fails changes nothing.
 *
 * @example
 * ```ts
 * import { PromptSegmenter } from "masklet";
 *
 * using segmenter = await PromptSegmenter.create();
 * await segmenter.setImage("photo.jpg");
 * const session = segmenter.session();
 * await session.addPoint({ x: 320, y: 240, label: "foreground" });
 * await session.addPoint({ x: 40, y: 60, label: "background" });
 * await session.undo();
 * console.log(session.mask?.area, session.points.length); // one point
 * ```
 */
export class PromptSession {
  private readonly past: State[] = [];
  private readonly future: State[] = [];
  private state: State = nothing;
  private readonly calls = new TaskQueue();

  /** @internal */
  constructor(private readonly predict: Predict) {}

  /** The points so far, in source pixels. */
  get points(): readonly PromptPoint[] {
    return this.state.points;
  }

  /** The box, in source pixels; undefined if unset. */
  get box(): Box | undefined {
    return this.state.box;
  }

  /** The answer to the prompts so far; undefined before the first prompt. */
  get result(): PromptResult | undefined {
    return this.state.result;
  }

  /**
   * Index of the chosen candidate, the input of the next step: the best one (0), unless {@link
   * choose} changed it.
   */
  get chosen(): number {
    return this.state.chosen;
  }

  /** The chosen candidate; undefined before the first prompt. */
  get candidate(): PromptCandidate | undefined {
    return this.state.result?.candidates[this.state.chosen];
  }

  /** The mask of the chosen candidate; undefined before the first prompt. */
  get mask(): Mask | undefined {
    return this.candidate?.mask;
  }

  /** Whether {@link undo} has a step to take back. */
  get canUndo(): boolean {
    return this.past.length > 0;
  }

  /** Whether {@link redo} has a step to repeat. */
  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /**
   * Adds a point and predicts again, starting from the chosen mask.
   * @throws MaskletError as `PromptSegmenter.predict`
   */
  addPoint(point: PromptPoint, options: SessionOptions = {}): Promise<PromptResult | undefined> {
    return this.step(({ points, box }) => ({ points: [...points, point], box }), true, options);
  }

  /**
   * Removes a point and predicts again. It does not use the chosen mask, because the point has
   * shaped it.
   * @param index the point's index in {@link points} (default: the last one)
   * @returns the new answer; undefined if neither a point nor a box is left
   * @throws MaskletError `badOption` if `index` is out of range; as `PromptSegmenter.predict`
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
   * Sets the box, or removes it if undefined, and predicts again without the chosen mask.
   * @returns the new answer; undefined if neither a point nor a box is left
   * @throws MaskletError as `PromptSegmenter.predict`
   */
  setBox(box: Box | undefined, options: SessionOptions = {}): Promise<PromptResult | undefined> {
    return this.step(({ points }) => ({ points, box }), false, options);
  }

  /**
   * Chooses a candidate of {@link result}, by index.
   * @throws MaskletError `badOption` if `index` is out of range
   */
  choose(index: number): void {
    const count = this.state.result?.candidates.length ?? 0;
    if (!(Number.isInteger(index) && index >= 0 && index < count))
      throw optionError("preprocess", "candidate", index, indexBelow(count));
    this.state = { ...this.state, chosen: index };
  }

  /** Takes the last step back, without running the model. Resolves to false at the first step. */
  undo(): Promise<boolean> {
    return this.calls.run(async () => this.move(this.past, this.future));
  }

  /** Repeats the step that {@link undo} took back. Resolves to false at the last step. */
  redo(): Promise<boolean> {
    return this.calls.run(async () => this.move(this.future, this.past));
  }

  /** Clears the prompts and all steps, to select the next object. */
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
  return count === 0 ? "left out, because the list is empty" : `an index from 0 to ${count - 1}`;
}
