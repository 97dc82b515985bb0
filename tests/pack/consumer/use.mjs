// Plain ESM in Node: a good image, a bad one, and the good one again. Prints one JSON line.
import { readFile } from "node:fs/promises";

const globalsBefore = Object.getOwnPropertyNames(globalThis).length;
const masklet = await import("masklet");
const globalsAdded = Object.getOwnPropertyNames(globalThis).length - globalsBefore;

const photo = new Uint8Array(await readFile(process.argv[2]));
const segmenter = await masklet.Segmenter.create({ device: "wasm" });
const first = await segmenter.segment(photo, { scoreThreshold: 0.25 });

let refusal = null;
try {
  await segmenter.segment(new Uint8Array([1, 2, 3, 4]));
} catch (error) {
  refusal = {
    typed: error instanceof masklet.MaskletError,
    code: error.code,
    stage: error.stage,
    message: error.message,
  };
}

const second = await segmenter.segment(photo, { scoreThreshold: 0.25 });
const summarize = (result) =>
  result.instances.map(({ label, score, box, mask }) => ({ label, score, box, area: mask.area }));
await segmenter.dispose();

console.log(
  JSON.stringify({
    globalsAdded,
    exports: Object.keys(masklet).sort(),
    width: first.width,
    height: first.height,
    device: first.device,
    first: summarize(first),
    refusal,
    second: summarize(second),
  }),
);
