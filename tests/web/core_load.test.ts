import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { colorOrders, resizeModes } from "../../web/base/preprocessing.js";
import { coreStatuses } from "../../web/core/codes.gen.js";
import { maskRcnnExports, yoloDetectLayouts, yoloxBoxes } from "../../web/core/decoders.js";
import { boundaryVersion } from "../../web/core/instance.js";
import { mergeOps } from "../../web/core/mask_operations.js";
import { statusError } from "../../web/core/status.js";

const wasmPath = new URL("../../web/core/generated/masklet_core.wasm", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "masklet-core-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A realm of its own: the modules loaded anew, nothing loaded yet. */
async function freshRealm() {
  vi.resetModules();
  return import("../../web/core/load.js");
}

describe("loadCore", () => {
  let realm: Awaited<ReturnType<typeof freshRealm>>;
  beforeEach(async () => {
    realm = await freshRealm();
  });

  test("CurrentCore_BeforeLoading_IsCoreNotLoaded", () => {
    expect(() => realm.currentCore()).toThrow(
      expect.objectContaining({ code: "coreNotLoaded", stage: "load" }),
    );
  });

  test("LoadCore_Twice_IsOneCore", async () => {
    const [first, second] = await Promise.all([realm.loadCore(), realm.loadCore()]);
    expect(second).toBe(first);
    expect(realm.currentCore()).toBe(first);
    expect(await realm.loadCore({ wasmUrl: "file:///nowhere" })).toBe(first);
  });

  test("LoadCore_MissingFile_IsNetworkErrorAndTheNextCallWorks", async () => {
    const wasmUrl = pathToFileURL(join(folder, "missing.wasm"));
    await expect(realm.loadCore({ wasmUrl })).rejects.toMatchObject({
      code: "networkError",
      stage: "load",
      value: String(wasmUrl),
    });
    expect(() => realm.currentCore()).toThrow(expect.objectContaining({ code: "coreNotLoaded" }));
    expect((await realm.loadCore()).memoryBytes).toBeGreaterThan(0);
  });

  test("LoadCore_FromAPathAndFromAServer_Works", async () => {
    const copy = join(folder, "copy.wasm");
    copyFileSync(wasmPath, copy);
    expect((await realm.loadCore({ wasmUrl: copy })).memoryBytes).toBeGreaterThan(0);

    const bytes = readFileSync(wasmPath);
    const server = createServer((request, response) => {
      // No wasm media type: the core must not depend on the server's configuration.
      response
        .writeHead(request.url === "/core.wasm" ? 200 : 404, { "Content-Type": "text/plain" })
        .end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const next = await freshRealm();
      await expect(next.loadCore({ wasmUrl: `${base}/missing` })).rejects.toMatchObject({
        code: "networkError",
        message: expect.stringContaining("404"),
      });
      expect(
        (await next.loadCore({ wasmUrl: new URL(`${base}/core.wasm`) })).memoryBytes,
      ).toBeGreaterThan(0);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  test("LoadCore_APageInsteadOfWasm_SaysSo", async () => {
    const page = join(folder, "index.html");
    writeFileSync(page, "<!doctype html>");
    await expect(realm.loadCore({ wasmUrl: page })).rejects.toMatchObject({
      code: "networkError",
      message: expect.stringContaining("not a WebAssembly file"),
    });
    writeFileSync(page, "");
    await expect(realm.loadCore({ wasmUrl: page })).rejects.toMatchObject({ code: "networkError" });
  });

  test("LoadCore_CutShort_IsUnsupportedWithTheEnginesReason", async () => {
    const half = join(folder, "half.wasm");
    writeFileSync(half, readFileSync(wasmPath).subarray(0, 5000));
    await expect(realm.loadCore({ wasmUrl: half })).rejects.toMatchObject({
      code: "unsupported",
      stage: "load",
    });
  });

  test("LoadCore_AnotherModule_IsCoreVersion", async () => {
    const other = join(folder, "other.wasm");
    writeFileSync(other, Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    await expect(realm.loadCore({ wasmUrl: other })).rejects.toMatchObject({
      code: "coreVersion",
      stage: "load",
    });
  });

  test("LoadCore_Aborted_RejectsThatCallOnly", async () => {
    await expect(realm.loadCore({ signal: AbortSignal.abort("no") })).rejects.toMatchObject({
      code: "aborted",
      cause: "no",
    });
    const controller = new AbortController();
    const aborted = realm.loadCore({ signal: controller.signal });
    const other = realm.loadCore();
    controller.abort("later");
    await expect(aborted).rejects.toMatchObject({ code: "aborted", cause: "later" });
    expect((await other).memoryBytes).toBeGreaterThan(0);
  });
});

describe("import", () => {
  test("Import_OfTheCore_HasNoSideEffect", () => {
    // In a Node of its own, where nothing that the tests load is in the way.
    const glue = new URL("../../web/core/generated/masklet_core.js", import.meta.url);
    const script = `
      const before = Object.getOwnPropertyNames(globalThis).length;
      const compile = WebAssembly.compile, Instance = WebAssembly.Instance;
      for (const name of ["compile", "Instance", "Module", "instantiate"])
        WebAssembly[name] = () => { throw new Error(name); };
      globalThis.fetch = () => { throw new Error("fetch"); };
      await import(${JSON.stringify(String(glue))});
      console.log(Object.getOwnPropertyNames(globalThis).length - before);`;
    expect(
      execFileSync(process.execPath, ["--input-type=module", "-e", script], {
        encoding: "utf8",
      }).trim(),
    ).toBe("0");
  });

  test("Glue_HasNoEvaluationOfText", () => {
    const glue = readFileSync(
      new URL("../../web/core/generated/masklet_core.js", import.meta.url),
      "utf8",
    );
    expect(/\beval\(|\bFunction\(/.exec(glue)?.[0]).toBeUndefined();
  });
});

describe("status", () => {
  test("StatusError_EveryStatus_NamesCauseAndValue", () => {
    for (const [number, { name, what }] of Object.entries(coreStatuses)) {
      if (name === "ok") continue;
      const error = statusError(Number(number), 17, "decode");
      expect(error).toMatchObject({ code: name, stage: "decode", value: 17 });
      expect(error.message).toContain(what);
    }
    expect(statusError(3, 17, "source").message).toBe(
      "the image has more pixels than the limit: 17 (pixels in the image)",
    );
  });

  test("StatusError_UnknownNumber_IsCoreVersion", () => {
    expect(statusError(999, 0, "decode")).toMatchObject({ code: "coreVersion", value: 999 });
  });

  test("BoundaryVersion_IsThatOfTheHeader", () => {
    const header = readFileSync(new URL("../../wasm/stage.h", import.meta.url), "utf8");
    expect(header).toContain(`kBoundaryVersion = ${boundaryVersion};`);
  });

  test("Enumerators_HaveTheNumbersOfTheHeaders", () => {
    const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const enumerators = (file: string, type: string) => {
      const header = readFileSync(new URL(`../../src/${file}`, import.meta.url), "utf8");
      const body =
        new RegExp(`enum class ${type} : uint32_t \\{([^}]*)\\}`).exec(header)?.[1] ?? "";
      return Object.fromEntries(
        [...body.matchAll(/(\w+) = (\d+)/g)].map(([, name = "", value]) => [
          kebab(name),
          Number(value),
        ]),
      );
    };
    const numbered = (names: readonly string[]) =>
      Object.fromEntries(names.map((name, index) => [name, index]));
    expect(enumerators("core/letterbox.h", "ResizeMode")).toEqual(numbered(resizeModes));
    expect(enumerators("image/tensorize.h", "ColorOrder")).toEqual(numbered(colorOrders));
    expect(enumerators("decode/mask_rcnn.h", "MaskRcnnExport")).toEqual(numbered(maskRcnnExports));
    expect(enumerators("decode/yolo_detect.h", "YoloDetectLayout")).toEqual(
      numbered(yoloDetectLayouts),
    );
    expect(enumerators("decode/yolox.h", "YoloxBoxes")).toEqual(numbered(yoloxBoxes));
    expect(enumerators("mask/rle.h", "MergeOp")).toEqual(mergeOps);
  });
});
