import { expect, type Page } from "@playwright/test";
import type * as Masklet from "../../web/index.js";
import { test } from "./engines/test.js";
import { pagesUrl } from "./servers.js";

let page: Page;
let complaints: string[];

test.beforeEach(async ({ page: fresh }) => {
  page = fresh;
  complaints = [];
  page.on("console", (message) => {
    // The browser requests an icon, which the bare page lacks.
    if (message.location().url.endsWith("/favicon.ico")) return;
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${pagesUrl}api.html`);
  await page.waitForFunction(() => window.masklet !== undefined);
});

test("Core_UnderTheStrictPolicy_LoadsWithoutErrors", async () => {
  const bytes = await page.evaluate(async () => (await window.masklet.loadCore()).memoryBytes);
  expect(bytes).toBeGreaterThan(0);
  expect(complaints).toEqual([]);
});

test("LoadCore_WrongAddress_IsTypedAndTheNextCallWorks", async () => {
  const outcome = await page.evaluate(async () => {
    const { loadCore } = window.masklet;
    const codeOf = (wasmUrl: string) =>
      loadCore({ wasmUrl }).then(String, ({ code, stage }) => `${code} in ${stage}`);
    const codes = [await codeOf("/missing.wasm"), await codeOf("/api.html")];
    return { codes, bytes: (await loadCore()).memoryBytes };
  });
  expect(outcome.codes).toEqual(["networkError in load", "networkError in load"]);
  expect(outcome.bytes).toBeGreaterThan(0);
});

test("Core_AfterATrapInAWindow_StartsANewInstance", async () => {
  const outcome = await page.evaluate(async () => {
    const core = await window.masklet.loadCore();
    const p = {
      width: 8,
      height: 8,
      resizeMode: "stretch",
      colorOrder: "rgb",
      inputScale: 1,
      fill: 0,
    } as const;
    const preprocessing = { ...p, mean: [0, 0, 0], std: [1, 1, 1] } as const;
    const image = { width: 8, height: 8, data: new Uint8Array(256).fill(7) };
    core.setImage(image);
    // Moves the stage's image beyond the memory, so that reading it traps.
    core.run("preprocess", ({ image: stage, heap }) => {
      const [, , , address] = heap.read(Uint32Array, stage.bound.columns(), 4);
      const words = heap.read(Uint32Array, 0, heap.byteLength / 4);
      for (const [index, word] of words.entries())
        if (word === address) heap.write(Uint32Array, index * 4, [0xffff0000]);
    });
    let code = "none";
    try {
      core.tensorize(preprocessing);
    } catch (error) {
      code = (error as Masklet.MaskletError).code;
    }
    core.setImage(image);
    return { code, values: [...new Set(core.tensorize(preprocessing))] };
  });
  expect(outcome).toEqual({ code: "coreTrapped", values: [7] });
});

test("Mask_ImageDataAndBitmap_ShowTheObject", async () => {
  const outcome = await page.evaluate(async () => {
    const { Mask, loadCore } = window.masklet;
    await loadCore();
    const mask = Mask.fromBytes(Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0), {
      width: 4,
      height: 3,
    });
    const crop = mask.union(mask);
    const image = crop.toImageData({ color: [255, 0, 0] });
    const bitmap = await crop.toBitmap({ full: true, color: [255, 0, 0] });
    const context = new OffscreenCanvas(4, 3).getContext("2d")!;
    context.drawImage(bitmap, 0, 0);
    const drawn = context.getImageData(0, 0, 4, 3).data;
    return {
      isImageData: image instanceof ImageData,
      crop: [crop.x, crop.y, image.width, image.height],
      reds: [...drawn].filter((_, index) => index % 4 === 0),
      alphas: [...drawn].filter((_, index) => index % 4 === 3),
      cloned: Mask.from(structuredClone(crop)).toRle().counts === mask.toRle().counts,
    };
  });
  const expected = [0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 255, 0];
  expect(outcome).toEqual({
    isImageData: true,
    crop: [1, 1, 2, 2],
    reds: expected,
    alphas: expected,
    cloned: true,
  });
});

test("Mask_Empty_HasNoBitmap", async () => {
  const code = await page.evaluate(async () => {
    const { Mask, loadCore } = window.masklet;
    await loadCore();
    const mask = Mask.fromRle({ size: [3, 4], counts: [12] });
    return mask.toBitmap().then(String, (error: Masklet.MaskletError) => error.code);
  });
  expect(code).toBe("badSize");
});
