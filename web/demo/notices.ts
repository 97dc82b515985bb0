import type { Progress } from "../index.js";
import { byId } from "./dom.js";
import { megabytes } from "./format.js";

/** Shorter work shows no busy sign: it would only flicker. */
const busyDelayMs = 150;

/** Status of the page: download progress, busy sign, errors, and text for screen readers. */
export class Notices {
  private readonly progress = byId("progress", HTMLElement);
  private readonly progressText = byId("progress-text", HTMLElement);
  private readonly bar = byId("progress-bar", HTMLProgressElement);
  private readonly stage = byId("stage", HTMLElement);
  private readonly busy = byId("busy", HTMLElement);
  private readonly busyText = byId("busy-text", HTMLElement);
  private readonly error = byId("error", HTMLElement);
  private readonly announcer = byId("announcer", HTMLElement);
  private busyTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(onCancel: () => void) {
    byId("cancel-button", HTMLButtonElement).addEventListener("click", onCancel);
    byId("error-close", HTMLButtonElement).addEventListener("click", () => this.clearError());
  }

  showProgress(name: string, { stage, loaded, total }: Progress): void {
    this.progress.hidden = false;
    const known = stage === "download" && total !== undefined && total > 0;
    if (known) this.bar.value = Math.min(1, loaded / total);
    else this.bar.removeAttribute("value");
    const amount = known
      ? ` ${megabytes(loaded)} of ${megabytes(total)}`
      : loaded > 0
        ? ` ${megabytes(loaded)}`
        : "";
    this.progressText.textContent =
      stage === "download" ? `Loading ${name}…${amount}` : `Preparing ${name} for this device…`;
  }

  hideProgress(): void {
    this.progress.hidden = true;
  }

  /** Shows the text once the work takes long enough to notice; undefined hides it. */
  setBusy(text: string | undefined): void {
    clearTimeout(this.busyTimer);
    this.stage.setAttribute("aria-busy", String(text !== undefined));
    if (text === undefined) {
      this.busy.hidden = true;
      return;
    }
    this.busyText.textContent = text;
    this.busyTimer = setTimeout(() => {
      this.busy.hidden = false;
    }, busyDelayMs);
  }

  showError(title: string, error: unknown): void {
    byId("error-title", HTMLElement).textContent = title;
    byId("error-text", HTMLElement).textContent = readable(error);
    this.error.hidden = false;
  }

  clearError(): void {
    this.error.hidden = true;
  }

  announce(text: string): void {
    this.announcer.textContent = text;
  }
}

function readable(error: unknown): string {
  // Browsers also reject with objects that are not Errors.
  const { message } = Object(error) as Partial<Error>;
  return sentence(message ?? String(error));
}

function sentence(text: string): string {
  const trimmed = text.trim();
  const start = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}
