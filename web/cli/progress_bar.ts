import { printable } from "./printable.js";

const barWidth = 24;
const redrawMs = 80;

/** A progress bar on stderr. It is silent if stderr is not a terminal. */
export class ProgressBar {
  private done = 0;
  private readonly startedMs = Date.now();
  private drawnMs = 0;
  private readonly visible: boolean;

  constructor(
    private readonly total: number,
    quiet = false,
    private readonly out: NodeJS.WriteStream = process.stderr,
  ) {
    this.visible = out.isTTY === true && total > 1 && !quiet;
  }

  advance(label: string): void {
    this.done += 1;
    const now = Date.now();
    if (!this.visible || (this.done < this.total && now - this.drawnMs < redrawMs)) return;
    this.drawnMs = now;
    const filled = Math.round((barWidth * this.done) / this.total);
    const bar = `${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`;
    const leftS = Math.round(
      (((now - this.startedMs) / this.done) * (this.total - this.done)) / 1000,
    );
    const text = `${bar} ${this.done}/${this.total}  ${leftS} s left  ${printable(label)}`;
    this.out.write(`\r\x1b[K${text.slice(0, Math.max(20, (this.out.columns ?? 80) - 1))}`);
  }

  /** Removes the bar to make room for a message. */
  clear(): void {
    if (this.visible) this.out.write("\r\x1b[K");
  }
}
