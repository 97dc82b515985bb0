import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { modelsPage, pages, readCards } from "../../scripts/gen_docs.mjs";
import type { InputSizing, Preprocessing } from "../../web/base/preprocessing.js";
import type { TensorInfo } from "../../web/base/tensor.js";
import { matchFamily } from "../../web/families/detect.js";
import type { ModelSignature } from "../../web/families/family.js";
import { families } from "../../web/families/index.js";
import { promptFamilies } from "../../web/families/prompt/index.js";
import { readDecoder, readEncoder } from "../../web/families/prompt/roles.js";
import { findImageInput, fixedSize } from "../../web/model/image_input.js";

interface CardTensor extends TensorInfo {
  readonly dims: readonly (number | string)[];
  readonly content: string;
}

interface CardGraph {
  readonly name: string;
  readonly role: "model" | "encoder" | "decoder";
  readonly variant?: string;
  readonly inputs: readonly CardTensor[];
  readonly outputs: readonly CardTensor[];
}

/** How an image becomes numbers; a fill may be one number for each channel. */
type CardPreprocessing = Pick<
  Preprocessing,
  "resizeMode" | "colorOrder" | "inputScale" | "mean" | "std"
> & {
  readonly fill: number | readonly number[];
};

interface Card {
  readonly stem: string;
  readonly title: string;
  readonly family: string;
  readonly kind: "instances" | "boxes" | "prompts";
  readonly summary: string;
  readonly checkpoints: readonly {
    readonly name: string;
    readonly input?: number;
    readonly parametersM?: number;
    readonly fileMB?: number;
  }[];
  readonly graphs: readonly CardGraph[];
  readonly preprocessing: CardPreprocessing;
  readonly sizing?: InputSizing;
  readonly classes: { readonly list: string; readonly first: number } | null;
  readonly license: {
    readonly name: string;
    readonly commercial: string;
    readonly terms?: string;
    readonly source: string;
  };
  readonly project: string;
  readonly weights: string;
  readonly export: { readonly commands: readonly string[]; readonly note?: string };
  readonly verified: { readonly how: string; readonly note?: string };
  readonly sources: readonly string[];
  readonly unconfirmed: readonly string[];
}

/** The card of a model that ships: one file, or an encoder and a decoder. */
interface BuiltInCard {
  readonly name: string;
  readonly file?: string;
  readonly encoder?: { readonly file: string };
  readonly decoder?: { readonly file: string };
  readonly labels?: readonly string[];
}

interface ClassList {
  readonly name: string;
  readonly names: readonly (string | null)[];
}

const { cards, classLists, builtIn } = readCards() as {
  cards: Card[];
  classLists: ClassList[];
  builtIn: BuiltInCard[];
};
const instanceCards = cards.filter(({ kind }) => kind !== "prompts");
const promptCards = cards.filter(({ kind }) => kind === "prompts");
const fromRoot = (path: string) => new URL(`../../${path}`, import.meta.url);

/** Two normalizations are one when black and white come out alike in every channel. */
function normalized({
  inputScale,
  mean,
  std,
}: Pick<Preprocessing, "inputScale" | "mean" | "std">): number[] {
  return [0, 255].flatMap((pixel) =>
    mean.map((value, channel) => (pixel * inputScale - value) / std[channel]!),
  );
}

function expectSamePixels(
  actual: Pick<Preprocessing, "colorOrder" | "inputScale" | "mean" | "std">,
  wanted: CardPreprocessing,
): void {
  expect(actual.colorOrder).toBe(wanted.colorOrder);
  const expected = normalized(wanted);
  for (const [k, value] of normalized(actual).entries())
    expect(Math.abs(value - expected[k]!), `value ${k}`).toBeLessThan(1e-3);
}

function signatureOf({ inputs, outputs }: CardGraph): ModelSignature {
  const image = findImageInput(inputs);
  return { inputs, outputs, inputSize: image && fixedSize(image), hints: {} };
}

describe.each(cards)("Card $stem", (card) => {
  it("Card_Fields_ExistAndAreWellFormed", () => {
    const { title, summary, checkpoints, graphs, license, verified } = card;
    for (const text of [title, summary, license.name]) expect(text.length).toBeGreaterThan(2);
    expect(["instances", "boxes", "prompts"]).toContain(card.kind);
    expect(["yes", "no", "with conditions", "unclear"]).toContain(license.commercial);
    if (license.commercial === "with conditions" || license.commercial === "unclear")
      expect(license.terms).toMatch(/\w{4}/);
    expect([
      "real weights",
      "reference library with random weights",
      "constructed graph",
      "not run against the real file",
    ]).toContain(verified.how);
    for (const url of [card.project, card.weights, license.source, ...card.sources]) {
      expect(new URL(url).protocol).toBe("https:");
      expect(url).not.toMatch(/registry|npmjs|pypi/);
    }
    expect(checkpoints.length).toBeGreaterThan(0);
    for (const { parametersM, input, fileMB } of checkpoints) {
      for (const value of [parametersM, input, fileMB])
        expect(value === undefined || value > 0).toBe(true);
    }
    expect(new Set(checkpoints.map(({ name }) => name)).size).toBe(checkpoints.length);
    expect(new Set(graphs.map(({ name }) => name)).size).toBe(graphs.length);
    expect(card.export.commands.length > 0 || (card.export.note ?? "").length > 20).toBe(true);
    expect(Array.isArray(card.unconfirmed)).toBe(true);
  });

  it("Card_Tensors_HaveNamesTypesAndShapes", () => {
    for (const { inputs, outputs } of card.graphs) {
      const tensors = [...inputs, ...outputs];
      expect(new Set(inputs.map(({ name }) => name)).size).toBe(inputs.length);
      expect(new Set(outputs.map(({ name }) => name)).size).toBe(outputs.length);
      for (const { name, type, dims, content } of tensors) {
        expect(name.length).toBeGreaterThan(0);
        expect(["float32", "int32", "int64", "bool"]).toContain(type);
        expect(
          dims.every((dim) =>
            typeof dim === "number" ? Number.isInteger(dim) && dim > 0 : dim.length > 0,
          ),
        ).toBe(true);
        expect(content.length).toBeGreaterThan(3);
      }
    }
  });

  it("Card_Family_IsOneOfOurs", () => {
    const known = card.kind === "prompts" ? promptFamilies : families;
    expect(known.map(({ name }) => name)).toContain(card.family);
  });

  it("Card_Classes_AreAListOfTheRepository", () => {
    if (card.kind === "prompts") expect(card.classes).toBeNull();
    else expect(classLists.map(({ name }) => name)).toContain(card.classes?.list);
  });
});

describe.each(instanceCards)("Card $stem, its graphs", (card) => {
  it.each(card.graphs)("Card_Graph_IsRecognizedAsItsFamily ($name)", (graph) => {
    const { match, verdicts, candidates } = matchFamily(signatureOf(graph));
    const reasons = verdicts.map(({ family, reason }) => `${family}: ${reason}`).join("; ");
    const said = `${reasons}; ${candidates.length} candidates`;
    expect(match?.family.name, said).toBe(card.family);
    if (graph.variant !== undefined) expect(match?.binding.variant).toBe(graph.variant);
  });

  it.each(card.graphs)("Card_Graph_GetsTheImagesItWasTrainedOn ($name)", (graph) => {
    const { match } = matchFamily(signatureOf(graph), {
      name: card.family,
      variant: graph.variant,
    });
    expect(match).toBeDefined();
    const { family, binding } = match!;
    const preprocessing = { ...family.preprocessing, ...binding.preprocessing };
    expectSamePixels(preprocessing, card.preprocessing);
    const sizing = binding.sizing ?? { rule: "fixed" };
    expect(sizing).toMatchObject(card.sizing ?? { rule: "fixed" });
    // Where nothing is padded, neither the place of the image nor the color beside it matters.
    const isPadded =
      sizing.rule === "fixed" || (sizing.rule === "short-side" && sizing.multiple > 1);
    if (sizing.rule === "fixed" || isPadded)
      expect(preprocessing.resizeMode).toBe(card.preprocessing.resizeMode);
    if (isPadded && preprocessing.resizeMode !== "stretch")
      expect(preprocessing.fill).toEqual(card.preprocessing.fill);
  });
});

describe.each(promptCards)("Card $stem, its graphs", (card) => {
  it.each(card.graphs.filter(({ role }) => role !== "encoder"))(
    "Card_Graph_IsRecognizedAsItsFamily ($name)",
    (graph) => {
      const tensors = readDecoder(graph);
      expect(tensors).not.toHaveProperty("refusal");
      if ("refusal" in tensors) return;
      const bound = promptFamilies.flatMap(({ name, bind }) => {
        const binding = bind(tensors);
        return "refusal" in binding ? [] : [{ name, binding }];
      });
      expect(bound.map(({ name }) => name)).toEqual([card.family]);
      const { variant, rules } = bound[0]!.binding;
      if (graph.variant !== undefined) expect(variant).toBe(graph.variant);
      expectSamePixels(rules.pixels, card.preprocessing);
      const fits = {
        "longest-side": "letterbox-top-left",
        stretch: "stretch",
        inside: "stretch",
      } as const;
      expect(fits[rules.fit]).toBe(card.preprocessing.resizeMode);
      expect(rules.fit === "inside").toBe(card.sizing?.rule === "source");
    },
  );

  it("Card_Encoders_GiveWhatTheDecodersTake", () => {
    const shapes = (tensors: readonly TensorInfo[]) =>
      tensors.map(({ dims }) => dims!.slice(1).join()).sort();
    const decoders = card.graphs
      .filter(({ role }) => role === "decoder")
      .map((graph) => readDecoder(graph));
    for (const graph of card.graphs.filter(({ role }) => role === "encoder")) {
      const encoder = readEncoder(graph);
      if ("refusal" in encoder) throw new Error(encoder.refusal);
      const takers = decoders.filter(
        (decoder) =>
          "inputs" in decoder &&
          shapes(decoder.inputs.embeddings).join(";") === shapes(encoder.outputs).join(";"),
      );
      expect(takers.length, graph.name).toBeGreaterThan(0);
    }
  });
});

describe("Cards", () => {
  it("Cards_EveryFamily_HasOne", () => {
    const named = new Set(cards.map(({ family }) => family));
    const missing = [...families, ...promptFamilies]
      .map(({ name }) => name)
      .filter((name) => !named.has(name));
    expect(missing).toEqual([]);
  });

  it("Cards_FolderOfShippedModels_HoldsOnlyCardsWithAFile", () => {
    const files = readdirSync(fromRoot("models"));
    for (const { file, encoder, decoder } of builtIn) {
      for (const name of file === undefined ? [encoder?.file, decoder?.file] : [file])
        expect(files).toContain(name);
    }
  });

  it("Cards_Page_IsUpToDate", async () => {
    const wanted: [string, string][] = Object.entries(pages(readCards()));
    expect(wanted.map(([path]) => path)).toEqual(["docs/models.md", "models/README.md"]);
    for (const [path, text] of wanted) expect(readFileSync(fromRoot(path), "utf8")).toBe(text);
    const { stdout } = await promisify(execFile)(process.execPath, [
      "scripts/gen_docs.mjs",
      "--check",
    ]);
    expect(stdout).toContain("up to date");
  });

  it("Cards_Page_ShowsEveryFieldOfABuiltInCard", () => {
    const full = {
      ...builtIn.find(({ name }) => name === "masklet-n")!,
      name: "model-x",
      intendedUse: ["for trying out"],
      limits: ["sees nothing at night"],
      training: { command: "sh train.sh --all", seeds: [3, 4], note: "On one machine." },
      trainingData: [
        { name: "Set A", what: "7 photos", license: "CC0", source: "https://example.org/a" },
      ],
      metrics: {
        data: "9 photos",
        sizes: [
          { input: 320, maskAp: 0.11 },
          { input: 640, maskAp: 0.22, boundaryAp: 0.33 },
        ],
      },
      variants: [
        { storage: "fp16", isShipped: true, figures: { bytes: 1234567, maskAp: 0.11 } },
        { storage: "int8", figures: { bytes: 765, ms: 8 } },
      ],
      failures: [{ image: "docs/images/models/x.jpg", caption: "A bed leaks" }],
    };
    const section = modelsPage({ ...readCards(), builtIn: [full] })
      .split("\n### model-x\n")[1]!
      .split("\n## ")[0]!;
    for (const part of [
      "- for trying out",
      "- sees nothing at night",
      "sh train.sh --all",
      "Seeds: 3, 4. On one machine.",
      "| [Set A](https://example.org/a) | 7 photos | CC0 |",
      "| input | mask AP | boundary AP |\n| --- | --- | --- |\n" +
        "| 320 | 0.11 |  |\n| 640 | 0.22 | 0.33 |",
      "| **fp16**, ships | 1,234,567 | 0.11 |  |\n| int8 | 765 |  | 8 |",
      "![A bed leaks](images/models/x.jpg)",
    ])
      expect(section).toContain(part);
  });

  it("Cards_Page_NamesEveryCardItsLicenseAndWhatWasRun", () => {
    const page = modelsPage(readCards());
    for (const { title, license, verified } of cards) {
      const section = page.split(`\n### ${title}\n`)[1]!.split("\n### ")[0]!;
      expect(section).toContain(license.name);
      expect(section).toContain(`verified: ${verified.how}`);
    }
  });
});

describe("ClassLists", () => {
  const namesOf = (list: string) => classLists.find(({ name }) => name === list)!.names;

  it("ClassLists_Coco_AgreeWithEachOtherAndTheBuiltInModel", () => {
    expect(namesOf("coco80")).toEqual(builtIn.find(({ name }) => name === "masklet-n")!.labels);
    expect(namesOf("coco91")).toHaveLength(91);
    expect(namesOf("coco91").filter((name) => name !== null)).toEqual(namesOf("coco80"));
    expect(namesOf("coco91").indexOf("toothbrush")).toBe(90);
    expect(namesOf("coco_panoptic133")).toHaveLength(133);
    expect(namesOf("coco_panoptic").filter((name) => name !== null)).toEqual(
      namesOf("coco_panoptic133"),
    );
    expect(namesOf("coco_panoptic").slice(0, 91)).toEqual(namesOf("coco91"));
    expect(namesOf("coco_panoptic").indexOf("rug-merged")).toBe(200);
  });
});
