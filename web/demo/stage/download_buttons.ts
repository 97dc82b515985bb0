import type { App } from "../app.js";
import { byId } from "../dom.js";
import { stem } from "../format.js";
import { cocoJson, cutOutPng, download, overlayPng, type Shown } from "./export_files.js";

/** Overlay, cut-outs and COCO JSON of what is shown. */
export function bindDownloads(app: App): void {
  const png = byId("download-png", HTMLButtonElement);
  const cutOut = byId("download-cutout", HTMLButtonElement);
  const coco = byId("download-coco", HTMLButtonElement);
  const cutOutText = byId("download-cutout-text", HTMLElement);
  let shown: Shown | undefined;
  let selected = -1;

  app.view.onShown((now, chosen) => {
    shown = now;
    selected = chosen;
    png.disabled = now === undefined;
    coco.disabled = now === undefined;
    cutOut.disabled = now === undefined || now.instances.length === 0;
    cutOutText.textContent = chosen >= 0 ? "Cut-out" : "Cut-outs";
    cutOut.title =
      chosen >= 0 ? "The selected object on transparency" : "All objects on transparency";
  });

  const bind = (
    button: HTMLButtonElement,
    make: (from: Shown) => Promise<[blob: Blob, suffix: string]>,
  ) => {
    button.addEventListener("click", async () => {
      if (shown === undefined) return;
      const name = stem(shown.name);
      try {
        const [blob, suffix] = await make(shown);
        download(blob, `${name}${suffix}`);
      } catch (error) {
        app.notices.showError("The file could not be made", error);
      }
    });
  };
  bind(png, async (from) => {
    return [
      await overlayPng(from, { ...app.settings, renderer: app.options.renderer }),
      "-overlay.png",
    ];
  });
  bind(cutOut, async (from) => {
    if (selected < 0) return [await cutOutPng(from, undefined), "-cutouts.png"];
    return [
      await cutOutPng(from, selected),
      `-${from.instances[selected]!.label.replaceAll(" ", "_")}.png`,
    ];
  });
  bind(coco, async (from) => [cocoJson(from), "-coco.json"]);
}
