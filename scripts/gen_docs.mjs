/// Writes docs/models.md and the table in models/README.md from the model cards (models/*.json,
/// models/cards/*.json). With --check it fails if one is out of date.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { builtInSections, builtInTable, withTable } from "./built_in_docs.mjs";
import { list, table, wrapPage } from "./markdown.mjs";
import { readBuiltInCards } from "./model_cards.mjs";
import { runMain, StepError, say } from "./setup/log.mjs";
import { inRoot } from "./setup/paths.mjs";

function readFolder(...path) {
  return readdirSync(inRoot(...path))
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => ({
      stem: file.replace(".json", ""),
      ...JSON.parse(readFileSync(inRoot(...path, file), "utf8")),
    }));
}

/** Reads all cards and class lists of the page. */
export function readCards() {
  return {
    builtIn: readBuiltInCards(),
    cards: readFolder("models", "cards"),
    classLists: readFolder("models", "class_lists"),
  };
}

const kinds = [
  ["instances", "Instance segmentation"],
  ["prompts", "Prompts: clicks and boxes"],
  ["boxes", "Boxes, for the two-step method"],
];

const round = (value) => String(Number(value.toPrecision(4)));
const shape = ({ name, type, dims, content }) =>
  `\`${name}\` ${type} [${dims.join(", ")}]: ${content}`;

function checkpointTable(checkpoints) {
  const columns = [
    ["input", "input", ({ input }) => (input === undefined ? undefined : `${input} x ${input}`)],
    ["parametersM", "parameters, M", ({ parametersM }) => parametersM],
    ["queries", "queries", ({ queries }) => queries],
    ["fileMB", "file, MB", ({ fileMB }) => fileMB],
  ].filter(([field]) => checkpoints.some((checkpoint) => checkpoint[field] !== undefined));
  const head = ["checkpoint", ...columns.map(([, title]) => title)];
  const cells = (checkpoint) => [
    `\`${checkpoint.name}\``,
    ...columns.map(([, , read]) => read(checkpoint)),
  ];
  return table(head, checkpoints.map(cells));
}

const resizes = {
  "letterbox-center": "scaled to fit and padded on both sides",
  "letterbox-top-left": "scaled to fit and padded right and below",
  stretch: "stretched to the input size",
};

function sizeText({ resizeMode, fill }, sizing) {
  if (sizing?.rule === "source") return "the image's own size";
  const padding =
    resizeMode === "stretch" ? "" : ` with ${Array.isArray(fill) ? fill.join(", ") : fill}`;
  if (sizing?.rule !== "short-side") return resizes[resizeMode] + padding;
  const multiple =
    sizing.multiple > 1
      ? `, then padded right and below${padding} to a multiple of ${sizing.multiple}`
      : "";
  return `shorter side ${sizing.shortSide}, longer at most ${sizing.longSide}${multiple}`;
}

function preprocessingText({ preprocessing, sizing }) {
  const { colorOrder, inputScale, mean, std } = preprocessing;
  const isPlain = mean.every((value) => value === 0) && std.every((value) => value === 1);
  const range = inputScale === 1 ? "0..255" : "0..1";
  const normalized = isPlain
    ? ""
    : `, minus ${mean.map(round).join(", ")}, divided by ${std.map(round).join(", ")}`;
  return `${colorOrder.toUpperCase()}, ${range}${normalized}; ${sizeText(preprocessing, sizing)}`;
}

function classesText({ classes }, classLists) {
  if (classes === null) return "none";
  const found = classLists.find(({ name }) => name === classes.list);
  if (found === undefined) throw new StepError(`the class list ${classes.list} is missing`);
  const shift =
    classes.first === 0 ? "" : `; the network counts from ${classes.first}, 0 is background`;
  return `${found.title} ([${classes.list}](../models/class_lists/${classes.list}.json))${shift}`;
}

function verifiedText({ verified: { how, note } }) {
  return note === undefined ? how : `${how}: ${note}`;
}

function graphText({ name, role, variant, inputs, outputs, note }) {
  const roleText = role === "model" ? "" : ` (${role})`;
  const variantText = variant === undefined ? "" : `, variant \`${variant}\``;
  const title = `**${name}**${roleText}${variantText}`;
  const tensors = [
    ...inputs.map((input) => `in: ${shape(input)}`),
    ...outputs.map((output) => `out: ${shape(output)}`),
  ];
  return [title, "", list(note === undefined ? tensors : [...tensors, note])].join("\n");
}

function exportText({ commands, note }) {
  const block = commands.length > 0 ? ["```sh", ...commands, "```"].join("\n") : "";
  return [block, note].filter(Boolean).join("\n\n");
}

function cardSection(card, classLists) {
  const {
    title,
    family,
    summary,
    checkpoints,
    graphs,
    license,
    project,
    weights,
    sources,
    unconfirmed,
  } = card;
  const { commercial, terms, note } = license;
  const conditions = [commercial, terms, note].filter(Boolean).join("; ");
  const place = project.replace("https://", "");
  const facts = [
    `family: \`${family}\``,
    `input: ${preprocessingText(card)}`,
    `classes: ${classesText(card, classLists)}`,
    `license: [${license.name}](${license.source}); commercial use: ${conditions}`,
    `published by the original at [${place}](${project}), weights: [there](${weights})`,
    `verified: ${verifiedText(card)}`,
    ...(unconfirmed.length > 0 ? [`not confirmed: ${unconfirmed.join("; ")}`] : []),
    `sources: ${sources.map((source, k) => `[${k + 1}](${source})`).join(", ")}`,
  ];
  return [
    `### ${title}`,
    summary,
    checkpointTable(checkpoints),
    list(facts),
    ...graphs.map(graphText),
    exportText(card.export),
  ].join("\n\n");
}

function overview(cards) {
  const anchor = (title) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, "")
      .replaceAll(" ", "-");
  const rows = cards.map(({ title, family, license, verified }) => [
    `[${title}](#${anchor(title)})`,
    `\`${family}\``,
    license.name,
    license.commercial,
    verified.how,
  ]);
  return table(["model", "family", "license", "commercial use", "verified"], rows);
}

/** The text of docs/models.md. */
export function modelsPage({ builtIn, cards, classLists }) {
  const parts = [
    "<!-- Generated from the model cards by scripts/gen_docs.mjs; not to be edited. -->",
    "# Models",
    "Well-known public checkpoints that Masklet decodes: what goes in, what comes out, whose " +
      "they are, and how to get an ONNX file. Only the built-in models come with Masklet; every " +
      "other one has the license of whoever publishes it, and some of those do not allow " +
      "commercial use. `npx masklet inspect FILE` says what Masklet makes of a file.",
    "**Verified** says what Masklet was really run on: *real weights*; the *reference library " +
      "with random weights*, exported and compared with the library's own post-processing; a " +
      "*constructed graph* with the tensors of the export; or *not run against the real file*. " +
      "[families.md](families.md) has the tests of each decoder.",
    "## Built in",
    builtInTable(builtIn),
    ...builtInSections(builtIn),
  ];
  for (const [kind, title] of kinds) {
    const own = cards.filter((card) => card.kind === kind);
    parts.push(`## ${title}`, overview(own), ...own.map((card) => cardSection(card, classLists)));
  }
  return `${parts.join("\n\n")}\n`;
}

/** The generated pages by path. */
export function pages(cards) {
  const readme = readFileSync(inRoot("models", "README.md"), "utf8");
  return {
    "docs/models.md": wrapPage(modelsPage(cards)),
    "models/README.md": withTable(readme, builtInTable(cards.builtIn, "../docs/models.md")),
  };
}

async function main() {
  for (const [path, wanted] of Object.entries(pages(readCards()))) {
    if (!process.argv.includes("--check")) {
      writeFileSync(inRoot(path), wanted);
      say(`${path} is written`);
      continue;
    }
    let present = "";
    try {
      present = readFileSync(inRoot(path), "utf8");
    } catch {
      // A missing file is out of date too.
    }
    if (present !== wanted) throw new StepError(`${path} is out of date`, "run `npm run gen:docs`");
    say(`${path} is up to date`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await runMain(main);
