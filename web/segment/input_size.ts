import type { Size } from "../base/geometry.js";
import { maxInputSide } from "../base/limits.js";
import { optionError } from "../base/options.js";
import type { ModelFamily } from "../families/family.js";
import type { BuiltInModel } from "../model/built_in_types.js";
import type { ExporterHints } from "../model/exporter_hints.js";
import type { ImageInput } from "../model/image_input.js";

/** Used if neither the graph nor another source gives a size. */
export const usualSize: Size = { width: 640, height: 640 };
const usualMultiple = 32;

/** Facts about a model outside its graph. */
interface Known {
  readonly hints: ExporterHints;
  readonly card: Pick<BuiltInModel, "input"> | undefined;
}

/**
 * Size of the network's input. A fixed side comes from the graph; an open side comes from the first
 * of: the caller, the card, the metadata, the family.
 * @param family undefined if unknown
 * @throws MaskletError `badOption` for a size that the graph does not accept
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

/** Open sides of an input must be a multiple of this. */
export function multipleOf(
  { hints, card }: Known,
  family: Pick<ModelFamily, "inputMultiple"> | undefined,
): number {
  return card?.input.multiple ?? hints.stride ?? family?.inputMultiple ?? usualMultiple;
}

function checkFixed(name: string, fixed: number, asked: number | undefined): number {
  if (asked === undefined || asked === fixed) return fixed;
  throw optionError("load", `inputSize.${name}`, asked, `${fixed}: the model fixes it`);
}

function checkSide(name: string, side: number, multiple: number): number {
  if (Number.isInteger(side) && side >= multiple && side <= maxInputSide && side % multiple === 0)
    return side;
  const rule = `a multiple of ${multiple} from ${multiple} to ${maxInputSide}`;
  throw optionError("load", `inputSize.${name}`, side, rule);
}
