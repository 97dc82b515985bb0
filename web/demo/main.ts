import { type Device, devices } from "../index.js";
import { App } from "./app.js";
import { byId } from "./dom.js";
import { goOfflineReady } from "./offline.js";
import type { AppOptions } from "./options.js";
import { bindDownloads } from "./stage/download_buttons.js";
import { bindFileSources, SampleRow } from "./stage/image_sources.js";
import { samples } from "./stage/samples.js";
import { setUpTheme } from "./theme.js";

function optionsFrom(query: URLSearchParams): AppOptions {
  const renderer = query.get("renderer");
  const device = query.get("device");
  return {
    renderer: renderer === "webgl2" || renderer === "canvas2d" ? renderer : "auto",
    device: devices.includes(device as Device) ? (device as Device) : "auto",
    allowSoftwareAdapter: query.has("software"),
  };
}

function bindKeys(app: App): void {
  const focusable: HTMLElement[] = [
    byId("overlay", HTMLCanvasElement),
    byId("object-list", HTMLElement),
  ];
  for (const element of focusable) {
    element.addEventListener("keydown", (event) => {
      if (
        !event.ctrlKey &&
        !event.metaKey &&
        !event.altKey &&
        app.view.selection.handleKey(event.key)
      )
        event.preventDefault();
    });
  }
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") app.view.selection.clear();
    if ((event.ctrlKey || event.metaKey) && app.handleShortcut(event)) event.preventDefault();
  });
}

function bindDevice(app: App): void {
  const inputs = [...document.querySelectorAll<HTMLInputElement>('input[name="device"]')];
  const showDevice = () => {
    for (const input of inputs) input.checked = input.value === app.device;
  };
  for (const input of inputs) {
    input.addEventListener("change", async () => {
      if (!(await app.useDevice(input.value as AppOptions["device"]))) showDevice();
    });
  }
  showDevice();
}

function bindImages(app: App): void {
  const row = new SampleRow(samples, async ({ url, title }) => {
    try {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`The server answered ${response.status}`);
      await app.openImage(await response.blob(), title);
    } catch (error) {
      app.notices.showError(`Could not load the sample image ${title}`, error);
    }
  });
  bindFileSources({
    onImage: (file, name) => {
      row.release();
      void app.openImage(file, name);
    },
    onModels: (files) => void app.useFiles(files),
    onUnknownFile: ({ name }) => {
      app.notices.showError(
        `Could not open ${name}`,
        new Error("It must be an image or an ONNX model (.onnx)"),
      );
    },
  });
  for (const button of document.querySelectorAll('[data-action="camera"]')) {
    button.addEventListener("click", () => {
      row.release();
      void app.toggleCamera();
    });
  }
  byId("flip-button", HTMLButtonElement).addEventListener("click", () => void app.flipCamera());
}

setUpTheme();
const app = new App(optionsFrom(new URLSearchParams(location.search)));
bindKeys(app);
bindDevice(app);
bindImages(app);
bindDownloads(app);
await goOfflineReady(import.meta.url);
await app.useModel();
