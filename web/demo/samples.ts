import type { Sample } from "./photo_sources.js";

const files = import.meta.glob<string>("../../tests/data/scenes/*.jpg", { query: "?url", import: "default", eager: true });

/** The project's own rendered scenes; the file's name is the title. */
export const samples: readonly Sample[] = Object.entries(files).map(([path, url]) => {
  const name = path.replace(/^.*\//, "").replace(/\.jpg$/, "");
  return { name, title: name.replaceAll("_", " "), url };
});
