import { describe, expect, it } from "vitest";
import { readExporterHints } from "../../web/model/exporter_hints.js";
import { parseLiteral } from "../../web/model/python_literal.js";

describe("parseLiteral", () => {
  it.each([
    [
      "{0: 'person', 1: \"it's\", 2: 'say \\'hi\\''}",
      new Map([
        [0, "person"],
        [1, "it's"],
        [2, "say 'hi'"],
      ] as const),
    ],
    [
      '{"0": "person", "1": "caf\\u00e9"}',
      new Map([
        ["0", "person"],
        ["1", "café"],
      ]),
    ],
    ["[640, 640]", [640, 640]],
    ["(640, 480,)", [640, 480]],
    ["[]", []],
    ["{}", new Map()],
    [
      " {'a': [1, -2.5, 1e3, .5], 'b': None, 'c': True, 'd': false} ",
      new Map<string, unknown>([
        ["a", [1, -2.5, 1000, 0.5]],
        ["b", null],
        ["c", true],
        ["d", false],
      ]),
    ],
    ["'\\x41\\U0001F600\\n'", "A😀\n"],
    ["1e-3", 0.001],
    ["32", 32],
  ])("%s_IsRead", (text, value) => {
    expect(parseLiteral(text)).toEqual(value);
  });

  it.each([
    "",
    "{",
    "{0: 'a'",
    "{0 'a'}",
    "[1 2]",
    "'open",
    "__import__('os')",
    "1 + 1",
    "{0: 'a'} x",
    "'\\x4'",
    "'\\U00110000'",
    "nan",
    "[[[[[[[[[[1]]]]]]]]]]",
    "1.2.3",
    "{[1]: 2}",
  ])("%s_IsRefused", (text) => {
    expect(parseLiteral(text)).toBeUndefined();
  });
});

describe("readExporterHints", () => {
  it("UltralyticsMetadata_AsExported_GivesAllHints", () => {
    const metadata = {
      names: "{0: 'cat', 2: 'dog'}",
      task: "segment",
      stride: "32",
      imgsz: "[480, 640]",
      args: "{'batch': 1, 'nms': True}",
    };
    expect(readExporterHints(metadata)).toEqual({
      labels: ["cat", "class 1", "dog"],
      task: "segment",
      stride: 32,
      inputSize: { width: 640, height: 480 },
      endToEnd: true,
    });
  });

  it("End2End_SaysWhetherRowsAreFinal", () => {
    expect(readExporterHints({ end2end: "True" })).toEqual({ endToEnd: true });
    expect(readExporterHints({ end2end: "False" })).toEqual({ endToEnd: false });
    expect(readExporterHints({})).toEqual({});
  });

  it("Letterbox_SaysWhereTheImageLies", () => {
    expect(readExporterHints({ letterbox: "top-left" })).toEqual({
      preprocessing: { resizeMode: "letterbox-top-left" },
    });
    expect(readExporterHints({ letterbox: "center" })).toEqual({
      preprocessing: { resizeMode: "letterbox-center" },
    });
    expect(readExporterHints({ letterbox: "stretch" })).toEqual({
      preprocessing: { resizeMode: "stretch" },
    });
    for (const letterbox of ["squeezed", "constructor", ""])
      expect(readExporterHints({ letterbox })).toEqual({});
  });

  it("Names_AsJsonOrList_AreLabels", () => {
    expect(readExporterHints({ names: '{"1":"b","0":"a"}' }).labels).toEqual(["a", "b"]);
    expect(readExporterHints({ names: "['a', 'b']" }).labels).toEqual(["a", "b"]);
  });

  it.each(["{-1: 'a'}", "{0.5: 'a'}", "{'x': 'a'}", "{99999999: 'a'}", "nonsense", "[]"])(
    "Names_%s_AreLeftOut",
    (names) => {
      expect(readExporterHints({ names, imgsz: "[0, -3]", stride: "'x'" })).toEqual({});
    },
  );

  it("InheritedKeys_AreNotMetadata", () => {
    expect(readExporterHints(Object.create({ task: "segment" }))).toEqual({});
  });
});
