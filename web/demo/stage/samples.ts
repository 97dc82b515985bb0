import { capitalized } from "../format.js";
import type { Sample } from "./image_sources.js";

const files = import.meta.glob<string>("../../../tests/data/scenes/scene_*.jpg", {
  query: "?url",
  import: "default",
  eager: true,
});

/** Scenes rendered for this project; the title is the file name without prefix. */
export const samples: readonly Sample[] = Object.entries(files).map(([path, url]) => {
  const name = path.replace(/^.*\//, "").replace(/^scene_(.*)\.jpg$/, "$1");
  return { name, title: capitalized(name.replaceAll("_", " ")), url };
});
