import type { ModelInfo } from "../index.js";
import { byId } from "./dom.js";
import type { ModelChoice } from "./model_loader.js";

/** The model in use: name, input size, classes. */
export class ModelView {
  show({ name, isBuiltIn }: ModelChoice, { preprocessing, family }: ModelInfo, classCount: number): void {
    const { width, height } = preprocessing;
    const origin = isBuiltIn ? "Built in" : family;
    byId("model-name", HTMLElement).textContent = name;
    byId("model-detail", HTMLElement).textContent = `${origin} · ${classCount} classes · ${width} × ${height} input`;
    byId("model-reset", HTMLButtonElement).hidden = isBuiltIn;
  }
}
