import type { Box, PromptSession } from "../../index.js";
import type { ClickLayer, ClickPoint } from "./layer.js";

/** Prompts on an image that is not encoded yet: shown at once, run as soon as it is encoded. */
export class EarlyPrompts {
  private points: readonly ClickPoint[] = [];
  private box: Box | undefined;

  constructor(private readonly layer: ClickLayer) {}

  addPoint(point: ClickPoint): void {
    this.points = [...this.points, point];
    this.show();
  }

  setBox(box: Box): void {
    this.box = box;
    this.show();
  }

  removePoint(index: number): void {
    this.points = this.points.filter((_, k) => k !== index);
    this.show();
  }

  clear(): void {
    this.points = [];
    this.box = undefined;
  }

  show(): void {
    this.layer.show(this.points, this.box);
  }

  /** The steps that replay the prompts in a session. Forgets the prompts. */
  take(): ((session: PromptSession) => Promise<unknown>)[] {
    const { points, box } = this;
    this.clear();
    const steps = points.map((point) => (session: PromptSession) => session.addPoint(point));
    return box ? [(session) => session.setBox(box), ...steps] : steps;
  }
}
