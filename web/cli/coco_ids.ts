import { basename } from "node:path";
import type { CocoDataset, Instance } from "../index.js";
import { UsageError } from "./usage_error.js";

/** Image ids by file name and category ids by class, from a COCO file. */
export interface CocoIds {
  imageId(path: string): number | undefined;
  categoryId(instance: Instance): number | undefined;
}

/**
 * Finds categories by name. If the file has none of the model's labels, class k gets the k-th
 * category by id. This requires as many categories as labels or more.
 * @throws UsageError if neither works.
 */
export function cocoIds(dataset: CocoDataset, labels: readonly string[]): CocoIds {
  const images = new Map(dataset.images.map((image) => [basename(image.file_name), image.id]));
  const byName = new Map(
    dataset.categories.map((category) => [category.name.toLowerCase(), category.id]),
  );
  const byPosition = dataset.categories.map((category) => category.id).sort((a, b) => a - b);
  const named = labels.some((label) => byName.has(label.toLowerCase()));
  if (!named && byPosition.length < labels.length) {
    throw new UsageError(
      "the COCO file has none of the model's labels as a category, " +
        `and it has ${byPosition.length} categories for ${labels.length} labels`,
    );
  }
  return {
    imageId: (path) => images.get(basename(path)),
    categoryId: ({ label, classId }) =>
      named ? byName.get(label.toLowerCase()) : byPosition[classId],
  };
}
