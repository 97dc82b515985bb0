import { builtInPromptModels, type Device, PromptSegmenter } from "../index.js";
import { UsageError } from "./usage_error.js";

/**
 * Opens the promptable model of a command-line argument: a built-in name, `ENCODER,DECODER`, or a
 * single file with both parts.
 * @throws UsageError for any other argument.
 */
export async function openPromptModel(
  text: string,
  device: "auto" | Device,
): Promise<PromptSegmenter> {
  const files = text.split(",").map((part) => part.trim());
  if (files.length > 2 || files.includes("")) {
    const names = builtInPromptModels.map(({ name }) => name).join(", ");
    throw new UsageError(
      `the model is '${text}'; it must be ENCODER,DECODER, a single file, or one of ${names}`,
    );
  }
  const [encoder, decoder] = files as [string, string | undefined];
  return PromptSegmenter.create({
    device,
    ...(decoder === undefined ? { model: encoder } : { encoder, decoder }),
  });
}
