import { MaskletError, type Stage } from "../base/errors.js";
import type { Rect } from "../base/geometry.js";
import { pixelLimit, type RgbaImage } from "../base/image.js";
import type { Preprocessing } from "../base/preprocessing.js";
import { colorOrders } from "../base/preprocessing.js";
import { checkLength, signed, unsigned } from "./arguments.js";
import { Decoders } from "./decoders.js";
import type { Normalization } from "./generated/masklet_core.js";
import { geometryOf, position } from "./geometry.js";
import { type CoreInstance, createInstance } from "./instance.js";
import { MaskOperations } from "./mask_operations.js";

export type { Placement } from "./geometry.js";
export type { DecodeCall, DecodeOptions, InstanceColumns } from "./instance_columns.js";

/**
 * The C++ core in one realm (window or worker). Its methods are synchronous. They copy their inputs
 * and return arrays that JavaScript owns. An error leaves the core usable.
 *
 * A trap is a defect of the core, never a property of the input. The call throws `coreTrapped`, and
 * the next call starts a new instance from the compiled module, without an image.
 *
 * @example
 * ```ts
 * import { loadCore } from "masklet";
 *
 * const core = await loadCore();
 * const file = await (await fetch("photo.jpg")).arrayBuffer();
 * const { width, height } = core.decodeImage(new Uint8Array(file));
 * console.log(width, height);
 * ```
 */
export class Core {
  /** Operations on masks, for `Mask`. @internal */
  readonly masks: MaskOperations;
  /** Decodes network outputs to instances, one decoder per family. @internal */
  readonly decoders: Decoders;
  readonly #compiled: WebAssembly.Module;
  #instance: CoreInstance | undefined;
  #scalar = false;

  /** Use `loadCore`. @internal */
  constructor(compiled: WebAssembly.Module) {
    this.#compiled = compiled;
    this.#instance = createInstance(compiled);
    this.masks = new MaskOperations((work) => this.run("mask-operation", work));
    this.decoders = new Decoders((work) => this.run("decode", work));
  }

  /**
   * Size of the wasm memory in bytes. It never shrinks. It is 0 after a trap, until the next
   * call.
   */
  get memoryBytes(): number {
    return this.#instance?.heap.byteLength ?? 0;
  }

  /**
   * Selects the SIMD kernels (the default) or their scalar reference, with the same results.
   */
  useKernels(kernels: "simd" | "scalar"): void {
    this.#scalar = kernels === "scalar";
    this.run("load", (instance) => useKernels(instance, this.#scalar));
  }

  /**
   * Decodes a JPEG, PNG or BMP file to RGBA and applies its EXIF orientation.
   * @param bytes the file
   * @param options `maxPixels`: maximum number of pixels (default: 2^26, 67 megapixels)
   * @throws MaskletError stage `source`: `badImageFile`, `badSize`, `tooManyPixels`, `outOfMemory`
   */
  decodeImage(
    bytes: Uint8Array,
    { maxPixels = pixelLimit }: { maxPixels?: number } = {},
  ): RgbaImage {
    const limit = unsigned(maxPixels, "maxPixels", "source");
    return this.run("source", ({ image }) => {
      image.check(image.bound.reserveFile(bytes.byteLength), "source");
      image.write("file", bytes);
      image.check(image.bound.decodeFile(limit), "source");
      const [width, height] = image.read("imageSize");
      return { width: width!, height: height!, data: image.readClamped("image") };
    });
  }

  /**
   * Copies an image into the core, for {@link tensorize}.
   * @throws MaskletError stage `preprocess`: `badSize`, `bufferTooSmall` or `badShape` (the length
   *   of `data` must be width * height * 4), `outOfMemory`
   */
  setImage({ width, height, data }: RgbaImage): void {
    const stage = "preprocess";
    signed(width, "the image's width", stage);
    signed(height, "the image's height", stage);
    this.run(stage, ({ image }) => {
      checkLength("the image", [height, width, 4], data.length, stage);
      image.check(image.bound.reserveImage(width, height), stage);
      image.write("image", data);
    });
  }

  /**
   * Converts the image to the network's input: planar [3, height, width], color order as in `p`.
   * @param p size, placement and normalization of the input
   * @param out an array to reuse if its length fits, so that a video does not allocate per frame
   * @param view the rectangle of the image to convert, in pixels (default: the whole image)
   * @throws MaskletError stage `preprocess`: `noImage`, `badSize`, `badArgument`, `outOfMemory`
   */
  tensorize(p: Preprocessing, out?: Float32Array, view?: Rect): Float32Array {
    const stage = "preprocess";
    const colorOrder = position(colorOrders, p.colorOrder, "colorOrder");
    const { inputScale, mean, std } = p;
    const normalization = {
      colorOrder,
      inputScale,
      mean: [...mean],
      std: [...std],
      fill: fillOf(p),
    } as unknown as Normalization;
    return this.run(stage, ({ image }) => {
      const [width, height] = image.read("imageSize");
      const source = { width: width!, height: height! };
      const geometry = geometryOf({ source, view, input: p }, stage);
      image.check(image.bound.tensorize(geometry, normalization), stage);
      const count = image.count("input");
      const input = out?.length === count ? out : new Float32Array(count);
      image.readInto("input", input as Float32Array<ArrayBuffer>);
      return input;
    });
  }

  /**
   * Runs `work` on the current instance. After a trap, it starts a new one first.
   * @internal
   */
  run<T>(stage: Stage, work: (instance: CoreInstance) => T): T {
    this.#instance ??= this.#restart();
    try {
      return work(this.#instance);
    } catch (error) {
      if (error instanceof MaskletError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      if (!isTrap(error)) throw new MaskletError("badArgument", stage, message, { cause: error });
      this.#instance = undefined;
      throw new MaskletError(
        "coreTrapped",
        stage,
        `the core stopped in stage '${stage}' (${message}); the next call restarts it`,
        {
          cause: error,
        },
      );
    }
  }

  #restart(): CoreInstance {
    const instance = createInstance(this.#compiled);
    useKernels(instance, this.#scalar);
    return instance;
  }
}

function useKernels({ image, decode }: CoreInstance, scalar: boolean): void {
  image.bound.useScalarKernels(scalar);
  decode.bound.useScalarKernels(scalar);
}

/**
 * A stack overflow (RangeError, in Firefox InternalError) leaves the instance in an undefined
 * state, as a trap does.
 */
function isTrap(error: unknown): boolean {
  return (
    error instanceof WebAssembly.RuntimeError ||
    error instanceof RangeError ||
    (error as Error)?.name === "InternalError"
  );
}

/** Levels of the padding, one per plane. */
function fillOf({ fill }: Pick<Preprocessing, "fill">): readonly [number, number, number] {
  return typeof fill === "number" ? [fill, fill, fill] : fill;
}
