import type { PromptModelInfo, RunningModelInfo } from "../index.js";
import { byId } from "./dom.js";
import type { ObjectModel, PromptModelChoice } from "./model_choices.js";

/** The model in use: name, input size, classes. */
export class ModelView {
  show({ name, isBuiltIn }: ObjectModel, { preprocessing, family, sizing }: RunningModelInfo, classCount: number): void {
    const size = sizing.rule === "fixed" ? inputText(preprocessing) : "input of the picture's shape";
    const facts = [isBuiltIn ? "Built in" : family, ...(classCount > 0 ? [`${classCount} classes`] : []), size];
    this.showFacts(name, facts, isBuiltIn, "Use my ONNX model");
  }

  /** A promptable network; `info` is undefined until it is loaded. */
  showPrompt({ name, isBuiltIn }: PromptModelChoice, info: PromptModelInfo | undefined): void {
    const facts = [isBuiltIn ? "Built in" : (info?.family ?? "")];
    if (info !== undefined) {
      facts.push(info.files.length > 1 ? "encoder and decoder" : "one file");
      if (info.preprocessing.width > 0) facts.push(inputText(info.preprocessing));
    }
    this.showFacts(name, facts, isBuiltIn, "Use my encoder and decoder");
  }

  private showFacts(name: string, facts: readonly string[], isBuiltIn: boolean, button: string): void {
    byId("model-name", HTMLElement).textContent = name;
    byId("model-name", HTMLElement).title = name;
    byId("model-detail", HTMLElement).textContent = facts.filter(Boolean).join(" · ");
    byId("model-reset", HTMLButtonElement).hidden = isBuiltIn;
    byId("model-button-text", HTMLElement).textContent = button;
  }
}

function inputText({ width, height }: { width: number; height: number }): string {
  return `${width} × ${height} input`;
}
