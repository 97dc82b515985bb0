const inputs = (): HTMLInputElement[] => [
  ...document.querySelectorAll<HTMLInputElement>('input[name="mode"]'),
];

export function bindModeSwitch(onChange: (name: string) => void): void {
  for (const input of inputs()) input.addEventListener("change", () => onChange(input.value));
}

/** Marks the mode in the switch, and on the root element for the style sheets. */
export function showModeName(name: string): void {
  for (const input of inputs()) input.checked = input.value === name;
  document.documentElement.dataset.shownMode = name;
}
