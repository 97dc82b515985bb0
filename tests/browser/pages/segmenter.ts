/// The public API as `masklet`, and images that the tiny models of tests/data/tiny_models
/// understand, as `kit`.
import * as masklet from "../../../web/index.js";

/**
 * A square of 16 x 16 pixels at multiples of 16, in one of the three colors of the tiny models.
 */
export interface Square {
  x: number;
  y: number;
  color: "red" | "green" | "blue";
}

const kit = {
  /** Black with squares. */
  image(squares: readonly Square[], width = 64, height = 64): ImageData {
    const image = new ImageData(width, height);
    for (let i = 3; i < image.data.length; i += 4) image.data[i] = 255;
    for (const { x, y, color } of squares) {
      const channel = ["red", "green", "blue"].indexOf(color);
      for (let row = y; row < y + 16; ++row) {
        for (let column = x; column < x + 16; ++column)
          image.data[(row * width + column) * 4 + channel] = 255;
      }
    }
    return image;
  },

  canvas(squares: readonly Square[]): HTMLCanvasElement {
    const image = kit.image(squares);
    const canvas = document.createElement("canvas");
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext("2d")!.putImageData(image, 0, 0);
    return canvas;
  },

  /** A result as plain data, in an order independent of rounding. */
  plain({ instances, width, height }: masklet.SegmentResult) {
    const rows = instances.map(({ label, score, box, mask }) => ({
      label,
      score: Math.round(score * 1000) / 1000,
      box: [box.x1, box.y1, box.x2, box.y2].map((value) => Math.round(value * 100) / 100),
      area: mask.area,
    }));
    rows.sort((a, b) => a.box[0]! - b.box[0]! || a.box[1]! - b.box[1]!);
    return { width, height, instances: rows };
  },

  /** The error of a rejected promise; throws if it resolves. */
  async failure(work: () => Promise<unknown>) {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof masklet.MaskletError)) return { code: `not a MaskletError: ${error}` };
      return {
        code: error.code,
        stage: error.stage,
        message: error.message,
        cause: String(error.cause ?? ""),
      };
    }
    throw new Error("nothing was thrown");
  },
};

declare global {
  interface Window {
    kit: typeof kit;
    /** A test's state between evaluations. */
    segmenter?: masklet.Segmenter;
    wasmBytes?: () => number;
  }
}

window.masklet = masklet;
window.kit = kit;
