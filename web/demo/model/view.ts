import type { PromptModelInfo, RunningModelInfo, Size } from "../../index.js";
import { byId, make } from "../dom.js";
import {
  builtInObjectModels,
  builtInPromptChoices,
  type ObjectModel,
  type PromptModelChoice,
} from "./choices.js";

/** Input sides on offer where a network leaves them open. */
const usualSides = [256, 320, 416, 512, 640, 960];

export interface ModelViewEvents {
  onBuiltIn(name: string): void;
  onInputSize(side: number): void;
}

/** The model in use: name, input size, classes; and which others there are. */
export class ModelView {
  private readonly model = byId("model-select", HTMLSelectElement);
  private readonly size = byId("size-select", HTMLSelectElement);

  constructor({ onBuiltIn, onInputSize }: ModelViewEvents) {
    this.model.addEventListener("change", () => onBuiltIn(this.model.value));
    this.size.addEventListener("change", () => onInputSize(Number(this.size.value)));
  }

  show({ name, isBuiltIn }: ObjectModel, info: RunningModelInfo, classCount: number): void {
    const { preprocessing, family, sizing, inputMultiple } = info;
    const size = sizing.rule === "fixed" ? inputText(preprocessing) : "input of the image's shape";
    const facts = [
      isBuiltIn ? "Built in" : family,
      ...(classCount > 0 ? [countText(classCount)] : []),
      size,
    ];
    this.showFacts(name, facts, isBuiltIn, "Use my ONNX model");
    this.showChoice(builtInObjectModels, name, isBuiltIn);
    this.showSizes(preprocessing, inputMultiple);
  }

  /** A promptable network; `info` is undefined until it is loaded. */
  showPrompt({ name, isBuiltIn }: PromptModelChoice, info: PromptModelInfo | undefined): void {
    const facts = [isBuiltIn ? "Built in" : (info?.family ?? "")];
    if (info !== undefined) {
      facts.push(info.files.length > 1 ? "encoder and decoder" : "one file");
      if (info.preprocessing.width > 0) facts.push(inputText(info.preprocessing));
    }
    this.showFacts(name, facts, isBuiltIn, "Use my encoder and decoder");
    this.showChoice(builtInPromptChoices, name, isBuiltIn);
    this.showSizes({ width: 0, height: 0 }, undefined);
  }

  private showFacts(
    name: string,
    facts: readonly string[],
    isBuiltIn: boolean,
    button: string,
  ): void {
    byId("model-name", HTMLElement).textContent = name;
    byId("model-name", HTMLElement).title = name;
    byId("model-detail", HTMLElement).textContent = facts.filter(Boolean).join(" · ");
    byId("model-reset", HTMLButtonElement).hidden = isBuiltIn;
    byId("model-button-text", HTMLElement).textContent = button;
  }

  private showChoice(
    choices: readonly { readonly name: string }[],
    chosen: string,
    isBuiltIn: boolean,
  ): void {
    byId("model-choice", HTMLElement).hidden = !isBuiltIn || choices.length < 2;
    setOptions(
      this.model,
      choices.map(({ name }) => [name, name]),
      chosen,
    );
  }

  private showSizes({ width, height }: Size, multiple: number | undefined): void {
    byId("size-choice", HTMLElement).hidden = multiple === undefined;
    if (multiple === undefined) return;
    const sides = [...new Set([...usualSides.filter((side) => side % multiple === 0), width])].sort(
      (a, b) => a - b,
    );
    const text = (side: number) => (side === width ? `${width} × ${height}` : `${side} × ${side}`);
    setOptions(
      this.size,
      sides.map((side) => [String(side), text(side)]),
      String(width),
    );
  }
}

function setOptions(
  select: HTMLSelectElement,
  options: readonly (readonly [value: string, text: string])[],
  chosen: string,
): void {
  select.replaceChildren(
    ...options.map(([value, text]) => {
      const option = make("option", { text });
      option.value = value;
      return option;
    }),
  );
  select.value = chosen;
}

function countText(classCount: number): string {
  return classCount === 1 ? "1 class" : `${classCount} classes`;
}

function inputText({ width, height }: Size): string {
  return `${width} × ${height} input`;
}
