// Writes web/runtime/built_in.gen.ts from the model cards models/*.json. With --check: fails where they differ.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const root = new URL("../", import.meta.url);
const target = new URL("web/runtime/built_in.gen.ts", root);

const cards = readdirSync(new URL("models/", root))
  .filter((file) => file.endsWith(".json"))
  .sort()
  .map((file) => JSON.parse(readFileSync(new URL(`models/${file}`, root), "utf8")));

const entry = ({ name, file, bytes, sha256, family, licence, summary, preprocessing, labels }) =>
  `  {
    name: ${JSON.stringify(name)},
    summary: ${JSON.stringify(summary)},
    licence: ${JSON.stringify(licence)},
    bytes: ${bytes},
    sha256: ${JSON.stringify(sha256)},
    family: ${JSON.stringify(family)},
    preprocessing: ${JSON.stringify(preprocessing)},
    labels: ${JSON.stringify(labels.join(","))}.split(","),
    // Written out in full, because bundlers look for this form.
    locate: () => new URL(${JSON.stringify(`../../models/${file}`)}, import.meta.url),
  },
`;

const text = `// Generated from models/*.json by scripts/gen_models.mjs; do not edit.
import type { BuiltInModel } from "./built_in.js";

/** A built-in model and where its file lies. */
export interface Card extends BuiltInModel {
  readonly locate: () => URL;
}

export const cards: readonly Card[] = [
${cards.map(entry).join("")}];
`;

if (cards.some(({ labels }) => labels.some((label) => label.includes(",")))) throw new Error("a class name holds a comma");
if (process.argv.includes("--check")) {
  if (!existsSync(target) || readFileSync(target, "utf8") !== text) {
    console.error("web/runtime/built_in.gen.ts does not match the model cards; run: npm run gen:models");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
