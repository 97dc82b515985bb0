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
 * The C++ core in one realm. Its methods are synchronous, copy what they are given and return
 * arrays that JavaScript owns; a failure is a {@link MaskletError} and leaves the core usable.
 *
 * A trap (a defect of the core, never a property of the input) kills the wasm instance: the call
 * throws `coreTrapped`, and the next call starts a new instance from the compiled module, with no
 * image set.
 */
export class Core {
  /** Operations on masks, as `Mask` uses them. @internal */
  readonly masks: MaskOperations;
  /** From network outputs to instances, one decoder per family. @internal */
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
   * Size of the wasm memory in bytes; stays as large as the largest image needed. 0 while no
   * instance runs.
   */
  get memoryBytes(): number {
    return this.#instance?.heap.byteLength ?? 0;
  }

  /**
   * Runs the SIMD kernels (the default) or the scalar ones that define them; the results are the
   * same.
   */
  useKernels(kernels: "simd" | "scalar"): void {
    this.#scalar = kernels === "scalar";
    this.run("load", (instance) => useKernels(instance, this.#scalar));
  }

  /**
   * Decodes a JPEG, PNG or BMP file to RGBA, upright by its EXIF orientation.
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
   * Copies in the image that `tensorize` will read.
   * @throws MaskletError stage `preprocess`: `badSize`, `bufferTooSmall` or `badShape` (data of
   *   another length than width * height * 4), `outOfMemory`
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
   * The image as network input, planar [3, height, width] in the color order asked for.
   * @param out reused when it has the right length, so that a stream of frames allocates nothing
   * @param view the rectangle of the image that the network is to see, in pixels; default: all
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
   * Runs `work` on the living instance, making one first when the last has trapped.
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
        `the core stopped in stage '${stage}' (${message}); the next call starts it anew`,
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
 * A call that ran out of stack, a RangeError (in Firefox an InternalError), leaves the instance in
 * the middle of its work just as a trap does.
 */
function isTrap(error: unknown): boolean {
  return (
    error instanceof WebAssembly.RuntimeError ||
    error instanceof RangeError ||
    (error as Error)?.name === "InternalError"
  );
}

/** Levels of the padding, one for each plane. */
function fillOf({ fill }: Pick<Preprocessing, "fill">): readonly [number, number, number] {
  return typeof fill === "number" ? [fill, fill, fill] : fill;
}
