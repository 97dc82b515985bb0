import { byId } from "../dom.js";
import { percent } from "../format.js";
import type { Tool } from "./layer.js";

export interface ClickToolEvents {
  onTool(tool: Tool): void;
  onUndo(): void;
  onRedo(): void;
  onReset(): void;
  /** Starts "Segment everything", or cancels it. */
  onEverything(): void;
}

/** Which controls are enabled. */
export interface ClickState {
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly canReset: boolean;
  readonly hasImage: boolean;
  /** Share of "Segment everything" that is done; undefined when it is not running. */
  readonly progress: number | undefined;
}

const tools: readonly Tool[] = ["foreground", "background", "box"];
const inputs = (): HTMLInputElement[] => [
  ...document.querySelectorAll<HTMLInputElement>('input[name="tool"]'),
];

/** Controls of the Click mode. */
export class ClickTools {
  private readonly undo = byId("undo-button", HTMLButtonElement);
  private readonly redo = byId("redo-button", HTMLButtonElement);
  private readonly reset = byId("reset-button", HTMLButtonElement);
  private readonly everything = byId("everything-button", HTMLButtonElement);
  private readonly everythingText = byId("everything-text", HTMLElement);

  constructor(events: ClickToolEvents) {
    for (const input of inputs()) {
      input.addEventListener("change", () => {
        const tool = tools.find((name) => name === input.value);
        if (tool !== undefined) events.onTool(tool);
      });
    }
    this.undo.addEventListener("click", () => events.onUndo());
    this.redo.addEventListener("click", () => events.onRedo());
    this.reset.addEventListener("click", () => events.onReset());
    this.everything.addEventListener("click", () => events.onEverything());
  }

  setVisible(visible: boolean): void {
    for (const id of ["click-tools", "click-more"]) byId(id, HTMLElement).hidden = !visible;
    byId("objects-title", HTMLElement).textContent = visible ? "Click" : "Objects";
  }

  /** Disables the tools that the model does not take. */
  allow(takes: { readonly boxes: boolean; readonly background: boolean }): void {
    for (const input of inputs()) {
      input.disabled =
        (input.value === "box" && !takes.boxes) ||
        (input.value === "background" && !takes.background);
      if (input.disabled && input.checked) inputs()[0]!.click();
    }
  }

  show({ canUndo, canRedo, canReset, hasImage, progress }: ClickState): void {
    this.undo.disabled = !canUndo;
    this.redo.disabled = !canRedo;
    this.reset.disabled = !canReset;
    this.everything.disabled = !hasImage;
    this.everythingText.textContent =
      progress === undefined ? "Segment everything" : `Cancel (${percent(progress)})`;
  }
}
