import { MaskletError, type Stage } from "../base/errors.js";
import type { Rect, Size } from "../base/geometry.js";
import { type Preprocessing, resizeModes } from "../base/preprocessing.js";
import { signed } from "./arguments.js";
import type { Geometry } from "./generated/masklet_core.js";

/** The placement of an image, or of a rectangle of it, in a network's input. */
export interface Placement {
  /** Size of the whole image. */
  readonly source: Size;
  /** The part that the network sees (default: all). Results are in pixels of the whole image. */
  readonly view?: Rect | undefined;
  /** Size of the input and the rule that fits the image into it. */
  readonly input: Pick<Preprocessing, "width" | "height" | "resizeMode" | "content">;
}

const whole: Rect = { x: 0, y: 0, width: 0, height: 0 };
const byResizeMode: Size = { width: 0, height: 0 };

/**
 * Converts a placement to the form of the core.
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

/** The number of an enumerator: its index in the list. Tests compare the lists with C++. */
export function position<T extends string>(names: readonly T[], name: T, argument: string): number {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  throw new MaskletError(
    "badOption",
    "preprocess",
    `${argument} is '${name}'; it must be one of ${names.join(", ")}`,
    { value: name },
  );
}
