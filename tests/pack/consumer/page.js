// An application bundled by Vite: the segmenter in its worker, under the strict Content-Security-Policy.
import { Segmenter } from "masklet";

try {
  const segmenter = await Segmenter.create({ device: "wasm" });
  const photo = await (await fetch("/data/photo.jpg")).blob();
  const result = await segmenter.segment(photo);
  document.body.textContent = JSON.stringify({
    device: result.device,
    instances: result.instances.map(({ label, mask }) => ({ label, area: mask.area })),
  });
  document.title = "ready";
} catch (error) {
  document.body.textContent = `${error.code ?? ""} ${error.stack ?? error}`;
  document.title = "failed";
}
