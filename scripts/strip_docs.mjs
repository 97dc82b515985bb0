/// Takes doc comments out of compiled JavaScript: the declarations beside it hold them once more.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The text without comments that stand on lines of their own. Comments within a line stay: bundlers
 * read some of them. So do comments with an annotation (`@license`, `#__PURE__`, `@vite-ignore`).
 */
export function stripDocs(text) {
  return text.replace(/^[ \t]*(?:\/\*[\s\S]*?\*\/|\/\/.*)[ \t]*\n/gm, (comment) =>
    /@license|@preserve|__PURE__|@vite-ignore|webpack|sourceMappingURL/.test(comment)
      ? comment
      : "",
  );
}

/** Strips every .js file below `folder`. */
export function stripDocsBelow(folder) {
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!name.endsWith(".js")) continue;
    const path = join(folder, name);
    writeFileSync(path, stripDocs(readFileSync(path, "utf8")));
  }
}
