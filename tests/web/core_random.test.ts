import { beforeAll, expect, test } from "vitest";
import { MaskletError } from "../../web/base/errors.js";
import type { Preprocessing } from "../../web/base/preprocessing.js";
import { colorOrders, resizeModes } from "../../web/base/preprocessing.js";
import type { RawTensor } from "../../web/base/tensor.js";
import type { Core } from "../../web/core/core.js";
import { loadCore } from "../../web/core/load.js";
import { Mask } from "../../web/mask/mask.js";
import { Random } from "./random.js";

let core: Core;
beforeAll(async () => {
  core = await loadCore();
});

const oddNumbers = [
  0,
  1,
  -1,
  2,
  3,
  0.5,
  31,
  32,
  255,
  32768,
  32769,
  2 ** 31,
  2 ** 32,
  2 ** 32 + 1,
  1e30,
  Number.NaN,
  -1 / 0,
  1 / 0,
];

class Caller extends Random {
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** Mostly a small number that makes sense, else an odd one. */
  number(limit: number): number {
    return this.below(8) > 0 ? 1 + this.below(limit) : this.pick(oddNumbers);
  }

  /** Data for `product` values, sometimes one too few or too many, never much. */
  length(product: number): number {
    const length = Number.isFinite(product) ? Math.max(0, Math.min(5000, Math.trunc(product))) : 7;
    return this.below(6) > 0 ? length : length + this.pick([-1, 1, 7]) * Number(length > 0);
  }

  value(): number {
    return this.below(20) > 0 ? this.between(-3, 3) : this.pick(oddNumbers);
  }

  tensor(): RawTensor {
    const dims = Array.from({ length: this.pick([1, 2, 3, 3, 3, 4, 4, 4, 5]) }, () =>
      this.pick([1, 1, 2, 5, 7, 8, this.number(9)]),
    );
    const product = dims.reduce((a, b) => a * b, 1);
    return { dims, data: Float32Array.from({ length: this.length(product) }, () => this.value()) };
  }

  preprocessing(): Preprocessing {
    const triple = (usual: number) => [usual, this.below(9) ? usual : this.value(), usual] as const;
    return {
      width: this.number(40),
      height: this.number(40),
      resizeMode: this.pick([...resizeModes, "none" as never]),
      colorOrder: this.pick([...colorOrders, "cmy" as never]),
      inputScale: this.below(9) ? 1 : this.value(),
      mean: triple(0),
      std: triple(1),
      fill: this.below(9) ? 114 : this.value(),
    };
  }

  mask(): Mask {
    const [width, height] = [this.number(20), this.number(20)];
    const runs = Uint32Array.from({ length: this.below(9) }, () => this.below(30));
    const rest = width * height - runs.reduce((sum, run) => sum + run, 0);
    const all = this.below(3) ? Uint32Array.of(...runs, Math.max(0, rest)) : runs;
    return Mask.from({
      x: this.below(5),
      y: this.below(5),
      width,
      height,
      sourceWidth: 25,
      sourceHeight: this.number(25),
      runs: all,
    });
  }
}

function callAtRandom(caller: Caller): unknown {
  const size = { width: caller.number(30), height: caller.number(30) };
  switch (caller.below(11)) {
    case 0:
      return core.setImage({
        ...size,
        data: new Uint8Array(caller.length(size.width * size.height * 4)),
      });
    case 1:
      return core.tensorize(caller.preprocessing());
    case 2:
      return core.masks.iouMatrix([caller.mask()], [caller.mask(), caller.mask()]);
    case 3:
    case 4:
      return core.decoders.decodeYoloSeg(
        { detections: caller.tensor(), prototypes: caller.tensor() },
        {
          endToEnd: caller.below(2) === 0,
          classCount: caller.number(4),
          soft: caller.below(2) === 0,
          scoreThreshold: caller.below(5) ? 0.25 : caller.value(),
          iouThreshold: caller.below(5) ? 0.7 : caller.value(),
          maxInstances: caller.number(50),
          placement: {
            source: size,
            input: caller.preprocessing(),
            ...(caller.below(2)
              ? {}
              : { view: { x: 0, y: 0, width: caller.number(30), height: 2 } }),
          },
          ...(caller.below(4) ? {} : { classFilter: caller.bytes(caller.below(6)) }),
        },
      );
    case 5:
      return core.decodeImage(caller.bytes(caller.below(300)), { maxPixels: caller.number(1e6) });
    case 6:
      return caller.mask().union(caller.mask());
    case 7:
      return caller.mask().toPolygons({ tolerance: caller.value(), minArea: caller.value() });
    case 8: {
      const ring = Array.from({ length: caller.below(12) }, () => caller.value() * 8);
      return caller.below(2)
        ? Mask.fromPolygons([ring], size)
        : Mask.fromCocoPolygons([ring], size);
    }
    case 9: {
      const counts = Array.from({ length: caller.below(6) }, () => caller.number(20));
      const text = String.fromCharCode(
        ...caller.bytes(caller.below(10)).map((byte) => 48 + (byte % 66)),
      );
      return Mask.fromRle({
        size: [size.height, size.width],
        counts: caller.below(2) ? counts : text,
      });
    }
    default:
      return core.useKernels(caller.pick(["simd", "scalar"]));
  }
}

test("Core_AnyCallsInAnyOrder_SucceedOrFailTyped", () => {
  const caller = new Caller(30);
  const outcomes = new Map<string, number>();
  for (let call = 0; call < 6000; ++call) {
    let outcome = "ok";
    try {
      callAtRandom(caller);
    } catch (error) {
      expect(error).toBeInstanceOf(MaskletError);
      outcome = (error as MaskletError).code;
    }
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  core.useKernels("simd");
  expect(outcomes.has("coreTrapped")).toBe(false);
  expect(outcomes.get("ok")).toBeGreaterThan(1000);
  // The calls reached many different refusals, not always the same first one.
  for (const code of [
    "badArgument",
    "badSize",
    "badRank",
    "badShape",
    "badRuns",
    "bufferTooSmall",
  ]) {
    expect(outcomes.get(code), code).toBeGreaterThan(5);
  }
});
