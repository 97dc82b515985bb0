import { describe, expect, it } from "vitest";
import {
  type LowResMask,
  Mask,
  MaskletError,
  type PredictOptions,
  type PromptCandidate,
  type PromptResult,
  PromptSession,
} from "../../web/index.js";

const mask = Mask.from({
  x: 0,
  y: 0,
  width: 1,
  height: 1,
  sourceWidth: 4,
  sourceHeight: 4,
  runs: Uint32Array.of(0, 1),
});
const at = (x: number, label: "foreground" | "background" = "foreground") => ({ x, y: 1, label });

/** Answers with a new mask each time; `asked` has what it was asked. */
function fake(fail: (call: number) => boolean = () => false) {
  const asked: PredictOptions[] = [];
  const lowRes = (call: number, k: number): LowResMask => ({
    width: 1,
    height: 1,
    logits: Float32Array.of(10 * call + k),
  });
  const predict = async (options: PredictOptions): Promise<PromptResult> => {
    const call = asked.push(options);
    await new Promise((resolve) => setTimeout(resolve, 5 - call));
    if (fail(call)) throw new MaskletError("inferenceFailed", "inference", "it failed");
    const candidates = [0, 1].map(
      (k): PromptCandidate => ({
        mask,
        box: { x1: 0, y1: 0, x2: 1, y2: 1 },
        predictedIou: 1 - k,
        stabilityScore: 1,
        lowResMask: lowRes(call, k),
      }),
    );
    const timingsMs = { source: 0, preprocess: 0, inference: 0, postprocess: 0, total: 0 };
    return { candidates, width: 4, height: 4, device: "wasm", timingsMs };
  };
  return { asked, session: new PromptSession(predict), lowRes };
}

describe("PromptSession", () => {
  it("Points_AddUp_AndStartFromTheMaskBefore", async () => {
    const { session, asked, lowRes } = fake();
    expect([session.points, session.result, session.mask, session.canUndo]).toEqual([
      [],
      undefined,
      undefined,
      false,
    ]);
    const first = await session.addPoint(at(1));
    await session.addPoint(at(2, "background"));
    expect(asked).toEqual([
      { points: [at(1)], soft: false },
      { points: [at(1), at(2, "background")], soft: false, mask: lowRes(1, 0) },
    ]);
    expect(session.points).toEqual([at(1), at(2, "background")]);
    expect(session.result).not.toBe(first);
    expect(session.mask).toBe(mask);
  });

  it("Choose_SelectsTheMaskToFeedBack", async () => {
    const { session, asked, lowRes } = fake();
    await session.addPoint(at(1));
    session.choose(1);
    expect([session.chosen, session.candidate!.predictedIou]).toEqual([1, 0]);
    await session.addPoint(at(2));
    expect(asked[1]!.mask).toEqual(lowRes(1, 1));
    expect(session.chosen).toBe(0);
    expect(() => session.choose(2)).toThrow(
      expect.objectContaining({ code: "badOption", value: 2 }),
    );
    expect(() => fake().session.choose(0)).toThrow(expect.objectContaining({ code: "badOption" }));
  });

  it("Undo_GivesBackTheSameResult_WithoutAsking", async () => {
    const { session, asked } = fake();
    const first = await session.addPoint(at(1));
    const second = await session.addPoint(at(2));
    expect(await session.undo()).toBe(true);
    expect([session.result, session.points, session.canRedo]).toEqual([first, [at(1)], true]);
    expect(await session.redo()).toBe(true);
    expect(session.result).toBe(second);
    expect(await session.redo()).toBe(false);
    await session.undo();
    await session.undo();
    expect([session.result, session.points, await session.undo()]).toEqual([undefined, [], false]);
    expect(asked).toHaveLength(2);
  });

  it("NewStep_ForgetsWhatWasUndone", async () => {
    const { session, asked, lowRes } = fake();
    await session.addPoint(at(1));
    await session.addPoint(at(2));
    await session.undo();
    await session.addPoint(at(3));
    expect(session.canRedo).toBe(false);
    expect(asked[2]).toMatchObject({ points: [at(1), at(3)], mask: lowRes(1, 0) });
  });

  it("RemovedPoint_AndBox_AskWithoutTheMask", async () => {
    const { session, asked } = fake();
    await session.addPoint(at(1));
    await session.addPoint(at(2));
    await session.removePoint(0);
    expect(asked[2]).toEqual({ points: [at(2)], soft: false });
    const box = { x1: 0, y1: 0, x2: 2, y2: 2 };
    await session.setBox(box);
    expect(asked[3]).toEqual({ points: [at(2)], box, soft: false });
    await session.removePoint();
    expect(asked[4]).toEqual({ points: [], box, soft: false });
    expect(await session.setBox(undefined)).toBeUndefined();
    expect([session.result, session.box, asked.length]).toEqual([undefined, undefined, 5]);
    await session.undo();
    expect(session.box).toEqual(box);
    await expect(session.removePoint()).rejects.toMatchObject({ code: "badOption", value: -1 });
  });

  it("Failure_ChangesNothing_AndTheNextStepWorks", async () => {
    const { session } = fake((call) => call === 2);
    const first = await session.addPoint(at(1));
    await expect(session.addPoint(at(2))).rejects.toMatchObject({ code: "inferenceFailed" });
    expect([session.points, session.result]).toEqual([[at(1)], first]);
    await session.addPoint(at(3));
    expect(session.points).toEqual([at(1), at(3)]);
  });

  it("OverlappingCalls_AreDoneInTheirOrder", async () => {
    const { session, asked } = fake();
    await Promise.all([
      session.addPoint(at(1)),
      session.addPoint(at(2)),
      session.undo(),
      session.addPoint(at(3)),
    ]);
    expect(asked.map(({ points }) => points!.length)).toEqual([1, 2, 2]);
    expect(session.points).toEqual([at(1), at(3)]);
  });

  it("Reset_ForgetsEverything", async () => {
    const { session } = fake();
    await session.addPoint(at(1));
    await session.reset();
    expect([session.points, session.result, session.canUndo, session.canRedo]).toEqual([
      [],
      undefined,
      false,
      false,
    ]);
  });

  it("Signal_AndSoft_GoOn", async () => {
    const { session, asked } = fake();
    const { signal } = new AbortController();
    await session.addPoint(at(1), { soft: true, signal });
    expect(asked[0]).toEqual({ points: [at(1)], soft: true, signal });
  });
});
