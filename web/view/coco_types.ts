/**
 * The parts of the COCO JSON formats that the command line reads and writes (cocodataset.org, "Data
 * format" and "Results format").
 */

/**
 * Polygons [x0, y0, x1, y1, …], or RLE with compressed (string) or plain (array) counts over a
 * [height, width] image.
 */
export type CocoSegmentation = number[][] | { size: [number, number]; counts: string | number[] };

export interface CocoImage {
  id: number;
  file_name: string;
  width: number;
  height: number;
}

export interface CocoCategory {
  id: number;
  name: string;
  supercategory?: string;
}

export interface CocoAnnotation {
  id: number;
  image_id: number;
  category_id: number;
  segmentation: CocoSegmentation;
  area: number;
  /** x, y, width, height in source pixels. */
  bbox: [number, number, number, number];
  iscrowd?: 0 | 1;
  ignore?: 0 | 1;
}

export interface CocoDataset {
  images: CocoImage[];
  annotations: CocoAnnotation[];
  categories: CocoCategory[];
}

export interface CocoResult {
  image_id: number;
  category_id: number;
  score: number;
  bbox?: [number, number, number, number];
  segmentation?: CocoSegmentation;
}
