// Writes web/model/built_in.gen.ts and web/model/model_names.gen.ts from the model cards
// models/*.json. With --check it fails if they differ. With --measure it first writes size and
// SHA-256 of the model files into the cards.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cardFiles, cardsOfKind, inputOf, readBuiltInCards } from "./model_cards.mjs";
import { runMain, StepError } from "./setup/log.mjs";

const root = new URL("../", import.meta.url);

const entry = ({
  preprocessing = {},
  labels,
  file,
  name,
  bytes,
  sha256,
  family,
  license,
  summary,
  ...card
}) =>
  `  {
    name: ${JSON.stringify(name)},
    summary: ${JSON.stringify(summary)},
    license: ${JSON.stringify(license)},
    bytes: ${bytes},
    sha256: ${JSON.stringify(sha256)},
    family: ${JSON.stringify(family)},
    input: ${JSON.stringify(inputOf(card))},
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
    license: ${JSON.stringify(card.license)},
    preprocessing: ${JSON.stringify(card.preprocessing ?? {})},
    everything: ${JSON.stringify(card.everything ?? {})},
${part("encoder", card)}${part("decoder", card)}  },
`;

const modelsFile = (
  models,
  promptModels,
) => `// Generated from models/*.json by scripts/gen_models.mjs; do not edit.
import type { BuiltInFile, BuiltInModel, BuiltInPromptModel } from "./built_in_types.js";

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

export const cards: readonly [Card, ...Card[]] = [
${models.map(entry).join("")}];

export const promptCards: readonly [PromptCard, ...PromptCard[]] = [
${promptModels.map(promptEntry).join("")}];
`;

const union = (cards) => cards.map(({ name }) => JSON.stringify(name)).join(" | ");

const namesFile = (
  models,
  promptModels,
) => `// Generated from models/*.json by scripts/gen_models.mjs; do not edit.
/** Models inside the package that find objects: what \`CreateOptions.model\` takes. */
export type BuiltInModelName = ${union(models)};
/** Promptable models inside the package. */
export type BuiltInPromptModelName = ${union(promptModels)};
`;

/** Replaces the values in the text, which keeps the formatting of a card. */
function measureFiles() {
  for (const card of readBuiltInCards()) {
    const target = new URL(`models/${card.name}.json`, root);
    let text = readFileSync(target, "utf8");
    for (const { file, bytes, sha256 } of cardFiles(card)) {
      const model = readFileSync(new URL(`models/${file}`, root));
      const digest = createHash("sha256").update(model).digest("hex");
      text = text
        .replace(sha256, digest)
        .replaceAll(`"bytes": ${bytes},`, `"bytes": ${model.length},`);
    }
    writeFileSync(target, text);
  }
}

await runMain(() => {
  if (process.argv.includes("--measure")) measureFiles();
  const cards = readBuiltInCards();
  const [models, promptModels] = [cardsOfKind(cards, "segment"), cardsOfKind(cards, "prompt")];
  const texts = {
    "web/model/built_in.gen.ts": modelsFile,
    "web/model/model_names.gen.ts": namesFile,
  };
  for (const [path, write] of Object.entries(texts)) {
    const target = new URL(path, root);
    const text = write(models, promptModels);
    if (!process.argv.includes("--check")) writeFileSync(target, text);
    else if (!existsSync(target) || readFileSync(target, "utf8") !== text)
      throw new StepError(`${path} does not match the model cards`, "npm run gen:models");
  }
});
