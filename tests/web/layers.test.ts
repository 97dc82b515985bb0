import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { checkLayers } from "../../scripts/check_layers.mjs";
import { cppLadderText, layerViolations } from "../../scripts/layers.mjs";
import { ladderText } from "../../scripts/web_layers.mjs";

const violations = (path: string, text: string): string[] => layerViolations(path, text);

describe("Layers", () => {
  it("Layers_CppIncludeUpwards_IsNamedWithItsLine", () => {
    const text = '#include "core/status.h"\n\n#include "decode/nms.h"\n';
    expect(violations("src/mask/rle.cpp", text)).toEqual([
      "src/mask/rle.cpp:3: src/mask must not include decode/nms.h",
    ]);
    expect(
      violations(
        "src/decode/yolo_seg.cpp",
        '#include "assemble/assemble_masks.h"\n#include "simd/vec.h"\n',
      ),
    ).toEqual([]);
    expect(violations("src/core/view.cpp", '#include "wasm/workspace.h"\n')).toHaveLength(1);
  });

  it("Layers_EmscriptenInTheCore_IsRefused", () => {
    expect(violations("src/image/resize.cpp", "#include <emscripten.h>\n")[0]).toMatch(
      /^src\/image\/resize\.cpp:1: /,
    );
    expect(violations("wasm/workspace.cpp", "#include <emscripten/bind.h>\n")).toHaveLength(1);
    expect(violations("wasm/bindings.cpp", "#include <emscripten/bind.h>\n")).toEqual([]);
  });

  it("Layers_ExceptionInTheCore_IsRefused", () => {
    expect(violations("src/image/resize.cpp", "void f() {\n  throw 1;\n}\n")).toEqual([
      "src/image/resize.cpp:2: an exception is not allowed here: throw 1;",
    ]);
  });

  it("Layers_HeapOutsideOfHeapTs_IsRefused", () => {
    expect(violations("web/core/core.ts", "const bytes = module.HEAPU8;\n")[0]).toContain(
      "web/core/core.ts:1: the wasm heap",
    );
    expect(violations("web/core/heap.ts", "const bytes = module.HEAPU8;\n")).toEqual([]);
  });

  it("Layers_OrtOutsideOfOrtTs_IsRefused", () => {
    const text = "import { Tensor } from 'onnxruntime-web';\n";
    expect(violations("web/runtime/outputs.ts", text)).toHaveLength(1);
    expect(violations("web/runtime/ort.ts", text)).toEqual([]);
  });

  it("Layers_DomInTheSegmenter_IsRefused", () => {
    expect(
      violations("web/segmenter.ts", "const canvas = document.createElement('canvas');\n"),
    ).toHaveLength(1);
    expect(
      violations("web/view/overlay.ts", "const canvas = document.createElement('canvas');\n"),
    ).toEqual([]);
  });

  it("Layers_FamilyImportsSibling_IsRefused", () => {
    expect(
      violations("web/families/yolo_seg.ts", "import { f } from './yolact.js';\n"),
    ).toHaveLength(1);
    expect(violations("web/families/yolo_seg.ts", "import { f } from './family.js';\n")).toEqual(
      [],
    );
  });

  it("Layers_CppFolderWithoutRule_IsRefused", () => {
    expect(violations("src/somewhere/new.h", "int x;\n")).toHaveLength(1);
  });

  it("Layers_NameInAComment_IsNotAViolation", () => {
    expect(
      violations(
        "src/core/view.h",
        '// emscripten and #include "decode/nms.h" are prose here; nothing may throw\n',
      ),
    ).toEqual([]);
    expect(
      violations(
        "web/core/load.ts",
        '/* HEAPU8 */\nconst url = "https://example.org/a"; // document.title\n',
      ),
    ).toEqual([]);
  });
});

describe("npm run check:layers", () => {
  let root = "";
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  /** A small tree that obeys every rule, and `planted` in it. */
  function plant(planted: Record<string, string>): string {
    root = mkdtempSync(join(tmpdir(), "masklet-layers-"));
    const files = {
      "ARCHITECTURE.md": `${ladderText()}\n${cppLadderText()}\n`,
      "src/core/view.h": "#pragma once\n",
      "src/mask/rle.cpp": '#include "core/view.h"\n',
      "wasm/stages.h": '#include "mask/rle.h"\n',
      "web/base/size.ts": "export interface Size {}\nexport const one = 1;\n",
      "web/core/core.ts": 'import { one } from "../base/size.js";\nexport const core = one;\n',
      "web/index.ts": 'export { core } from "./core/core.js";\n',
      "web/segmenter.ts": 'export { core } from "./core/core.js";\n',
      "web/cli/main.ts": 'import { core } from "../index.js";\ncore;\n',
      ...planted,
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return root;
  }

  it("CheckLayers_NothingPlanted_Passes", async () => {
    expect(await checkLayers(plant({}))).toBe(8);
  });

  it.each([
    ["AnImportUpward", "web/base/up.ts", 'import { core } from "../core/core.js";\ncore;\n'],
    ["ATypeOnlyImportUpward", "web/base/up.ts", 'import type { x } from "../core/core.js";\n'],
    ["ADynamicImportUpward", "web/base/up.ts", 'await import("../core/core.js");\n'],
    ["AReExportUpward", "web/base/up.ts", 'export * from "../core/core.js";\n'],
    ["TheCommandLinePastTheIndex", "web/cli/past.ts", 'export * from "../core/core.js";\n'],
    ["TheDemoThroughAnotherDoor", "web/demo/past.ts", 'export * from "../segmenter.js";\n'],
    ["ARoomThroughADoor", "web/view/door.ts", 'export * from "../index.js";\n'],
    ["TheViewFromTheRuntime", "web/runtime/up.ts", 'export * from "../view/paint.js";\n'],
  ])("CheckLayers_%s_IsRefused", async (_, path, text) => {
    const extra = { "web/view/paint.ts": "export {};\n", [path]: text };
    await expect(checkLayers(plant(extra))).rejects.toThrow(`${path}: `);
  });

  it.each([
    [
      "Values",
      "import { b } from './b.js';\nexport const a = b;",
      "export { a as b } from './a.js';",
    ],
    [
      "TypesAlone",
      "import type { B } from './b.js';\nexport type A = B;",
      "import type { A } from './a.js';\nexport type B = A | 1;",
    ],
  ])("CheckLayers_ARingOf%s_IsRefused", async (_, a, b) => {
    const tree = plant({ "web/mask/a.ts": `${a}\n`, "web/mask/b.ts": `${b}\n` });
    await expect(checkLayers(tree)).rejects.toThrow(/1 violations[\s\S]*ring of imports/);
  });

  it("CheckLayers_AnIncludeAcrossLayers_IsRefused", async () => {
    const tree = plant({ "src/core/up.cpp": '#include "mask/rle.h"\n' });
    await expect(checkLayers(tree)).rejects.toThrow("src/core/up.cpp:1: src/core must not include");
  });

  it("CheckLayers_AFolderWithoutARule_IsRefused", async () => {
    const tree = plant({ "web/somewhere/new.ts": "export {};\n" });
    await expect(checkLayers(tree)).rejects.toThrow("web/somewhere/: no layer rule");
  });

  it("CheckLayers_AnOldLadderInThePage_IsRefused", async () => {
    await expect(checkLayers(plant({ "ARCHITECTURE.md": "# Old\n" }))).rejects.toThrow(
      "ARCHITECTURE.md: the ladder is out of date",
    );
  });
});
