import type { Mask, PromptCandidate } from "../../index.js";

export interface PreviewEvents {
  /** The mask that a click there would give; undefined when the model is busy. */
  predict(at: { x: number; y: number }): Promise<PromptCandidate | undefined>;
  show(mask: Mask | undefined): void;
}

/** Minimum pause between two previews, so that clicks get through. */
const restMs = 30;

/** Previews the mask of a click: always for the newest position, one run at a time. */
export class HoverPreview {
  private wanted: { x: number; y: number } | undefined;
  private running = false;

  constructor(private readonly events: PreviewEvents) {}

  /** Where the pointer is; undefined when it has left. */
  hover(at: { x: number; y: number } | undefined): void {
    this.wanted = at;
    if (at === undefined) this.events.show(undefined);
    else if (!this.running) void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.wanted !== undefined) {
      const at = this.wanted;
      // A failed preview is skipped; a click there shows the error.
      const candidate = await this.events.predict(at).catch(() => undefined);
      if (this.wanted !== undefined) this.events.show(candidate?.mask);
      if (this.wanted === at) break;
      await new Promise((resolve) => setTimeout(resolve, restMs));
    }
    this.running = false;
  }
}
