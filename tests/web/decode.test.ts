import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { float32ToFloat16 } from "../../web/base/tensor.js";
import {
  currentCore,
  type DecodeOutputsOptions,
  decode,
  loadCore,
  type OutputTensor,
} from "../../web/index.js";
import { decodeOptions, readGolden } from "./golden_file.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const golden = readGolden(`${root}tests/golden/yolo_seg/square.golden`);
const options = decodeOptions(golden.header);
const { outputs } = golden;

it("BeforeTheCoreIsLoaded_IsTyped", () => {
  expect(() => decode(outputs, options)).toThrow(
    expect.objectContaining({ code: "coreNotLoaded" }),
  );
});

it("Reaches_NoOnnxRuntime", () => {
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file) || file.includes("/generated/")) return;
    seen.add(file);
    // Types vanish when compiled.
    const code = readFileSync(`${root}${file}`, "utf8").replace(/^import type .*$/gm, "");
    for (const [, specifier] of code.matchAll(/\bfrom\s*"(\.[^"]+)"|\bimport\("(\.[^"]+)"\)/g)) {
      if (specifier) visit(posix.join(posix.dirname(file), specifier).replace(/\.js$/, ".ts"));
    }
  };
  visit("web/decode.ts");
  expect(seen.size).toBeGreaterThan(10);
  expect(
    [...seen].filter((file) => /\/ort(_session)?\.ts$|model_session|worker/.test(file)),
  ).toEqual([]);
});

describe("decode", () => {
  beforeAll(async () => {
    await loadCore();
  });

  const summary = (
    tensors: Parameters<typeof decode>[0],
    changes: Partial<DecodeOutputsOptions> = {},
  ) =>
    decode(tensors, { ...options, ...changes }).instances.map(({ label, score, box, mask }) => [
      label,
      score,
      box,
      mask.area,
    ]);

  it("ARecord_OrAMap_IsTheSame", () => {
    expect(summary(outputs)).toHaveLength(golden.header.expected.length);
    expect(summary(Object.fromEntries(outputs))).toEqual(summary(outputs));
  });

  it("OtherElementTypes_AreConverted", () => {
    const wide = new Map(
      [...outputs].map(([name, { dims, data }]) => [
        name,
        { dims, data: Float64Array.from(data as Float32Array) },
      ]),
    );
    expect(summary(wide)).toEqual(summary(outputs));
    const half = new Map<string, OutputTensor>(
      [...outputs].map(([name, { dims, data }]) => [
        name,
        { dims, data: float32ToFloat16(data as Float32Array), type: "float16" },
      ]),
    );
    expect(summary(half).map(([label]) => label)).toEqual(summary(outputs).map(([label]) => label));
  });

  it("Metadata_SaysWhereTheLetterboxPutTheImage", () => {
    const wide = (changes: Partial<DecodeOutputsOptions>) =>
      summary(outputs, { source: { width: 200, height: 100 }, ...changes });
    const metadata = { ...options.metadata, letterbox: "top-left" };
    expect(wide({ metadata, preprocessing: {} })).toEqual(
      wide({ preprocessing: { resizeMode: "letterbox-top-left" } }),
    );
    expect(wide({ metadata, preprocessing: {} })).not.toEqual(wide({ preprocessing: {} }));
  });

  it("Options_AreThoseOfSegment", () => {
    const labels = ["a", "b", "c"];
    const all = summary(outputs, { labels });
    expect(summary(outputs, { labels, classes: ["b"] })).toEqual(
      all.filter(([label]) => label === "b"),
    );
    expect(summary(outputs, { labels, maxInstances: 2 })).toEqual(all.slice(0, 2));
    expect(summary(outputs, { metadata: { names: "{0: 'a', 1: 'b', 2: 'c'}" } })).toEqual(all);
    expect(
      decode(outputs, { ...options, soft: true }).instances.every(
        ({ mask }) => mask.coverage?.length === mask.width * mask.height,
      ),
    ).toBe(true);
  });

  it("LeavesTheCoreUnchanged_ForTheNextCall", () => {
    const first = summary(outputs);
    decode(outputs, { ...options, source: { width: 7, height: 900 } });
    expect(summary(outputs)).toEqual(first);
    expect(currentCore().memoryBytes).toBeGreaterThan(0);
  });

  const rows = outputs.get("output0")!;
  const planes = outputs.get("output1")!;
  it.each<[string, Parameters<typeof decode>[0], Partial<DecodeOutputsOptions>, object]>([
    [
      "ShortData",
      { rows: { ...rows, dims: [...rows.dims.slice(0, 2), 61] }, planes },
      {},
      { code: "badTensor", stage: "decode" },
    ],
    [
      "Text",
      { rows: { dims: [1], data: ["x"] as never }, planes },
      {},
      { code: "badTensor", stage: "decode" },
    ],
    ["NoRows", { planes }, {}, { code: "unknownModel", stage: "load" }],
    ["NoOutputs", {}, {}, { code: "unknownModel" }],
    ["ForcedWrongFamily", { rows, planes }, { family: "yolox" }, { code: "unknownModel" }],
    ["UnknownFamily", { rows, planes }, { family: "nonsense" }, { code: "unknownFamily" }],
    ["NoSource", { rows, planes }, { source: undefined as never }, { code: "badOption" }],
    [
      "HalfAPixel",
      { rows, planes },
      { network: { width: 0.5, height: 64 } },
      { code: "badOption", value: "0.5 x 64" },
    ],
    [
      "TooLarge",
      { rows, planes },
      { source: { width: 40_000, height: 1 } },
      { code: "badSize", value: 40_000 },
    ],
    ["Threshold", { rows, planes }, { scoreThreshold: 2 }, { code: "badOption", value: 2 }],
    ["Labels", { rows, planes }, { labels: ["one"] }, { code: "badOption", value: 1 }],
    [
      "Mode",
      { rows, planes },
      { preprocessing: { resizeMode: "crop" as never } },
      { code: "badOption", value: "crop" },
    ],
  ])("%s_IsTyped_AndTheNextCallWorks", (_, tensors, changes, error) => {
    expect(() => decode(tensors, { ...options, ...changes })).toThrow(
      expect.objectContaining(error),
    );
    expect(summary(outputs)).toHaveLength(golden.header.expected.length);
  });

  it("WrongShape_NamesTensorAndShape", () => {
    const family = { family: "yolo_seg" };
    const bad = { detections: { dims: [1, 20], data: new Float32Array(20) }, planes };
    expect(() => decode(bad, { ...options, ...family })).toThrow(/'detections' float32\[1, 20\]/);
    expect(() =>
      decode({ rows: { dims: [1, 4, 2], data: new Float32Array(9) }, planes }, options),
    ).toThrow(/'rows' has 9 values, .*\[1, 4, 2\] needs 8/);
  });

  it("ImageOfItsOwnContent_IsMappedByIt", () => {
    // One final row over a quarter of the content, which is smaller than the largest fit.
    const row = { dims: [1, 1, 7], data: Float32Array.of(0, 0, 10, 10, 0.9, 0, 1) };
    const plane = { dims: [1, 1, 2, 2], data: new Float32Array(4).fill(1) };
    const preprocessing = {
      resizeMode: "letterbox-top-left",
      content: { width: 20, height: 20 },
    } as const;
    const network = { width: 32, height: 32 };
    const { instances } = decode(
      { row, plane },
      { source: { width: 10, height: 10 }, network, preprocessing, family: "yolo_seg/end-to-end" },
    );
    expect(instances.map(({ box, mask }) => [box, mask.area])).toEqual([
      [{ x1: 0, y1: 0, x2: 5, y2: 5 }, 25],
    ]);
  });
});
