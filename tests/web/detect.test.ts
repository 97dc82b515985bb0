import { describe, expect, it } from "vitest";
import { matchFamily, noMatch, readWanted } from "../../web/families/detect.js";
import type {
  FamilyRefusal,
  ModelBinding,
  ModelFamily,
  ModelSignature,
} from "../../web/families/family.js";
import { families } from "../../web/families/index.js";

const signature: ModelSignature = {
  inputs: [{ name: "images", type: "float32", dims: [1, 3, 640, 640] }],
  outputs: [{ name: "rows", type: "float32", dims: [1, 25200, 117] }],
  inputSize: { width: 640, height: 640 },
  hints: {},
};

const preprocessing = families[0]!.preprocessing;

const fitting = (variant: string, certainty: number): ModelBinding => ({
  variant,
  certainty,
  outputs: {},
  classCount: 1,
  reason: `because of ${variant}`,
});

function family(name: string, answers: readonly ModelBinding[] | FamilyRefusal): ModelFamily {
  const all = "refusal" in answers ? [] : answers;
  return {
    name,
    preprocessing,
    defaultInputSize: { width: 640, height: 640 },
    bind: () => ("refusal" in answers ? answers : answers[0]!),
    ...(all.length > 1 ? { bindAll: () => all } : {}),
    decode: () => {
      throw new Error("not called");
    },
  };
}

describe("matchFamily", () => {
  it("TwoFamilies_TheMoreCertainOneIsTaken", () => {
    const all = [
      family("plain", [fitting("a", 0.6)]),
      family("sure", [fitting("b", 0.8)]),
      family("other", { refusal: "no planes" }),
    ];
    const { match, candidates, verdicts } = matchFamily(signature, undefined, all);
    expect(match!.family.name).toBe("sure");
    expect(candidates.map(({ family }) => family.name)).toEqual(["sure", "plain"]);
    expect(verdicts).toEqual([
      { family: "plain", accepted: false, reason: "because of a" },
      { family: "sure", accepted: true, reason: "because of b" },
      { family: "other", accepted: false, reason: "no planes" },
    ]);
  });

  it.each([
    ["Equal", 0.6, true],
    ["NearlyEqual", 0.58, true],
    ["AHintApart", 0.55, false],
  ])("%s_IsAmbiguous_UnlessAWordTellsThemApart", (_, second, ambiguous) => {
    const all = [
      family("first", [fitting("a", 0.6)]),
      family("second", [fitting("b", second as number)]),
    ];
    const detection = matchFamily(signature, undefined, all);
    expect(detection.match?.family.name).toBe(ambiguous ? undefined : "first");
    if (!ambiguous) return;
    const error = noMatch(signature, detection);
    expect(error).toMatchObject({
      code: "ambiguousModel",
      stage: "load",
      value: "first/a, second/b",
    });
    for (const part of [
      "float32[1, 25200, 117]",
      "first/a (certainty 0.60): because of a",
      "family: 'first/a'",
    ]) {
      expect(error.message).toContain(part);
    }
  });

  it("TwoVariantsOfOneFamily_CompeteToo_AndCanBeForced", () => {
    const all = [
      family("heads", [fitting("softmax", 0.8), fitting("sigmoid", 0.8), fitting("softmax", 0.3)]),
    ];
    expect(matchFamily(signature, undefined, all).match).toBeUndefined();
    expect(matchFamily(signature, readWanted("heads"), all).match).toBeUndefined();
    for (const wanted of [
      readWanted("heads/sigmoid"),
      readWanted("heads", "sigmoid"),
      readWanted("heads/sigmoid", "sigmoid"),
    ]) {
      expect(matchFamily(signature, wanted, all).match!.binding.variant).toBe("sigmoid");
    }
    const { match, verdicts } = matchFamily(signature, readWanted("heads/softplus"), all);
    expect(match).toBeUndefined();
    expect(verdicts[0]!.reason).toMatch(/'softplus' does not fit; softmax, sigmoid does/);
  });

  it("OneVariantTwice_IsNotAmbiguous", () => {
    const all = [family("heads", [fitting("one", 0.6), fitting("one", 0.6)])];
    expect(matchFamily(signature, undefined, all).match!.binding.variant).toBe("one");
  });

  it("Ambiguity_WithOpenOutputs_AsksForATrialRun", () => {
    const all = [family("first", [fitting("a", 0.6)]), family("second", [fitting("b", 0.6)])];
    const open = {
      ...signature,
      outputs: [{ name: "rows", type: "float32", dims: [1, "n", 117] }],
    };
    expect(matchFamily(signature, undefined, all).unresolved).toBe(false);
    expect(matchFamily(open, undefined, all).unresolved).toBe(true);
  });

  it("NoMatch_TheErrorShowsWhatWasSeenAndWhatWouldFit", () => {
    const detection = matchFamily(signature, undefined, [
      family("masks", { refusal: "it needs planes" }),
    ]);
    const error = noMatch(signature, detection);
    expect(error).toMatchObject({ code: "unknownModel", stage: "load" });
    for (const part of [
      "inputs 'images' float32[1, 3, 640, 640]",
      "outputs 'rows'",
      "masks: it needs planes",
      "'family'",
    ]) {
      expect(error.message).toContain(part);
    }
    expect(noMatch({ ...signature, inputs: [] }, detection).message).not.toContain("inputs");
  });

  it("UnknownFamily_ByName_ListsTheKnownOnes", () => {
    const ask = () => matchFamily(signature, readWanted("nonsense"));
    expect(ask).toThrow(expect.objectContaining({ code: "unknownFamily", value: "nonsense" }));
    expect(ask).toThrow(/there are: .*yolo_seg/);
  });
});

describe("readWanted", () => {
  it.each([
    [undefined, undefined, undefined],
    ["yolact", undefined, { name: "yolact", variant: undefined }],
    ["yolact/priors", undefined, { name: "yolact", variant: "priors" }],
    ["yolact", "priors", { name: "yolact", variant: "priors" }],
  ])("%s_%s", (family, variant, wanted) => {
    expect(readWanted(family, variant)).toEqual(wanted);
  });

  it("VariantAlone_OrTwoVariants_AreRefused", () => {
    expect(() => readWanted(undefined, "dense")).toThrow(
      expect.objectContaining({ code: "badOption", value: "dense" }),
    );
    expect(() => readWanted("yolo_seg/dense", "end-to-end")).toThrow(
      expect.objectContaining({ code: "badOption" }),
    );
  });
});
