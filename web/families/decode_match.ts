import type { Size } from "../base/geometry.js";
import type { Preprocessing } from "../base/preprocessing.js";
import type { RawTensor } from "../base/tensor.js";
import type { Core, DecodeOptions, InstanceColumns } from "../core/core.js";
import type { FamilyMatch } from "./detect.js";

/**
 * Decodes the outputs of one image to instances. Every call takes this path.
 * @param preprocessing how this image was prepared
 */
export function decodeWith(
  core: Core,
  { family, binding }: FamilyMatch,
  outputs: ReadonlyMap<string, RawTensor>,
  source: Size,
  preprocessing: Preprocessing,
  options: DecodeOptions & { readonly soft: boolean },
): InstanceColumns {
  const placement = { source, input: preprocessing };
  const classCount = binding.classCount || (options.classFilter?.length ?? 0);
  return family.decode(core, { ...binding, classCount }, outputs, { ...options, placement });
}
