import type { Mask, PromptCandidate } from "../../index.js";

export interface PreviewEvents {
  /** What a click there would give; undefined when that is not the moment to ask. */
  predict(at: { x: number; y: number }): Promise<PromptCandidate | undefined>;
  show(mask: Mask | undefined): void;
}

/**
 * The network is asked this long after the last answer at the earliest, so that clicks get through.
 */
const restMs = 30;

/** Previews what a click would give: always for the newest place, one in the network at a time. */
export class HoverPreview {
  private wanted: { x: number; y: number } | undefined;
  private running = false;

  constructor(private readonly events: PreviewEvents) {}

  /** The pointer is there; undefined: it has left. */
  hover(at: { x: number; y: number } | undefined): void {
    this.wanted = at;
    if (at === undefined) this.events.show(undefined);
    else if (!this.running) void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    while (this.wanted !== undefined) {
      const at = this.wanted;
      // A preview that fails is none; a click there will say why.
      const candidate = await this.events.predict(at).catch(() => undefined);
      if (this.wanted !== undefined) this.events.show(candidate?.mask);
      if (this.wanted === at) break;
      await new Promise((resolve) => setTimeout(resolve, restMs));
    }
    this.running = false;
  }
}
