import { byId } from "./dom.js";

const key = "masklet-theme";

/** Storage may be forbidden; the theme is then kept for the visit only. */
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
    // Kept for the visit only.
  }
}

/** Follows the system until the button is used, then the choice. */
export function setUpTheme(): void {
  const root = document.documentElement;
  const button = byId("theme-button", HTMLButtonElement);
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = () => {
    const shown = root.dataset.theme ?? (system.matches ? "dark" : "light");
    root.dataset.shownTheme = shown;
    button.setAttribute(
      "aria-label",
      shown === "dark" ? "Use the light theme" : "Use the dark theme",
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
