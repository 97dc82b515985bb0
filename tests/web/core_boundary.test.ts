import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { decodeColumns, imageColumns, maskColumns, numberTypes } from "../../web/core/columns.js";
import type { Core } from "../../web/core/core.js";
import { loadCore } from "../../web/core/load.js";

const textOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** Methods and functions that Embind registers; a new one should be a column or an argument. */
const mostRegistered = 45;

let core: Core;
beforeAll(async () => {
  core = await loadCore();
});

describe("boundary", () => {
  it("Boundary_RegisteredMethods_AreFew", () => {
    const registered =
      textOf("wasm/bindings.cpp").match(/\bMETHOD(_OF_STAGE)?\(\w+|\bfunction\("\w+"/g) ?? [];
    const count = registered.length - 2; // two matches are the macros themselves
    console.info(`${count} methods and functions are registered`);
    expect(count).toBeGreaterThan(30);
    expect(count).toBeLessThanOrEqual(mostRegistered);
  });

  it.each([
    ["image_stage", imageColumns],
    ["decode_stage", decodeColumns],
    ["mask_stage", maskColumns],
  ] as const)("Columns_Of_%s_AreThoseOfTheHeader", (file, columns) => {
    const list = [...textOf(`wasm/${file}.h`).matchAll(/\bCOLUMN\((\w+), /g)].map(
      ([, name]) => name,
    );
    expect(list).toEqual(Object.keys(columns));
  });

  it("Columns_OfEveryStage_HaveTheTypesOfTheHeader", () => {
    core.run("load", ({ image, decode, masks }) => {
      for (const name of Object.keys(imageColumns)) image.count(name as "file");
      for (const name of Object.keys(decodeColumns)) decode.count(name as "boxes");
      for (const name of Object.keys(maskColumns)) masks.count(name as "runs");
      expect(image.count("imageSize")).toBe(2);
    });
  });

  it("NumberTypes_AreThoseOfTheHeader", () => {
    const body = /enum class NumberType : uint32_t \{([^}]*)\}/.exec(textOf("wasm/stage.h"))![1]!;
    const kinds: Record<string, string> = { u8: "Uint8", u32: "Uint32", i32: "Int32" };
    const names = [...body.matchAll(/(\w+) = \d+/g)].map(([, name]) => {
      const kind = kinds[name!] ?? name!.replace("f", "Float");
      return `${kind}Array`;
    });
    expect(numberTypes.map(({ name }) => name)).toEqual(names);
  });

  it("Write_OfAnotherLength_IsRefused", () => {
    expect(() =>
      core.run("decode", ({ decode }) => {
        decode.check(decode.bound.reserveClassFilter(3), "decode");
        decode.write("classFilter", new Uint8Array(4));
      }),
    ).toThrow("room for 3 numbers");
  });
});

describe("iouMatrix", () => {
  const mask = (x: number, width: number) => ({
    x,
    y: 0,
    width,
    height: 1,
    runs: Uint32Array.of(0, width),
  });

  it("IouMatrix_RowsAndColumns_AreMeasuredAtOnce", () => {
    const rows = [mask(0, 4), mask(2, 2)];
    const columns = [mask(0, 2), mask(2, 4), mask(90, 1)];
    expect([...core.masks.iouMatrix(rows, columns)]).toEqual([2 / 4, 2 / 6, 0, 0, 2 / 4, 0]);
    const crowds = Uint8Array.of(0, 1, 0);
    expect([...core.masks.iouMatrix(rows, columns, crowds)]).toEqual([2 / 4, 2 / 4, 0, 0, 1, 0]);
    expect([...core.masks.iouMatrix(rows, rows)]).toEqual([1, 1 / 2, 1 / 2, 1]);
    expect(core.masks.iouMatrix([], columns).length).toBe(0);
  });

  it("IouMatrix_BadRuns_AreNamed", () => {
    const bad = { ...mask(0, 4), runs: Uint32Array.of(0, 3) };
    expect(() => core.masks.iouMatrix([mask(0, 2)], [bad])).toThrow(
      expect.objectContaining({ code: "badRuns", stage: "mask-operation", value: 3 }),
    );
  });
});
