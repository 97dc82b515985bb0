import { byId, make } from "../dom.js";

export interface FileEvents {
  onImage(file: Blob, name: string): void;
  /** One ONNX file, or two at once. */
  onModels(files: readonly File[]): void;
  /** A file that is neither an image nor a model. */
  onUnknownFile(file: File): void;
}

function sort(files: readonly File[], events: FileEvents): void {
  const models = files.filter(({ name }) => /\.onnx$/i.test(name));
  const [file] = files;
  if (models.length > 2) events.onUnknownFile(models[2]!);
  else if (models.length > 0) events.onModels(models);
  else if (file === undefined) return;
  else if (file.type.startsWith("image/") || /\.(jpe?g|png|bmp|webp|avif|gif)$/i.test(file.name))
    events.onImage(file, file.name);
  else events.onUnknownFile(file);
}

function bindPicker(inputId: string, chosen: (files: readonly File[]) => void): () => void {
  const input = byId(inputId, HTMLInputElement);
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])];
    // Lets the same file be chosen again.
    input.value = "";
    if (files.length > 0) chosen(files);
  });
  return () => input.click();
}

function bindDrop(events: FileEvents): void {
  const root = document.documentElement;
  let depth = 0;
  const setDragging = (dragging: boolean) => {
    root.dataset.dragging = String(dragging);
  };
  addEventListener("dragenter", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    depth += 1;
    setDragging(true);
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (depth === 0) setDragging(false);
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    setDragging(false);
    sort([...(event.dataTransfer?.files ?? [])], events);
  });
}

/** Takes images and models from the file pickers, from drops and from the clipboard. */
export function bindFileSources(events: FileEvents): void {
  const openImage = bindPicker("image-input", ([file]) => events.onImage(file!, file!.name));
  const openModel = bindPicker("model-input", (files) => sort(files, events));
  for (const button of document.querySelectorAll('[data-action="open-image"]'))
    button.addEventListener("click", openImage);
  byId("model-button", HTMLButtonElement).addEventListener("click", openModel);
  addEventListener("paste", (event) => {
    sort([...(event.clipboardData?.files ?? [])], events);
  });
  bindDrop(events);
}

export interface Sample {
  readonly name: string;
  readonly title: string;
  readonly url: string;
}

/** A row of sample images; the chosen one stays pressed until `release`. */
export class SampleRow {
  private readonly buttons: HTMLButtonElement[] = [];

  constructor(samples: readonly Sample[], onChoose: (sample: Sample) => void) {
    const row = byId("samples", HTMLElement);
    if (samples.length > 0) row.append(make("span", { text: "Samples" }));
    for (const sample of samples) {
      const button = make("button", { className: "sample" });
      const image = make("img");
      button.type = "button";
      button.setAttribute("aria-label", `Sample image: ${sample.title}`);
      button.setAttribute("aria-pressed", "false");
      button.title = sample.title;
      image.alt = "";
      image.decoding = "async";
      image.src = sample.url;
      button.append(image);
      button.addEventListener("click", () => {
        this.release();
        button.setAttribute("aria-pressed", "true");
        onChoose(sample);
      });
      row.append(button);
      this.buttons.push(button);
    }
  }

  release(): void {
    for (const button of this.buttons) button.setAttribute("aria-pressed", "false");
  }
}
