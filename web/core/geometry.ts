import { MaskletError, type Stage } from "../base/errors.js";
import type { Rect, Size } from "../base/geometry.js";
import { type Preprocessing, resizeModes } from "../base/preprocessing.js";
import { signed } from "./arguments.js";
import type { Geometry } from "./generated/masklet_core.js";

/** Where an image, or a rectangle of it, lies in a network's input. */
export interface Placement {
  /** The whole image. */
  readonly source: Size;
  /** What the network sees of it; all of it when absent. Results are in pixels of the image. */
  readonly view?: Rect | undefined;
  /** Size of the input and how the image is fitted into it. */
  readonly input: Pick<Preprocessing, "width" | "height" | "resizeMode" | "content">;
}

const whole: Rect = { x: 0, y: 0, width: 0, height: 0 };
const byResizeMode: Size = { width: 0, height: 0 };

/**
 * The placement as the core takes it.
 * @throws MaskletError of the stage: `badArgument`, `badOption`
 */
export function geometryOf({ source, view = whole, input }: Placement, stage: Stage): Geometry {
  const { width, height, content = byResizeMode } = input;
  return {
    srcWidth: signed(source.width, "the image's width", stage),
    srcHeight: signed(source.height, "the image's height", stage),
    viewX: signed(view.x, "view.x", stage),
    viewY: signed(view.y, "view.y", stage),
    viewWidth: signed(view.width, "view.width", stage),
    viewHeight: signed(view.height, "view.height", stage),
    netWidth: signed(width, "width", stage),
    netHeight: signed(height, "height", stage),
    resizeMode: position(resizeModes, input.resizeMode, "resizeMode"),
    contentWidth: signed(content.width, "content.width", stage),
    contentHeight: signed(content.height, "content.height", stage),
  };
}

/**
 * The number of an enumerator is its place in the list; the tests hold the lists to the C++
 * headers.
 */
export function position<T extends string>(names: readonly T[], name: T, argument: string): number {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  throw new MaskletError(
    "badOption",
    "preprocess",
    `${argument} is '${name}'; it can be ${names.join(", ")}`,
    { value: name },
  );
}
