import { byId } from "../dom.js";
import { percent } from "../format.js";

export interface Settings {
  scoreThreshold: number;
  iouThreshold: number;
  fillOpacity: number;
  labels: boolean;
  outlines: boolean;
  smoothVideo: boolean;
}

export const defaultSettings: Settings = {
  scoreThreshold: 0.3,
  iouThreshold: 0.5,
  fillOpacity: 0.4,
  labels: true,
  outlines: true,
  smoothVideo: false,
};

function bindSlider(
  id: string,
  value: number,
  text: (value: number) => string,
  changed: (value: number) => void,
): void {
  const input = byId(id, HTMLInputElement);
  const output = byId(`${id}-value`, HTMLOutputElement);
  const show = () => {
    const share =
      (input.valueAsNumber - Number(input.min)) / (Number(input.max) - Number(input.min));
    input.style.setProperty("--filled", percent(share));
    input.setAttribute("aria-valuetext", text(input.valueAsNumber));
    output.value = text(input.valueAsNumber);
  };
  input.valueAsNumber = value;
  input.addEventListener("input", () => {
    show();
    changed(input.valueAsNumber);
  });
  show();
}

function bindSwitch(id: string, value: boolean, changed: (value: boolean) => void): void {
  const input = byId(id, HTMLInputElement);
  input.checked = value;
  input.addEventListener("change", () => changed(input.checked));
}

/**
 * Binds the sliders and switches. The returned object stays up to date; `changed` gets the name of
 * the setting that moved.
 */
export function bindSettings(changed: (name: keyof Settings) => void): Settings {
  const settings = { ...defaultSettings };
  const set = <K extends keyof Settings>(name: K) => {
    return (value: Settings[K]) => {
      settings[name] = value;
      changed(name);
    };
  };
  bindSlider("score", settings.scoreThreshold, percent, set("scoreThreshold"));
  bindSlider("iou", settings.iouThreshold, percent, set("iouThreshold"));
  bindSlider("fill", settings.fillOpacity, percent, set("fillOpacity"));
  bindSwitch("labels-switch", settings.labels, set("labels"));
  bindSwitch("outline-switch", settings.outlines, set("outlines"));
  bindSwitch("smooth-switch", settings.smoothVideo, set("smoothVideo"));
  return settings;
}
