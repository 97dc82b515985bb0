/// The public API as `window.masklet`, for specs that call it in `page.evaluate`.
import * as masklet from "../../../web/index.js";

declare global {
  interface Window {
    masklet: typeof masklet;
  }
}

window.masklet = masklet;
