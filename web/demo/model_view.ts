import type { RunningModelInfo } from "../index.js";
import { byId } from "./dom.js";
import type { ModelChoice } from "./model_loader.js";

/** The model in use: name, input size, classes. */
export class ModelView {
  show({ name, isBuiltIn }: ModelChoice, { preprocessing, family }: RunningModelInfo, classCount: number): void {
    const facts = [isBuiltIn ? "Built in" : (family ?? "unknown family"), `${classCount} classes`];
    if (preprocessing !== undefined) facts.push(`${preprocessing.width} × ${preprocessing.height} input`);
    byId("model-name", HTMLElement).textContent = name;
    byId("model-detail", HTMLElement).textContent = facts.join(" · ");
    byId("model-reset", HTMLButtonElement).hidden = isBuiltIn;
  }
}
