import { describe, expect, it } from "vitest";
import { layerViolations } from "../../scripts/layers.mjs";

const violations = (path: string, text: string): string[] => layerViolations(path, text);

describe("Layers", () => {
  it("Layers_CppIncludeUpwards_IsNamedWithItsLine", () => {
    const text = '#include "core/status.h"\n\n#include "decode/nms.h"\n';
    expect(violations("src/mask/rle.cpp", text)).toEqual([
      "src/mask/rle.cpp:3: src/mask must not include decode/nms.h",
    ]);
    expect(
      violations("src/decode/yolo_seg.cpp", '#include "assemble/assemble_masks.h"\n#include "simd/vec.h"\n'),
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

  it("Layers_DemoPastTheIndex_IsRefusedHoweverItImports", () => {
    expect(violations("web/demo/main.ts", "import { Segmenter } from '../index.js';\n")).toEqual(
      [],
    );
    expect(
      violations("web/demo/main.ts", "import { Segmenter } from '../segmenter.js';\n"),
    ).toHaveLength(1);
    expect(
      violations("web/demo/main.ts", "import type {\n  Segmenter,\n} from '../segmenter.js';\n"),
    ).toHaveLength(1);
    expect(
      violations("web/demo/main.ts", "const { x } = await import('../segmenter.js');\n"),
    ).toHaveLength(1);
    expect(violations("web/cli/masklet.ts", "export * from '../core/load.js';\n")).toHaveLength(1);
  });

  it("Layers_FamilyImportsSibling_IsRefused", () => {
    expect(
      violations("web/families/yolo_seg.ts", "import { f } from './yolact.js';\n"),
    ).toHaveLength(1);
    expect(violations("web/families/yolo_seg.ts", "import { f } from './family.js';\n")).toEqual(
      [],
    );
  });

  it("Layers_RuntimeFromView_IsRefused", () => {
    expect(
      violations("web/view/overlay.ts", "import { x } from '../runtime/ort.js';\n"),
    ).toHaveLength(1);
  });

  it("Layers_NewPlaceWithoutRule_IsRefused", () => {
    expect(violations("web/somewhere/new.ts", "export {};\n")).toHaveLength(1);
  });

  it("Layers_NameInAComment_IsNoViolation", () => {
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
