import { byId } from "../dom.js";

/** Controls that depend on whether the camera is on. */
export class CameraButtons {
  facing: "environment" | "user" = "environment";
  private readonly button = byId("camera-button", HTMLButtonElement);
  private readonly text = byId("camera-button-text", HTMLElement);
  private readonly flipButton = byId("flip-button", HTMLButtonElement);
  private readonly live = byId("live", HTMLElement);
  private readonly liveText = byId("live-text", HTMLElement);
  private readonly smooth = byId("smooth-label", HTMLElement);

  async show(on: boolean): Promise<void> {
    this.button.setAttribute("aria-pressed", String(on));
    this.text.textContent = on ? "Stop camera" : "Camera";
    this.live.hidden = !on;
    this.liveText.textContent = "Live";
    this.smooth.hidden = !on;
    this.flipButton.hidden = !(on && (await cameraCount()) > 1);
  }

  showRate(framesPerSecond: number): void {
    this.liveText.textContent =
      framesPerSecond > 0 ? `Live · ${framesPerSecond.toFixed(1)} fps` : "Live";
  }

  flip(): void {
    this.facing = this.facing === "environment" ? "user" : "environment";
  }
}

async function cameraCount(): Promise<number> {
  const found = await navigator.mediaDevices.enumerateDevices();
  return found.filter(({ kind }) => kind === "videoinput").length;
}
