/** `objects`: a network finds them all. `click`: it cuts out what is clicked. */
export type Mode = "objects" | "click";

const inputs = (): HTMLInputElement[] => [
  ...document.querySelectorAll<HTMLInputElement>('input[name="mode"]'),
];

export function bindMode(changed: (mode: Mode) => void): void {
  for (const input of inputs())
    input.addEventListener("change", () => changed(input.value === "click" ? "click" : "objects"));
}

/** Marks the mode in the switch, and on the root for the style sheets. */
export function showMode(mode: Mode): void {
  for (const input of inputs()) input.checked = input.value === mode;
  document.documentElement.dataset.shownMode = mode;
}
