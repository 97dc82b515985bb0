import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkNames, optionError } from "../../web/base/options.js";
import {
  type CreateOptions,
  decode,
  decodeImage,
  inspectModel,
  Mask,
  Overlay,
  PromptSegmenter,
  paintOverlay,
  Segmenter,
  selectByPrompt,
  toSvg,
  toYolo,
} from "../../web/index.js";
import { openPromptModel } from "./prompt_models.js";

const file = (name: string) =>
  fileURLToPath(new URL(`../data/tiny_models/${name}`, import.meta.url));
const image = { width: 8, height: 6, data: new Uint8ClampedArray(8 * 6 * 4) };

describe("optionError", () => {
  it("Sentence_NamesOptionValueAndRule", () => {
    expect(optionError("decode", "scoreThreshold", 2, "a number from 0 to 1")).toMatchObject({
      code: "badOption",
      stage: "decode",
      message: "scoreThreshold is 2; it must be a number from 0 to 1",
      value: 2,
    });
  });

  it("Value_OfAnyKind_IsShown", () => {
    const shown = (value: unknown) => optionError("load", "x", value, "a number").value;
    expect(["a", null, undefined, true, Symbol("s")].map(shown)).toEqual([
      "a",
      "null",
      "undefined",
      "true",
      "Symbol(s)",
    ]);
    expect(shown(Object.create(null))).toBe("[object Object]");
  });
});

describe("checkNames", () => {
  const known = { scoreThreshold: true, iouThreshold: true, soft: true } as const;
  const message = (options: object, within?: string) => {
    try {
      checkNames("decode", options, known, within);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };

  it.each([
    [{ scoreTreshold: 0.5 }, "unknown option 'scoreTreshold'; did you mean 'scoreThreshold'?"],
    [{ iouthreshold: 0.5 }, "unknown option 'iouthreshold'; did you mean 'iouThreshold'?"],
    [{ sfot: true }, "unknown option 'sfot'; did you mean 'soft'?"],
    [
      { zzz: 1 },
      "unknown option 'zzz'; the nearest is 'soft', all are scoreThreshold, iouThreshold, soft",
    ],
    [{ toString: 1 }, expect.stringContaining("unknown option 'toString'")],
  ])("%j_IsRefusedWithTheNearest", (options, expected) => {
    expect(message(options)).toEqual(expected);
  });

  it("KnownNames_AndUndefinedValues_AreAllowed", () => {
    expect(message({ soft: true, scoreThreshold: undefined })).toBeUndefined();
    expect(message({ anything: undefined })).toBeUndefined();
    expect(() => checkNames("decode", undefined, known)).not.toThrow();
  });

  it("WithinAnOption_ThePathIsNamed", () => {
    expect(message({ sofft: 1 }, "looks")).toBe(
      "unknown option 'looks.sofft'; did you mean 'looks.soft'?",
    );
  });

  it.each([5, "soft", null])("%j_IsNotAnObject", (options) => {
    expect(message(options as unknown as object)).toMatch(/^options is .*; it must be an object$/);
  });
});

describe("every public options object", () => {
  let segmenter: Segmenter;
  let prompts: PromptSegmenter;
  beforeAll(async () => {
    segmenter = await Segmenter.create({ model: file("dense.onnx"), device: "wasm" });
    prompts = await openPromptModel("sam");
    await prompts.setImage(image);
  });
  afterAll(() => Promise.all([segmenter?.dispose(), prompts?.dispose()]));

  const mask = () => Mask.fromBytes(new Uint8Array(4).fill(1), { width: 2, height: 2 });
  const found = { width: 2, height: 2, instances: [] };
  const point = { x: 1, y: 1, label: "foreground" } as const;
  const size = { width: 8, height: 6 };

  /** What a call is given, with a name that is wrong by one letter. */
  const calls: Record<string, [wrong: string, right: string, call: (wrong: object) => unknown]> = {
    "Segmenter.create": ["modle", "model", (o) => Segmenter.create(o)],
    "Segmenter.create_preprocessing": [
      "preprocessing.fil",
      "preprocessing.fill",
      (o) => Segmenter.create({ preprocessing: o } as CreateOptions),
    ],
    inspectModel: ["famly", "family", (o) => inspectModel(file("dense.onnx"), o)],
    segment: ["scoreTreshold", "scoreThreshold", (o) => segmenter.segment(image, o)],
    segmentBatch: ["clases", "classes", (o) => segmenter.segmentBatch([image], o)],
    infer: ["sginal", "signal", (o) => segmenter.infer(image, o)],
    "PromptSegmenter.create": ["cachesize", "cacheSize", (o) => PromptSegmenter.create(o)],
    setImage: ["sginal", "signal", (o) => prompts.setImage(image, o)],
    predict: ["multiMask", "multimask", (o) => prompts.predict({ points: [point], ...o })],
    segmentBoxes: ["sofft", "soft", (o) => prompts.segmentBoxes([], o)],
    segmentBoxesIn: ["sofft", "soft", (o) => prompts.segmentBoxesIn(image, [], o)],
    everything: ["gridsize", "gridSize", (o) => prompts.everything(o)],
    session: ["sofft", "soft", (o) => prompts.session().addPoint(point, o)],
    session_setBox: ["sofft", "soft", (o) => prompts.session().setBox(undefined, o)],
    decode: ["metdata", "metadata", (o) => decode({}, { source: size, network: size, ...o })],
    decodeImage: ["maxPixel", "maxPixels", (o) => decodeImage(image, o)],
    toPolygons: ["tolerence", "tolerance", (o) => mask().toPolygons(o)],
    toImageData: ["colour", "color", (o) => mask().toImageData(o)],
    toYolo: ["tolerence", "tolerance", (o) => toYolo(found, o)],
    toSvg: ["herf", "href", (o) => toSvg(found, o)],
    paintOverlay: ["lables", "labels", (o) => paintOverlay(image, [], o)],
    Overlay: ["fillOpactiy", "fillOpacity", (o) => new Overlay({} as OffscreenCanvas, o)],
    selectByPrompt: ["ponts", "points", (o) => selectByPrompt([], o)],
  };

  it.each(Object.entries(calls))("%s_RefusesAnUnknownName", async (_, [wrong, right, call]) => {
    const options = { [wrong.split(".").at(-1)!]: 1 };
    await expect((async () => call(options))()).rejects.toMatchObject({
      code: "badOption",
      message: `unknown option '${wrong}'; did you mean '${right}'?`,
      value: wrong,
    });
  });

  it("Overlay_SetStyle_RefusesAnUnknownName", () => {
    const style: object = { dimOther: 1 };
    const setStyle = () => Overlay.prototype.setStyle.call({} as Overlay, style);
    expect(setStyle).toThrow("unknown option 'dimOther'; did you mean 'dimOthers'?");
  });

  it("ValuesOfUndefined_AreAllowed", async () => {
    const options = { scoreThreshold: undefined, signal: undefined, segmentWith: undefined };
    const { instances } = await segmenter.segment(image, options as object);
    expect(instances).toEqual([]);
    const all = { points: [point], box: undefined, mask: undefined, signal: undefined };
    expect((await prompts.predict(all as object)).candidates).toHaveLength(3);
  });
});

describe("choices", () => {
  it("Overlay_UnknownChoices_AreRefused", () => {
    const make = (options: object) => () => new Overlay({} as OffscreenCanvas, options);
    expect(make({ renderer: "webgl" })).toThrow(
      "renderer is webgl; it must be one of auto, webgl2, canvas2d",
    );
    expect(make({ onTop: "largest" })).toThrow(
      "onTop is largest; it must be one of bestScore, smallest",
    );
  });
});
