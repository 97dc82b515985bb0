import { MaskletError, type Stage } from "../base/errors.js";
import type { Size } from "../base/geometry.js";
import type { RgbaImage } from "../base/image.js";
import type { Preprocessing } from "../base/preprocessing.js";
import { colorOrders, resizeModes } from "../base/preprocessing.js";
import { checkLength, signed, unsigned } from "./arguments.js";
import { Decoders } from "./decoders.js";
import { type CoreInstance, createInstance } from "./instance.js";
import { MaskOperations } from "./mask_operations.js";

export type { DecodeOptions, InstanceColumns } from "./columns.js";

/**
 * Photos of more than 200 megapixels are taken for an attack on the memory unless the caller allows
 * them.
 */
const defaultMaxPixels = 200_000_000;

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
    this.run("load", ({ workspace }) => workspace.useScalarKernels(this.#scalar));
  }

  /**
   * Decodes a JPEG, PNG or BMP file to RGBA, upright by its EXIF orientation.
   * @throws MaskletError stage `source`: `badImageFile`, `badSize`, `tooManyPixels`, `outOfMemory`
   */
  decodeImage(
    bytes: Uint8Array,
    { maxPixels = defaultMaxPixels }: { maxPixels?: number } = {},
  ): RgbaImage {
    const limit = unsigned(maxPixels, "maxPixels", "source");
    return this.run("source", ({ workspace, heap, check }) => {
      check(workspace.reserveFile(bytes.byteLength), "source");
      heap.write(Uint8Array, workspace.fileAddress(), bytes);
      check(workspace.decodeFile(limit), "source");
      const width = workspace.imageWidth();
      const height = workspace.imageHeight();
      const data = heap.read(Uint8ClampedArray, workspace.imageAddress(), width * height * 4);
      return { width, height, data };
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
    this.run(stage, ({ workspace, heap, check }) => {
      checkLength("the image", [height, width, 4], data.length, stage);
      check(workspace.reserveImage(width, height), stage);
      // The array's own type makes it one memory copy.
      heap.write(
        data instanceof Uint8ClampedArray ? Uint8ClampedArray : Uint8Array,
        workspace.imageAddress(),
        data,
      );
    });
  }

  /**
   * The image as network input, planar [3, height, width] in the color order asked for. The
   * letterbox is kept for decoding.
   * @param out reused when it has the right length, so that a stream of frames allocates nothing
   * @throws MaskletError stage `preprocess`: `noImage`, `badSize`, `badArgument`, `outOfMemory`
   */
  tensorize(p: Preprocessing, out?: Float32Array): Float32Array {
    const stage = "preprocess";
    const [width, height] = [signed(p.width, "width", stage), signed(p.height, "height", stage)];
    const mode = position(resizeModes, p.resizeMode, "resizeMode");
    const order = position(colorOrders, p.colorOrder, "colorOrder");
    return this.run(stage, ({ workspace, heap, check }) => {
      const normalization = [p.inputScale, ...p.mean, ...p.std, ...fillOf(p)] as const;
      check(
        workspace.tensorize(width, height, mode, order, ...normalization, ...contentOf(p, stage)),
        stage,
      );
      const count = workspace.inputElements();
      const input = out?.length === count ? out : new Float32Array(count);
      heap.readInto(Float32Array, workspace.inputAddress(), input);
      return input;
    });
  }

  /**
   * Sets the map between source and network pixels without an image, for outputs of a network that
   * was fed elsewhere.
   * @throws MaskletError stage `decode`: `badSize`
   */
  setLetterbox(
    source: Size,
    p: Pick<Preprocessing, "width" | "height" | "resizeMode" | "content">,
  ): void {
    const mode = position(resizeModes, p.resizeMode, "resizeMode");
    const sizes = [source.width, source.height, p.width, p.height].map((side) =>
      signed(side, "a side", "decode"),
    );
    const [srcWidth, srcHeight, netWidth, netHeight] = sizes as [number, number, number, number];
    const content = contentOf(p, "decode");
    this.run("decode", ({ workspace, check }) =>
      check(
        workspace.setLetterbox(srcWidth, srcHeight, netWidth, netHeight, mode, ...content),
        "decode",
      ),
    );
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
    instance.workspace.useScalarKernels(this.#scalar);
    return instance;
  }
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

/** 0, 0 when the resize mode decides. */
function contentOf({ content }: Pick<Preprocessing, "content">, stage: Stage): [number, number] {
  if (!content) return [0, 0];
  return [
    signed(content.width, "content.width", stage),
    signed(content.height, "content.height", stage),
  ];
}

/**
 * The number of an enumerator is its place in the list; the tests hold the lists to the C++
 * headers.
 */
function position<T extends string>(names: readonly T[], name: T, argument: string): number {
  const index = names.indexOf(name);
  if (index >= 0) return index;
  throw new MaskletError(
    "badOption",
    "preprocess",
    `${argument} is '${name}'; it can be ${names.join(", ")}`,
    { value: name },
  );
}
