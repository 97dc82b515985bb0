import { byId, make } from "../dom.js";

/** Common sides of model inputs, offered where a model leaves its input size open. */
const usualSides = [256, 320, 416, 512, 640, 960];

/** The model of a mode in words, and what can be chosen instead. */
export interface ModelCard {
  readonly name: string;
  readonly isBuiltIn: boolean;
  /** Short facts, such as "80 classes"; empty ones are left out. */
  readonly facts: readonly string[];
  /** Text of the button that opens the user's own model. */
  readonly openText: string;
  /** Names of the built-in models, the default one first. */
  readonly builtIns: readonly string[];
  /** Present when the input size can be chosen; sides must be multiples of `multiple`. */
  readonly inputSize?: {
    readonly width: number;
    readonly height: number;
    readonly multiple: number;
  };
}

export interface ModelViewEvents {
  onBuiltIn(name: string): void;
  onInputSize(side: number): void;
}

/** Shows the model in use and the choice of others. */
export class ModelView {
  private readonly model = byId("model-select", HTMLSelectElement);
  private readonly size = byId("size-select", HTMLSelectElement);
  private readonly reset = byId("model-reset", HTMLButtonElement);
  private defaultName = "";

  constructor({ onBuiltIn, onInputSize }: ModelViewEvents) {
    this.model.addEventListener("change", () => onBuiltIn(this.model.value));
    this.size.addEventListener("change", () => onInputSize(Number(this.size.value)));
    this.reset.addEventListener("click", () => onBuiltIn(this.defaultName));
  }

  show({ name, isBuiltIn, facts, openText, builtIns, inputSize }: ModelCard): void {
    this.defaultName = builtIns[0] ?? "";
    byId("model-name", HTMLElement).textContent = name;
    byId("model-name", HTMLElement).title = name;
    byId("model-detail", HTMLElement).textContent = facts.filter(Boolean).join(" · ");
    byId("model-button-text", HTMLElement).textContent = openText;
    this.reset.hidden = isBuiltIn;
    byId("model-choice", HTMLElement).hidden = !isBuiltIn || builtIns.length < 2;
    const options = builtIns.map((name) => [name, name] as const);
    setOptions(this.model, options, name);
    this.showSizes(inputSize);
  }

  private showSizes(inputSize: ModelCard["inputSize"]): void {
    byId("size-choice", HTMLElement).hidden = inputSize === undefined;
    if (inputSize === undefined) return;
    const { width, height, multiple } = inputSize;
    const usual = usualSides.filter((side) => side % multiple === 0);
    const sides = [...new Set([...usual, width])].sort((a, b) => a - b);
    const text = (side: number) => (side === width ? `${width} × ${height}` : `${side} × ${side}`);
    const options = sides.map((side) => [String(side), text(side)] as const);
    setOptions(this.size, options, String(width));
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
