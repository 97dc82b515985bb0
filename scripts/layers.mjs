/// The layers of the C++ half and the words that only some files may contain, as data and one pure
/// function. web_layers.mjs has the rooms of web/.
import { posix } from "node:path";

/** A C++ folder may include its own headers and those of these folders. */
export const cppLayers = {
  "src/core": [],
  "src/simd": ["src/core"],
  "src/image": ["src/core", "src/simd"],
  "src/mask": ["src/core", "src/simd"],
  "src/assemble": ["src/core", "src/simd", "src/mask"],
  "src/decode": ["src/core", "src/simd", "src/mask", "src/assemble", "src/image"],
  wasm: ["src/core", "src/simd", "src/image", "src/mask", "src/assemble", "src/decode"],
};

/** The ladder of the C++ half in the form of ARCHITECTURE.md. */
export function cppLadderText() {
  const width = Math.max(...Object.keys(cppLayers).map((folder) => folder.length)) + 1;
  return Object.entries(cppLayers)
    .map(([folder, may]) => `    ${folder.padEnd(width)}<- ${may.join(" ") || "nothing"}`)
    .join("\n");
}

const domNames = new RegExp(
  `\\b(${[
    "document\\.",
    "window\\.",
    "HTML[A-Z]\\w*Element",
    "CanvasRenderingContext2D",
    "WebGL2RenderingContext",
    "KeyboardEvent",
    "PointerEvent",
    "MouseEvent",
    "localStorage",
    "requestAnimationFrame",
  ].join("|")})`,
);

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
    allowed: ["web/view/", "web/demo/", "web/base/image.ts", "web/source/"],
  },
];

const startsWithAny = (path, prefixes) => prefixes.some((prefix) => path.startsWith(prefix));
const isCpp = (path) => /\.(cpp|h|def)$/.test(path);

/** Blanks out comments and keeps the lines, so that prose may name what code must not. */
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
  if (!folder) return report(1, "no layer rule covers this folder; add it to scripts/layers.mjs");
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
  // Files with the same stem belong to one family: yolo_seg.ts, yolo_seg_end_to_end.ts.
  if (stem(target).startsWith(stem(path)) || stem(path).startsWith(stem(target))) return;
  report(line, `a family must not import its sibling ${target}`);
}

function checkFamilies(path, code, report) {
  for (const match of code.matchAll(importPattern)) {
    const specifier = match[1] ?? match[2];
    if (!specifier.startsWith(".")) continue;
    const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, ".ts");
    checkFamilySiblings(path, target, lineOf(code, match.index), report);
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
 * The violations of one file, as "path:line: what". `path` is relative to the root, with forward
 * slashes.
 */
export function layerViolations(path, text) {
  const found = [];
  const report = (line, what) => found.push(`${path}:${line}: ${what}`);
  const code = withoutComments(text);
  if (isCpp(path)) checkCppIncludes(path, code, report);
  else if (path.startsWith("web/families/")) checkFamilies(path, code, report);
  checkProhibitions(path, code, report);
  return found;
}
