import { beforeAll, describe, expect, it } from "vitest";
import { yolact } from "../../web/families/yolact.js";
import { decode, loadCore, MaskletError } from "../../web/index.js";
import { recognized, refusalOf, renamed, signatureOf, type Tensors } from "./signatures.js";

const withPriors: Tensors = {
  loc: ["float32", [1, 19248, 4]],
  conf: ["float32", [1, 19248, 81]],
  mask: ["float32", [1, 19248, 32]],
  priors: ["float32", [19248, 4]],
  proto: ["float32", [1, 138, 138, 32]],
};
const { priors: _, ...withoutPriors } = withPriors;
const unbatched: Tensors = {
  loc: ["float32", [19248, 4]],
  conf: ["float32", [19248, 81]],
  mask: ["float32", [19248, 32]],
  priors: ["float32", [19248, 4]],
  proto: ["float32", [138, 138, 32]],
};
const roles = { boxes: "loc", scores: "conf", coefficients: "mask", prototypes: "proto" };

describe("yolact.bind", () => {
  it.each<[string, Tensors, string]>([
    ["WithPriors", withPriors, "priors"],
    ["WithoutPriors", withoutPriors, "no-priors"],
    ["Unbatched", unbatched, "priors"],
    ["PlanesFirst", { ...withoutPriors, proto: ["float32", [1, 32, 138, 138]] }, "no-priors"],
    [
      "OpenBatch",
      {
        ...withoutPriors,
        loc: ["float32", ["batch", 19248, 4]],
        proto: ["float32", ["batch", 138, 138, 32]],
      },
      "no-priors",
    ],
    ["OneClass", { ...withPriors, conf: ["float32", [1, 19248, 2]] }, "priors"],
    ["Half", { ...withPriors, loc: ["float16", [1, 19248, 4]] }, "priors"],
  ])("%s_IsRecognizedWhateverTheNames", (_, outputs, variant) => {
    const signature = signatureOf(outputs, 550);
    expect(recognized(signature)).toBe(`yolact/${variant}`);
    expect(yolact.bind(signature)).toMatchObject({ outputs: roles });
    expect(recognized(renamed(signature).signature)).toBe(`yolact/${variant}`);
  });

  it("ClassCount_LeavesTheBackgroundOut", () => {
    expect(yolact.bind(signatureOf(withPriors, 550))).toMatchObject({ classCount: 80 });
  });

  it("AsManyClassesAsPrototypes_NamesDecide", () => {
    const outputs: Tensors = { ...withPriors, conf: ["float32", [1, 19248, 32]] };
    expect(yolact.bind(signatureOf(outputs, 550))).toMatchObject({
      outputs: { scores: "conf", coefficients: "mask" },
    });
  });

  it.each<[string, Tensors, string]>([
    [
      "OtherNumberOfCoefficients",
      { ...withPriors, mask: ["float32", [1, 19248, 16]] },
      "as many coefficients as 'proto'",
    ],
    [
      "RowsThatDiffer",
      { ...withoutPriors, mask: ["float32", [1, 19247, 32]] },
      "it needs boxes [N, 4]",
    ],
    [
      "NoPrototypes",
      { loc: withPriors.loc!, conf: withPriors.conf!, mask: withPriors.mask! },
      "it needs boxes [N, 4]",
    ],
    [
      "NoCoefficients",
      { loc: withPriors.loc!, conf: withPriors.conf!, proto: withPriors.proto! },
      "it needs boxes [N, 4]",
    ],
  ])("%s_IsRefused", (_, outputs, reason) => {
    expect(refusalOf(yolact, signatureOf(outputs, 550)).refusal).toContain(reason);
  });
});

describe("yolact.decode", () => {
  beforeAll(async () => {
    await loadCore();
  });

  it("OffsetsWithoutPriorsOfAnUnknownNumber_AreATypedError", () => {
    const tensor = (...dims: number[]) => ({
      dims,
      data: new Float32Array(dims.reduce((a, b) => a * b)),
    });
    const loc = tensor(7, 4);
    loc.data.set([0, 0, -1, 0]);
    const outputs = { loc, conf: tensor(7, 3), mask: tensor(7, 2), proto: tensor(4, 4, 2) };
    const size = { width: 64, height: 64 };
    let thrown: unknown;
    try {
      decode(outputs, { family: "yolact", source: size, network: size });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(MaskletError);
    expect(thrown).toMatchObject({ code: "badShape", stage: "decode", value: 7 });
  });
});
