import { builtInPromptModels, type Device, PromptSegmenter } from "../index.js";
import { UsageError } from "./usage_error.js";

/**
 * Opens a promptable model as it is named on the command line: a built-in one, `ENCODER,DECODER`,
 * or one file that does both.
 * @throws UsageError when it is neither
 */
export async function openPromptModel(
  text: string,
  device: "auto" | Device,
): Promise<PromptSegmenter> {
  const files = text.split(",").map((part) => part.trim());
  if (files.length > 2 || files.includes("")) {
    const names = builtInPromptModels.map(({ name }) => name).join(", ");
    throw new UsageError(
      `a promptable model is ENCODER,DECODER, one file, or built in (${names}), not '${text}'`,
    );
  }
  const [encoder, decoder] = files as [string, string | undefined];
  return PromptSegmenter.create({
    device,
    ...(decoder === undefined ? { model: encoder } : { encoder, decoder }),
  });
}
