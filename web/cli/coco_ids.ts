import { basename } from "node:path";
import type { CocoDataset, Instance } from "../index.js";
import { UsageError } from "./usage_error.js";

/** Image and category ids of a COCO file, looked up by file name and by class. */
export interface CocoIds {
  imageId(path: string): number | undefined;
  categoryId(instance: Instance): number | undefined;
}

/**
 * Categories are found by name. A model whose labels are not in the file at all is matched by
 * position instead, class k to the k-th category by id, when there are at least as many categories
 * as labels. Throws {@link UsageError} when neither works.
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
      `no label of the model is a category of the COCO file, and its ${byPosition.length} categories are fewer than the ${labels.length} labels`,
    );
  }
  return {
    imageId: (path) => images.get(basename(path)),
    categoryId: ({ label, classId }) =>
      named ? byName.get(label.toLowerCase()) : byPosition[classId],
  };
}
