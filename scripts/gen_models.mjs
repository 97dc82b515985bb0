// Writes web/runtime/built_in.gen.ts from the model cards models/*.json. With --check: fails where they differ.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const root = new URL("../", import.meta.url);
const target = new URL("web/runtime/built_in.gen.ts", root);

const cards = readdirSync(new URL("models/", root))
  .filter((file) => file.endsWith(".json"))
  .sort()
  .map((file) => JSON.parse(readFileSync(new URL(`models/${file}`, root), "utf8")));

const models = cards.filter(({ kind }) => kind === undefined);
const promptModels = cards.filter(({ kind }) => kind === "prompt");

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

const part = (key, { name, [key]: { file, bytes, sha256 } }) =>
  `    ${key}: {
      name: ${JSON.stringify(`${name}-${key}`)},
      bytes: ${bytes},
      sha256: ${JSON.stringify(sha256)},
      locate: () => new URL(${JSON.stringify(`../../models/${file}`)}, import.meta.url),
    },
`;

const promptEntry = (card) =>
  `  {
    name: ${JSON.stringify(card.name)},
    summary: ${JSON.stringify(card.summary)},
    licence: ${JSON.stringify(card.licence)},
${part("encoder", card)}${part("decoder", card)}  },
`;

const text = `// Generated from models/*.json by scripts/gen_models.mjs; do not edit.
import type { BuiltInFile, BuiltInModel, BuiltInPromptModel } from "./built_in.js";

/** Where the file of a model lies. */
interface Located {
  readonly locate: () => URL;
}

/** A built-in model and where its file lies. */
export interface Card extends BuiltInModel, Located {}

/** A built-in promptable model and where its files lie. */
export interface PromptCard extends BuiltInPromptModel {
  readonly encoder: BuiltInFile & Located;
  readonly decoder: BuiltInFile & Located;
}

export const cards: readonly Card[] = [
${models.map(entry).join("")}];

export const promptCards: readonly PromptCard[] = [
${promptModels.map(promptEntry).join("")}];
`;

if (models.some(({ labels }) => labels.some((label) => label.includes(",")))) throw new Error("a class name holds a comma");
if (process.argv.includes("--check")) {
  if (!existsSync(target) || readFileSync(target, "utf8") !== text) {
    console.error("web/runtime/built_in.gen.ts does not match the model cards; run: npm run gen:models");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
