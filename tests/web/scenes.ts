/** Exact masks of the sample scenes. */
import { readFileSync } from "node:fs";
import { type CocoRle, Mask } from "../../web/index.js";

interface Scenes {
  readonly images: readonly { readonly id: number; readonly file_name: string }[];
  readonly categories: readonly { readonly id: number; readonly name: string }[];
  readonly annotations: readonly {
    readonly image_id: number;
    readonly category_id: number;
    readonly segmentation: CocoRle;
  }[];
}

/** The first object of a class in a scene; the core must be loaded. */
export function sceneMask(scene: string, label: string): Mask {
  const truth: Scenes = JSON.parse(
    readFileSync(new URL("../data/scenes/instances.json", import.meta.url), "utf8"),
  );
  const image = truth.images.find(({ file_name }) => file_name === scene)!;
  const category = truth.categories.find(({ name }) => name === label)!;
  const found = truth.annotations.find(
    ({ image_id, category_id }) => image_id === image.id && category_id === category.id,
  )!;
  return Mask.fromRle(found.segmentation);
}
