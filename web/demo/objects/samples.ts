import { capitalized } from "../format.js";
import type { Sample } from "./photo_sources.js";

const files = import.meta.glob<string>("../../tests/data/scenes/scene_*.jpg", {
  query: "?url",
  import: "default",
  eager: true,
});

/** The project's own rendered scenes; the rest of the file's name is the title. */
export const samples: readonly Sample[] = Object.entries(files).map(([path, url]) => {
  const name = path.replace(/^.*\//, "").replace(/^scene_(.*)\.jpg$/, "$1");
  return { name, title: capitalized(name.replaceAll("_", " ")), url };
});
