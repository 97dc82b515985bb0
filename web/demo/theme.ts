import { byId } from "./dom.js";

const key = "masklet-theme";

/** Storage may be blocked; the theme then lasts for this visit only. */
function remembered(): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(theme: string): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // It lasts for this visit only.
  }
}

/** Follows the system until the button is used, then the user. */
export function setUpTheme(): void {
  const root = document.documentElement;
  const button = byId("theme-button", HTMLButtonElement);
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    const shown = root.dataset.theme ?? (system.matches ? "dark" : "light");
    root.dataset.shownTheme = shown;
    button.setAttribute(
      "aria-label",
      shown === "dark" ? "Switch to the light theme" : "Switch to the dark theme",
    );
  };
  const chosen = remembered();
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;
  system.addEventListener("change", show);
  button.addEventListener("click", () => {
    root.dataset.theme = root.dataset.shownTheme === "dark" ? "light" : "dark";
    remember(root.dataset.theme);
    show();
  });
  show();
}
