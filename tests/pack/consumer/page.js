// An application bundled by Vite: the segmenter in its worker, under the strict
// Content-Security-Policy.
import { Segmenter } from "masklet";
import modelUrl from "masklet/models/masklet-n.onnx?url";

try {
  const segmenter = await Segmenter.create({ device: "wasm" });
  const photo = await (await fetch("/data/photo.jpg")).blob();
  const result = await segmenter.segment(photo);
  const byAddress = await Segmenter.create({
    device: "wasm",
    model: new URL(modelUrl, location.href),
  });
  document.body.textContent = JSON.stringify({
    device: result.device,
    isSame: byAddress.info.sha256 === segmenter.info.sha256,
    instances: result.instances.map(({ label, mask }) => ({ label, area: mask.area })),
  });
  document.title = "ready";
} catch (error) {
  document.body.textContent = `${error.code ?? ""} ${error.stack ?? error}`;
  document.title = "failed";
}
