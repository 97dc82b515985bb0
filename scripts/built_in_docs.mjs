/// The parts of docs/models.md and models/README.md about the models in the package.
import { list, table } from "./markdown.mjs";
import { cardFiles, cardsOfKind, inputOf } from "./model_cards.mjs";

/** Column titles of the figures of cards. Other figures keep their own names. */
const titles = {
  input: "input",
  boxAp: "box AP",
  maskAp: "mask AP",
  maskAp50: "mask AP50",
  maskAp75: "mask AP75",
  maskApSmall: "small",
  maskApMedium: "medium",
  maskApLarge: "large",
  boundaryAp: "boundary AP",
  ms: "ms",
  iou1: "1 click",
  iou3: "3 clicks",
  iou5: "5 clicks",
  iouBox: "box",
  noc80: "NoC@80",
  noc85: "NoC@85",
  noc90: "NoC@90",
  encoderMs: "encoder, ms",
  decoderMs: "click, ms",
};

const bytesText = (bytes) => bytes.toLocaleString("en-US");
const figureText = (name, value) => (name === "bytes" ? bytesText(value) : String(value));
const paragraphs = (parts) =>
  parts.filter((part) => part !== undefined && part !== "").join("\n\n");

/**
 * A table of figures, with a column for every name, in the order of first occurrence.
 */
function figureTable(head, rows) {
  const names = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  const cells = rows.map(({ first, figures }) => [
    ...first,
    ...names.map((name) =>
      figures[name] === undefined ? undefined : figureText(name, figures[name]),
    ),
  ]);
  return table([...head, ...names.map((name) => titles[name] ?? name)], cells);
}

const inOrder = (cards) => [...cardsOfKind(cards, "segment"), ...cardsOfKind(cards, "prompt")];
const totalBytes = (card) => cardFiles(card).reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * One line per model. @param {string} page the page with the sections; empty on that page itself
 */
export function builtInTable(cards, page = "") {
  return table(
    ["name", "family", "license", "bytes", "what it is"],
    inOrder(cards).map((card) => [
      `[\`${card.name}\`](${page}#${card.name})`,
      `\`${card.family}\``,
      card.license,
      bytesText(totalBytes(card)),
      card.summary,
    ]),
  );
}

function inputText(card) {
  const { width, height, multiple } = inputOf(card);
  const usual = `${width} x ${height}`;
  return multiple === undefined
    ? `${usual}, fixed`
    : `${usual}, or any other whose sides are multiples of ${multiple} (\`inputSize\`)`;
}

function metricsText({ kind, metrics }) {
  if (metrics === undefined) return undefined;
  if (kind === "prompt") {
    return paragraphs([
      figureTable(
        ["images"],
        metrics.map(({ data, figures }) => ({ first: [data], figures })),
      ),
      ...metrics.map(({ note }) => note),
    ]);
  }
  const rows = metrics.sizes.map((figures) => ({ first: [], figures }));
  return paragraphs([
    `On ${metrics.data}${metrics.note === undefined ? "" : ` (${metrics.note})`}:`,
    figureTable([], rows),
  ]);
}

function variantsText({ variants }) {
  if (variants === undefined) return undefined;
  const rows = variants.map(({ storage, isShipped, figures }) => ({
    first: [isShipped ? `**${storage}**, ships` : storage],
    figures,
  }));
  return paragraphs(["How the weights can be stored:", figureTable(["storage"], rows)]);
}

function trainingText({ trainingData, training }) {
  const named = ({ name, source }) => (source === undefined ? name : `[${name}](${source})`);
  const data =
    trainingData &&
    table(
      ["trained on", "what", "license"],
      trainingData.map((set) => [named(set), set.what, set.license]),
    );
  const seeds =
    training &&
    `Seeds: ${training.seeds.join(", ")}.${training.note === undefined ? "" : ` ${training.note}`}`;
  return paragraphs([data, training && ["```sh", training.command, "```"].join("\n"), seeds]);
}

function imagesText(title, images) {
  if (images === undefined) return undefined;
  const shown = images.map(
    ({ image, caption }) => `![${caption}](${image.replace(/^docs\//, "")})\n*${caption}*`,
  );
  return paragraphs([title, ...shown]);
}

function section(card) {
  const facts = [
    ...(card.kind === "segment" ? [`input: ${inputText(card)}`] : []),
    ...cardFiles(card).map(
      ({ file, bytes, sha256 }) => `\`${file}\`: ${bytesText(bytes)} bytes, SHA-256 \`${sha256}\``,
    ),
    `license: ${card.license}. ${card.origin}`,
    ...(card.storage === undefined ? [] : [card.storage]),
  ];
  return paragraphs([
    `### ${card.name}`,
    card.summary,
    list(facts),
    card.intendedUse && paragraphs(["For:", list(card.intendedUse)]),
    card.limits && paragraphs(["Limits:", list(card.limits)]),
    metricsText(card),
    variantsText(card),
    trainingText(card),
    imagesText("What it makes of images:", card.images),
    imagesText("Where it fails:", card.failures),
  ]);
}

/** One section per model. */
export const builtInSections = (cards) => inOrder(cards).map(section);

const [begin, end] = ["<!-- built-in models: written by npm run gen:docs -->", "<!-- end -->"];

/** Replaces the text between the two marks of a page. */
export function withTable(page, text) {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page lacks the marks ${begin} and ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}
