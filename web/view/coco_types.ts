// The parts of the COCO JSON formats in use (cocodataset.org, "Data format", "Results format").

/**
 * The mask of an object: polygons [x0, y0, x1, y1, …], or run lengths over an image of `size`
 * [height, width] as a compressed string or as an array.
 */
export type CocoSegmentation = number[][] | { size: [number, number]; counts: string | number[] };

/** An image of a COCO data set. */
export interface CocoImage {
  /** Unique number of the image. */
  id: number;
  /** Name of the image file. */
  file_name: string;
  /** Width in pixels. */
  width: number;
  /** Height in pixels. */
  height: number;
}

/** A category of a COCO data set. */
export interface CocoCategory {
  /** Unique number of the category. */
  id: number;
  /** Class name. */
  name: string;
  /** Name of the group of the category. */
  supercategory?: string;
}

/** A ground-truth object of a COCO data set. */
export interface CocoAnnotation {
  /** Unique number of the annotation. */
  id: number;
  /** The `id` of its image. */
  image_id: number;
  /** The `id` of its category. */
  category_id: number;
  /** Mask of the object. */
  segmentation: CocoSegmentation;
  /** Area of the mask in source pixels. */
  area: number;
  /** Box as x, y, width, height in source pixels. */
  bbox: [number, number, number, number];
  /** 1 for a region of several objects. */
  iscrowd?: 0 | 1;
  /** 1 for an object that does not count in an evaluation. */
  ignore?: 0 | 1;
}

/** About a COCO data set. */
export interface CocoInfo {
  /** What it is. */
  description?: string;
}

/** A COCO data set. */
export interface CocoDataset {
  /** About the data set. Some versions of pycocotools read results only if it is there. */
  info?: CocoInfo;
  /** All images. */
  images: CocoImage[];
  /** All objects of all images. */
  annotations: CocoAnnotation[];
  /** All categories. */
  categories: CocoCategory[];
}

/** A detected object of a COCO results file. */
export interface CocoResult {
  /** The `id` of its image. */
  image_id: number;
  /** The `id` of its category. */
  category_id: number;
  /** Confidence, 0..1. */
  score: number;
  /** Box as x, y, width, height in source pixels. */
  bbox?: [number, number, number, number];
  /** Mask of the object. */
  segmentation?: CocoSegmentation;
}
