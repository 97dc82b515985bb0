// Every built-in model by its name, and its files under their subpaths. Prints one JSON line.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { builtInModels, builtInPromptModels, PromptSegmenter, Segmenter } from "masklet";

async function fileReport({ name, sha256 }) {
  const file = await readFile(new URL(import.meta.resolve(`masklet/models/${name}.onnx`)));
  return { name, sha256, bySubpath: createHash("sha256").update(file).digest("hex") };
}

const report = [];
for (const model of builtInModels) {
  const segmenter = await Segmenter.create({ model: model.name, device: "wasm" });
  const inputs = segmenter.info.inputs.map(({ name }) => name);
  await segmenter.dispose();
  report.push({ name: model.name, inputs, files: [await fileReport(model)] });
}
for (const { name, encoder, decoder } of builtInPromptModels) {
  const segmenter = await PromptSegmenter.create({ model: name, device: "wasm" });
  const inputs = segmenter.info.files.flatMap((file) => file.inputs.map((input) => input.name));
  await segmenter.dispose();
  report.push({ name, inputs, files: [await fileReport(encoder), await fileReport(decoder)] });
}
console.log(JSON.stringify(report));
