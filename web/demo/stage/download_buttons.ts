import { byId } from "../dom.js";
import { stem } from "../format.js";
import type { Notices } from "../notices.js";
import { cocoJson, cutOutPng, download, overlayPng, type Shown } from "./export_files.js";
import type { ResultView } from "./result_view.js";
import type { Settings } from "./settings.js";

export interface DownloadSources {
  readonly view: ResultView;
  readonly settings: Settings;
  readonly notices: Notices;
  readonly options: { readonly renderer: "auto" | "webgl2" | "canvas2d" };
}

/** Buttons that save the result shown: overlay, cutouts and COCO JSON. */
export function bindDownloads({ view, settings, notices, options }: DownloadSources): void {
  const png = byId("download-png", HTMLButtonElement);
  const cutOut = byId("download-cutout", HTMLButtonElement);
  const coco = byId("download-coco", HTMLButtonElement);
  const cutOutText = byId("download-cutout-text", HTMLElement);
  let shown: Shown | undefined;
  let selected = -1;

  view.onShown((now, chosen) => {
    shown = now;
    selected = chosen;
    png.disabled = now === undefined;
    coco.disabled = now === undefined;
    cutOut.disabled = now === undefined || now.instances.length === 0;
    cutOutText.textContent = chosen >= 0 ? "Cutout" : "Cutouts";
    const what = chosen >= 0 ? "The selected object" : "All objects";
    cutOut.title = `${what} on a transparent background`;
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
        notices.showError("Could not create the file", error);
      }
    });
  };
  bind(png, async (from) => {
    const looks = { ...settings, renderer: options.renderer };
    return [await overlayPng(from, looks), "-overlay.png"];
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
