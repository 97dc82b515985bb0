/// The layer rules of the architecture as data and as one pure function, so that a test can plant
/// violations.
import { posix } from "node:path";

/** C++: a folder may include headers of itself and of these. */
export const cppLayers = {
  "src/core": [],
  "src/simd": ["src/core"],
  "src/image": ["src/core", "src/simd"],
  "src/mask": ["src/core", "src/simd"],
  "src/assemble": ["src/core", "src/simd", "src/mask"],
  "src/decode": ["src/core", "src/simd", "src/mask", "src/assemble", "src/image"],
  "src/refine": ["src/core", "src/simd", "src/mask", "src/assemble", "src/image"],
  "src/edit": ["src/core", "src/simd", "src/mask", "src/image"],
  "src/track": ["src/core", "src/simd", "src/mask", "src/image"],
  wasm: [
    "src/core",
    "src/simd",
    "src/image",
    "src/mask",
    "src/assemble",
    "src/decode",
    "src/refine",
    "src/edit",
    "src/track",
  ],
};

/**
 * TypeScript: the first matching rule of a file says which modules it may import from inside web/.
 * A pattern ending in "/" is a folder. `types.ts`, `model_types.ts`, `model_names.gen.ts` and
 * `errors.ts` hold no behavior, `realm.ts` only tells Node from a browser: they are open to all.
 */
const openToAll = [
  "web/types.ts",
  "web/model_types.ts",
  "web/model_names.gen.ts",
  "web/errors.ts",
  "web/realm.ts",
];
const masks = ["web/core/", "web/mask.ts", "web/mask_"];
const decoding = ["web/decode.ts", "web/instances.ts", "web/segmenter_options.ts"];
const sources = ["web/source.ts", "web/source_"];
const segmenters = ["web/segmenter.ts", "web/segmenter_", "web/prompt_"];
export const webLayers = [
  { files: openToAll, may: ["web/mask.ts", "web/core/codes.gen.ts"] },
  { files: ["web/core/"], may: ["web/core/"] },
  { files: ["web/mask.ts", "web/mask_"], may: masks },
  { files: ["web/families/"], may: [...masks, "web/families/"] },
  { files: ["web/view/"], may: [...masks, "web/view/"] },
  { files: ["web/runtime/"], may: ["web/runtime/", "web/families/"] },
  { files: ["web/instances.ts"], may: masks },
  {
    // Decodes what any runtime computed: of ours only the parts that read numbers and metadata,
    // never ONNX Runtime.
    files: ["web/decode.ts"],
    may: [
      ...masks,
      ...decoding,
      "web/families/",
      "web/runtime/exporter_hints.ts",
      "web/runtime/outputs.ts",
    ],
  },
  { files: sources, may: [...masks, ...sources] },
  {
    files: segmenters,
    may: [
      ...masks,
      ...sources,
      ...segmenters,
      ...decoding,
      "web/families/",
      "web/runtime/",
      "web/worker/client.ts",
      "web/worker/prompt_client.ts",
      "web/models.ts",
    ],
  },
  {
    files: ["web/worker/"],
    may: [...masks, ...sources, ...segmenters, "web/worker/", "web/families/"],
  },
  { files: ["web/select_by_prompt.ts"], may: [...masks, "web/prompt_types.ts"] },
  { files: ["web/tracker.ts"], may: masks },
  { files: ["web/index.ts"], may: ["web/"] },
  { files: ["web/demo/"], may: ["web/demo/", "web/index.ts"] },
  { files: ["web/cli/"], may: ["web/cli/", "web/index.ts"] },
];

const domNames =
  /\b(document\.|window\.|HTML[A-Z]\w*Element|CanvasRenderingContext2D|WebGL2RenderingContext|KeyboardEvent|PointerEvent|MouseEvent|localStorage|requestAnimationFrame)/;

/** Words that only some files may contain. `allowed` and `within` are path prefixes. */
export const prohibitions = [
  { name: "emscripten", pattern: /emscripten/i, within: ["src/"], allowed: [] },
  {
    name: "an Emscripten header",
    pattern: /#include\s*[<"]emscripten/,
    within: ["src/", "wasm/"],
    allowed: ["wasm/bindings.cpp"],
  },
  {
    name: "iostream",
    pattern: /#include\s*<(iostream|sstream|fstream)>/,
    within: ["src/", "wasm/"],
    allowed: [],
  },
  {
    name: "an exception",
    pattern: /\b(throw|try\s*\{|catch\s*\()/,
    within: ["src/", "wasm/"],
    allowed: [],
  },
  {
    name: "the wasm heap",
    pattern: /\b(HEAP\w+|_malloc|_free)\b/,
    within: ["web/"],
    allowed: ["web/core/heap.ts"],
  },
  {
    name: "onnxruntime-web",
    pattern: /["'`]onnxruntime-web/,
    within: ["web/"],
    allowed: ["web/runtime/ort.ts"],
  },
  {
    name: "a DOM name",
    pattern: domNames,
    within: ["web/"],
    allowed: ["web/view/", "web/demo/", "web/types.ts", ...sources],
  },
];

const startsWithAny = (path, prefixes) => prefixes.some((prefix) => path.startsWith(prefix));
const isCpp = (path) => /\.(cpp|h|def)$/.test(path);

/** The text with comments blanked out, lines kept, so that prose may name what code may not. */
function withoutComments(text) {
  return text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (match, string) => (string === undefined ? match.replace(/[^\n]/g, " ") : match),
  );
}

const lineOf = (text, index) => text.slice(0, index).split("\n").length;

function cppFolder(path) {
  return Object.keys(cppLayers).find((folder) => path.startsWith(`${folder}/`));
}

function checkCppIncludes(path, code, report) {
  const folder = cppFolder(path);
  for (const match of code.matchAll(/#include\s*"([^"]+)"/g)) {
    const target = match[1].startsWith("wasm/") ? match[1] : `src/${match[1]}`;
    const targetFolder = cppFolder(target);
    if (!targetFolder || targetFolder === folder || cppLayers[folder]?.includes(targetFolder))
      continue;
    report(lineOf(code, match.index), `${folder} must not include ${match[1]}`);
  }
}

const importPattern =
  /\b(?:import|export)\b[^;"'`]*?\bfrom\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']/g;

function checkFamilySiblings(path, target, line, report) {
  const shared = [
    "family",
    "index",
    "detect",
    "yolo_heads",
    "answers",
    "query_tensors",
    "roles",
    "points",
    "feeds",
    "image_input",
  ];
  const stem = (file) => posix.basename(file, ".ts");
  if (!path.startsWith("web/families/") || !target.startsWith("web/families/")) return;
  if (shared.includes(stem(path)) || shared.includes(stem(target))) return;
  // A family may be split into files that share its stem: yolo_seg.ts, yolo_seg_end_to_end.ts.
  if (stem(target).startsWith(stem(path)) || stem(path).startsWith(stem(target))) return;
  report(line, `a family must not import its sibling ${target}`);
}

function checkWebImports(path, code, report) {
  const rule = webLayers.find(({ files }) => startsWithAny(path, files));
  if (!rule) return report(1, "no layer rule covers this file; add one to scripts/layers.mjs");
  for (const match of code.matchAll(importPattern)) {
    const specifier = match[1] ?? match[2];
    if (!specifier.startsWith(".")) continue;
    const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, ".ts");
    const line = lineOf(code, match.index);
    if (target.startsWith("web/") && !startsWithAny(target, [...rule.may, ...openToAll]))
      report(line, `${path} must not import ${target}`);
    checkFamilySiblings(path, target, line, report);
  }
}

function checkProhibitions(path, code, report) {
  for (const { name, pattern, within, allowed } of prohibitions) {
    if (!startsWithAny(path, within) || startsWithAny(path, allowed)) continue;
    for (const [index, line] of code.split("\n").entries()) {
      if (pattern.test(line)) report(index + 1, `${name} is not allowed here: ${line.trim()}`);
    }
  }
}

/**
 * Violations of one file, as "path:line: what". `path` is relative to the root with forward
 * slashes.
 */
export function layerViolations(path, text) {
  const found = [];
  const report = (line, what) => found.push(`${path}:${line}: ${what}`);
  const code = withoutComments(text);
  if (isCpp(path)) checkCppIncludes(path, code, report);
  else if (path.startsWith("web/")) checkWebImports(path, code, report);
  checkProhibitions(path, code, report);
  return found;
}
