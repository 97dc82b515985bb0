import { MaskletError } from "../base/errors.js";
import type { Size } from "../base/geometry.js";
import type { ModelFamily } from "../families/family.js";
import type { BuiltInModel } from "../model/built_in_types.js";
import type { ExporterHints } from "../model/exporter_hints.js";
import type { ImageInput } from "../model/image_input.js";

/** Of networks that leave it open when nothing else is known. */
export const usualSize: Size = { width: 640, height: 640 };
const usualMultiple = 32;
const largestSide = 8192;

/** What is known of a model beside its graph. */
interface Known {
  readonly hints: ExporterHints;
  readonly card: Pick<BuiltInModel, "input"> | undefined;
}

/**
 * Size of the network's input: sides that the graph fixes as they are; open ones from the caller,
 * the card, the metadata, the family.
 * @param family undefined when none is known
 * @throws MaskletError `badOption` for a size that the graph does not take.
 */
export function planInputSize(
  image: ImageInput,
  { hints, card }: Known,
  asked: Size | undefined,
  family: Pick<ModelFamily, "defaultInputSize" | "inputMultiple"> | undefined,
): Size {
  const given = asked ?? card?.input ?? hints.inputSize;
  const multiple = multipleOf({ hints, card }, family);
  const usual = family?.defaultInputSize ?? usualSize;
  const side = (name: "width" | "height") => {
    const fixed = image[name];
    if (fixed !== undefined) return checkFixed(name, fixed, asked?.[name]);
    return given === undefined ? usual[name] : checkSide(name, given[name], multiple);
  };
  return { width: side("width"), height: side("height") };
}

/** What the sides of an input must be multiples of where the graph leaves them open. */
export function multipleOf(
  { hints, card }: Known,
  family: Pick<ModelFamily, "inputMultiple"> | undefined,
): number {
  return card?.input.multiple ?? hints.stride ?? family?.inputMultiple ?? usualMultiple;
}

function checkFixed(name: string, fixed: number, asked: number | undefined): number {
  if (asked === undefined || asked === fixed) return fixed;
  throw new MaskletError(
    "badOption",
    "load",
    `the model's input ${name} is fixed at ${fixed}, not ${asked}`,
    { value: asked },
  );
}

function checkSide(name: string, side: number, multiple: number): number {
  if (Number.isInteger(side) && side >= multiple && side <= largestSide && side % multiple === 0)
    return side;
  const message = `the input ${name} must be a multiple of ${multiple} from ${multiple} to ${largestSide}, but is ${side}`;
  throw new MaskletError("badOption", "load", message, { value: side });
}
