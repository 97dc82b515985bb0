import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decode } from "fast-png";
import { builtInModels, builtInPromptModels } from "../../web/model/built_in.js";
import { brightness, type DemoPage, differences, expect, test } from "./demo_page.js";
import { demoUrl } from "./servers.js";

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const truth = JSON.parse(readFileSync(fromRoot("tests/data/scenes/instances.json"), "utf8")) as {
  images: { id: number; file_name: string; width: number; height: number }[];
  categories: { id: number; name: string }[];
  annotations: { image_id: number; category_id: number; object_index: number }[];
};

type Scene = "scene_beach.jpg" | "scene_desk.jpg" | "scene_kitchen.jpg";

const imageOf = (scene: Scene) => truth.images.find(({ file_name }) => file_name === scene)!;
const annotationsOf = (scene: Scene) =>
  truth.annotations.filter(({ image_id }) => image_id === imageOf(scene).id);
const labelOf = (categoryId: number) => truth.categories.find(({ id }) => id === categoryId)!.name;

function objectIds(scene: Scene, label: string): number[] {
  return annotationsOf(scene).flatMap(({ category_id, object_index }) =>
    labelOf(category_id) === label ? [object_index] : [],
  );
}

/**
 * The source pixel deepest inside an object of this class, or (undefined) inside the background: it
 * has the largest square neighborhood of one id in the exact image of ids. Far from every edge, the
 * model is reliable too.
 */
function deepestPoint(scene: Scene, label: string | undefined): { x: number; y: number } {
  const { width, height, data } = decode(
    readFileSync(fromRoot(`tests/data/scenes/${scene.replace(".jpg", "_ids.png")}`)),
  );
  const wanted = label === undefined ? [0] : objectIds(scene, label);
  const isUniform = (x: number, y: number, reach: number) => {
    for (let dy = -reach; dy <= reach; dy += 4) {
      for (let dx = -reach; dx <= reach; dx += 4)
        if (data[(y + dy) * width + x + dx] !== data[y * width + x]) return false;
    }
    return true;
  };
  let best = { x: -1, y: -1, reach: 0 };
  for (let y = 8; y < height; y += 8) {
    for (let x = 8; x < width; x += 8) {
      if (!wanted.includes(data[y * width + x]!)) continue;
      let reach = best.reach + 4;
      while (
        x >= reach &&
        y >= reach &&
        x + reach < width &&
        y + reach < height &&
        isUniform(x, y, reach)
      ) {
        best = { x, y, reach };
        reach += 4;
      }
    }
  }
  return best;
}

/** A source pixel in CSS pixels of the canvas. */
async function onCanvas(
  { overlay }: DemoPage,
  scene: Scene,
  { x, y }: { x: number; y: number },
): Promise<{ x: number; y: number }> {
  const box = (await overlay.boundingBox())!;
  const { width, height } = imageOf(scene);
  return { x: ((x + 0.5) * box.width) / width, y: ((y + 0.5) * box.height) / height };
}

test("Demo_Sample_ListsItsObjects", async ({ demo }) => {
  await demo.open();
  await demo.openSample("Desk");
  const count = await demo.shownCount();
  expect(count).toBeGreaterThanOrEqual(4);
  await expect(demo.rows).toHaveCount(count);
  const known = annotationsOf("scene_desk.jpg").map(({ category_id }) => labelOf(category_id));
  const names = (await demo.page.locator(".object:visible .object-name").allTextContents()).map(
    (name) => name.toLowerCase(),
  );
  expect(names.filter((name) => known.includes(name)).length).toBeGreaterThanOrEqual(3);
  const scores = (await demo.page.locator(".object:visible .object-score").allTextContents()).map(
    (text) => Number.parseInt(text, 10),
  );
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  await expect(demo.page.locator(".object:visible .object-area").first()).toHaveText(
    /% of the image · [\d,]+ px/,
  );
  await expect(demo.overlay).toHaveAttribute(
    "aria-label",
    new RegExp(`^Image with ${count} objects`),
  );
  // No thumbnail is blank.
  const empty = await demo.page.locator(".object:visible canvas").evaluateAll((canvases) => {
    return (canvases as HTMLCanvasElement[]).filter((canvas) => {
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return data.every((v) => v === 0);
    }).length;
  });
  expect(empty).toBe(0);
});

for (const renderer of ["webgl2", "canvas2d"]) {
  test(`Demo_Overlay_TintsObjectsAndLeavesTheRest (${renderer})`, async ({ demo }) => {
    await demo.open(`?renderer=${renderer}`);
    await demo.openSample("Beach");
    await expect(demo.page.locator("#stage")).toHaveAttribute("data-renderer", renderer);
    const inside = await onCanvas(demo, "scene_beach.jpg", deepestPoint("scene_beach.jpg", "boat"));
    const outside = await onCanvas(
      demo,
      "scene_beach.jpg",
      deepestPoint("scene_beach.jpg", undefined),
    );
    await demo.page.locator("#labels-switch").uncheck();
    await demo.setSlider("fill", 0.6);
    const tinted = await demo.overlayPixels();
    await demo.setSlider("fill", 0);
    const outlined = await demo.overlayPixels();
    await demo.page.locator("#outline-switch").uncheck();
    const plain = await demo.overlayPixels();

    const tint = differences(tinted, plain);
    const at = ({ x, y }: { x: number; y: number }) => Math.round(y) * plain.width + Math.round(x);
    expect(tint[at(inside)]).toBeGreaterThan(30);
    expect(tint[at(outside)]).toBeLessThan(6);
    // Without fill, only the outlines remain: a few pixels, many of them in the color of the first
    // instance.
    const changed = differences(outlined, plain).flatMap((difference, k) =>
      difference > 40 ? [k] : [],
    );
    expect(changed.length).toBeGreaterThan(500);
    expect(changed.length).toBeLessThan(plain.width * plain.height * 0.2);
    const first = [67, 155, 247];
    const inFirst = changed.filter((k) =>
      first.every((v, c) => Math.abs(v - outlined.data[k * 4 + c]!) < 12),
    );
    expect(inFirst.length).toBeGreaterThan(50);
  });
}

test("Demo_HoverClickAndKeys_PickOutOneInstance", async ({ demo }) => {
  await demo.open();
  await demo.openSample("Desk");
  const count = await demo.shownCount();
  const selected = demo.page.locator('.object[aria-selected="true"]');
  const hovered = demo.page.locator('.object[data-hover="true"]');

  const on = await onCanvas(demo, "scene_desk.jpg", deepestPoint("scene_desk.jpg", "laptop"));
  await demo.overlay.hover({ position: on });
  await expect(hovered).toHaveCount(1);
  await expect(selected).toHaveCount(0);
  await expect(hovered.locator(".object-name")).toHaveText("Laptop");
  const hoveredId = await hovered.getAttribute("id");
  await demo.overlay.click({ position: on });
  await expect(selected).toHaveAttribute("id", hoveredId!);
  await expect(demo.page.locator("#download-cutout")).toHaveText("Cutout");
  await demo.overlay.click({ position: on });
  await expect(selected).toHaveCount(0);

  await demo.rows.nth(1).click();
  await expect(selected).toHaveAttribute("id", "object-1");
  await demo.page.keyboard.press("Escape");
  await expect(selected).toHaveCount(0);

  await demo.page.locator("#object-list").focus();
  for (const [key, index] of [
    ["ArrowDown", 0],
    ["ArrowDown", 1],
    ["ArrowUp", 0],
    ["ArrowUp", count - 1],
    ["Home", 0],
    ["End", count - 1],
    ["ArrowRight", 0],
  ] as const) {
    await demo.page.keyboard.press(key);
    await expect(selected).toHaveAttribute("id", `object-${index}`);
    await expect(demo.page.locator("#object-list")).toHaveAttribute(
      "aria-activedescendant",
      `object-${index}`,
    );
  }
  await demo.overlay.focus();
  await demo.page.keyboard.press("ArrowDown");
  await expect(selected).toHaveAttribute("id", "object-1");
});

test("Demo_Highlight_DimsEverythingElse", async ({ demo }) => {
  await demo.open();
  await demo.openSample("Beach");
  const before = brightness(await demo.overlayPixels());
  await demo.page.locator("#object-list").focus();
  await demo.page.keyboard.press("Home");
  const during = brightness(await demo.overlayPixels());
  await demo.page.keyboard.press("Escape");
  expect(during).toBeLessThan(before * 0.85);
  expect(brightness(await demo.overlayPixels())).toBeCloseTo(before, 3);
});

test("Demo_Sliders_ChangeTheVisibleInstances", async ({ demo }) => {
  await demo.open();
  await demo.openSample("Desk");
  const before = await demo.shownCount();
  const scores = async () =>
    (await demo.page.locator(".object:visible .object-score").allTextContents()).map((text) =>
      Number.parseInt(text, 10),
    );
  const found = await scores();
  // A threshold between the best and the worst score.
  const middle = Math.round((found[0]! + found.at(-1)!) / 2);
  await demo.setSlider("score", middle / 100);
  await expect.poll(() => demo.shownCount()).toBeLessThan(before);
  expect(Math.min(...(await scores()))).toBeGreaterThanOrEqual(middle);
  // Above the threshold of the first run, so the model does not run again.
  await expect(demo.page.locator("#stage")).toHaveAttribute("aria-busy", "false");
  await demo.setSlider("score", Math.min(0.95, (found[0]! + 2) / 100));
  await expect(demo.page.locator("#objects-empty")).toHaveText(/Try a lower one/);
  await expect(demo.page.locator("#download-cutout")).toBeDisabled();
  // Below the threshold of the first run, so the image is segmented again.
  await demo.setSlider("score", 0.05);
  await expect.poll(() => demo.shownCount(), { timeout: 60_000 }).toBeGreaterThan(before);
  await demo.idle();
  const loose = await demo.shownCount();
  await demo.setSlider("iou", 0.1);
  await expect.poll(() => demo.shownCount(), { timeout: 60_000 }).toBeLessThan(loose);
});

test("Demo_ImageByPickerDropAndPaste_IsSegmented", async ({ demo }) => {
  await demo.open();
  await demo.page.setInputFiles("#image-input", fromRoot("tests/data/scenes/scene_beach.jpg"));
  await expect(demo.overlay).toHaveAttribute("aria-label", /^Image with/, { timeout: 60_000 });
  const picked = await demo.rows.allTextContents();

  const bytes = [...readFileSync(fromRoot("tests/data/scenes/scene_desk.jpg"))];
  for (const kind of ["drop", "paste"] as const) {
    await demo.openSample("Kitchen");
    await demo.page.evaluate(
      ({ bytes, kind }) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], "desk.jpg", { type: "image/jpeg" }));
        const event =
          kind === "drop"
            ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true })
            : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true });
        document.getElementById("stage")!.dispatchEvent(event);
      },
      { bytes, kind },
    );
    await expect(demo.overlay).toHaveAttribute("aria-label", /laptop/, { timeout: 60_000 });
    expect(await demo.rows.allTextContents()).not.toEqual(picked);
  }
});

test("Demo_FileThatIsNotAnImage_ShowsAnErrorAndStaysUsable", async ({ demo }) => {
  await demo.open();
  const broken = { name: "broken.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no image") };
  await demo.page.setInputFiles("#image-input", broken);
  await expect(demo.error).toContainText("Could not open broken.jpg");
  await expect(demo.error).toContainText("The browser cannot decode it (image/jpeg, 8 bytes).");
  await demo.openSample("Beach");
  await expect(demo.error).toBeHidden();
  expect(await demo.shownCount()).toBeGreaterThan(0);
});

test("Demo_OwnOnnx_IsUsedAndABrokenOneKeepsTheOld", async ({ demo }) => {
  await demo.open();
  await demo.openSample("Desk");
  const builtIn = await demo.rows.allTextContents();

  await demo.page.evaluate(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array([80, 75, 3, 4, 0, 0])], "archive.onnx"));
    document.body.dispatchEvent(
      new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }),
    );
  });
  await expect(demo.error).toContainText("Could not load archive.onnx");
  await expect(demo.page.locator("#model-name")).toHaveText("masklet-n");
  await demo.page.getByRole("button", { name: "Dismiss the error" }).click();
  await expect(demo.error).toBeHidden();

  await demo.page.setInputFiles("#model-input", fromRoot("tests/data/tiny_models/dense.onnx"));
  await expect(demo.page.locator("#model-name")).toHaveText("dense.onnx", { timeout: 60_000 });
  await demo.idle();
  expect(await demo.rows.allTextContents()).not.toEqual(builtIn);

  await demo.page.getByRole("button", { name: "Use the built-in model" }).click();
  await expect(demo.page.locator("#model-name")).toHaveText("masklet-n", { timeout: 60_000 });
  await demo.idle();
  expect(await demo.rows.allTextContents()).toEqual(builtIn);
});

test("Demo_OpenInputSize_CanBeChosen", async ({ demo, page }) => {
  await demo.open();
  const { multiple } = builtInModels[0].input;
  await expect(page.locator("#size-choice")).toBeVisible({ visible: multiple !== undefined });
  await page.setInputFiles("#model-input", fromRoot("tests/data/tiny_models/dense_dynamic.onnx"));
  await expect(page.locator("#model-detail")).toContainText("96 × 64 input", { timeout: 60_000 });
  const size = page.getByRole("combobox", { name: "Input size" });
  await expect(size.locator("option:checked")).toHaveText("96 × 64");
  await size.selectOption("320 × 320");
  await expect(page.locator("#model-detail")).toContainText("320 × 320 input", { timeout: 60_000 });
  await expect(size.locator("option:checked")).toHaveText("320 × 320");
  // A model of fixed size does not offer a choice.
  await page.setInputFiles("#model-input", fromRoot("tests/data/tiny_models/dense.onnx"));
  await expect(page.locator("#model-detail")).toContainText("64 × 64 input", { timeout: 60_000 });
  await expect(page.locator("#size-choice")).toBeHidden();
});

test("Demo_BuiltInModels_CanBeChosen", async ({ demo, page }) => {
  await demo.open();
  for (const [mode, models] of [
    ["Objects", builtInModels],
    ["Click", builtInPromptModels],
  ] as const) {
    await page.getByRole("radio", { name: mode }).check();
    await expect(page.locator("#model-name")).toHaveText(models[0].name, { timeout: 60_000 });
    await expect(page.locator("#model-choice")).toBeVisible({ visible: models.length > 1 });
    for (const { name } of [...models].reverse()) {
      if (models.length > 1)
        await page.getByRole("combobox", { name: "Built-in model" }).selectOption(name);
      await expect(page.locator("#model-name")).toHaveText(name, { timeout: 60_000 });
    }
    await expect(demo.error).toBeHidden();
  }
});

test("Demo_DeviceSwitch_ShowsTheCurrentDeviceAndItsReason", async ({ demo }) => {
  await demo.open();
  await expect(demo.page.locator("#device-now")).toHaveText("Running on WebAssembly");
  await expect(demo.page.locator("#fallbacks")).toContainText(/WebGPU not used: .{8,}/);
  // A device chosen by name is used or refused, never replaced silently. After a refusal, the
  // switch shows the current device again.
  await demo.page.locator('input[value="webgpu"]').check();
  await expect(demo.error).toContainText(/webgpu: .{8,}/, { timeout: 60_000 });
  await expect(demo.page.locator('input[value="auto"]')).toBeChecked();

  await demo.page.locator('input[value="wasm"]').check();
  await expect(demo.error).toBeHidden();
  await expect(demo.page.locator("#fallbacks li")).toHaveCount(0, { timeout: 60_000 });
  await expect(demo.page.locator("#device-now")).toHaveText("Running on WebAssembly");
  await demo.openSample("Beach");
  await expect(demo.page.locator("#timings")).toBeVisible();
  await expect(demo.page.locator("#timings-list dd")).toHaveText([
    / (ms|s)$/,
    / (ms|s)$/,
    / (ms|s)$/,
    / (ms|s)$/,
  ]);
  await expect(demo.page.locator("#device-pill")).toHaveText(/WebAssembly · [\d.]+ (ms|s)/);
});

test.describe("without a service worker", () => {
  test.use({ serviceWorkers: "block" });

  test("Demo_CancelWhileTheModelLoads_KeepsThePageUsable", async ({ demo, page }) => {
    // A response that never arrives.
    await page.route("**/*.onnx", () => undefined);
    await demo.goTo(`${demoUrl}?renderer=canvas2d`);
    await expect(page.locator("#progress-text")).toHaveText(/^Loading masklet-n…/);
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page.locator("#progress")).toBeHidden();
    await demo.openSample("Beach");
    await expect(page.locator("#objects-empty")).toHaveText("No model is loaded.");
    await expect(demo.error).toBeHidden();

    await page.unroute("**/*.onnx");
    await page.locator('input[value="wasm"]').check();
    await demo.modelReady();
    await demo.idle();
    expect(await demo.shownCount()).toBeGreaterThan(0);
  });
});

test("Demo_ThemeButton_SwitchesAndIsRemembered", async ({ demo, page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await demo.open();
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByRole("button", { name: "Switch to the dark theme" }).click();
  const dark = await background();
  expect(dark).not.toBe(light);
  await page.reload();
  expect(await background()).toBe(dark);
  await page.getByRole("button", { name: "Switch to the light theme" }).click();
  expect(await background()).toBe(light);
});

for (const width of [360, 390]) {
  test(`Demo_Phone${width}_FitsWithoutHorizontalScrolling`, async ({ demo, page }) => {
    await page.setViewportSize({ width, height: 780 });
    await demo.open();
    const overflow = () =>
      page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
    expect(await overflow()).toBe(0);
    await demo.openSample("Kitchen");
    expect(await overflow()).toBe(0);
    const box = (await demo.overlay.boundingBox())!;
    expect(box.width).toBeGreaterThan(width * 0.8);
    // Every control is visible and large enough for a finger.
    for (const button of await page.locator("button").all()) {
      if (!(await button.isVisible())) continue;
      const { x, width: wide, height } = (await button.boundingBox())!;
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + wide).toBeLessThanOrEqual(width);
      expect(height).toBeGreaterThanOrEqual(32);
    }
  });
}

test("Demo_Tab_ReachesEveryControlAndShowsFocus", async ({ demo, page }) => {
  await demo.open();
  await demo.openSample("Beach");
  await page.locator(".brand").focus();
  const reached = new Set<string>();
  for (let step = 0; step < 30; step += 1) {
    await page.keyboard.press("Tab");
    const { id, outline } = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      const shown = element.matches("input[type=radio]") ? element.nextElementSibling! : element;
      const id =
        element === document.body
          ? ""
          : element.id || element.className || element.getAttribute("name") || element.tagName;
      return { id, outline: getComputedStyle(shown).outlineStyle };
    });
    if (id === "" && reached.size > 0) break;
    reached.add(id);
    if (id !== "") expect(outline, `focus ring of ${id}`).not.toBe("none");
  }
  const expected = [
    "theme-button",
    "overlay",
    "camera-button",
    "sample",
    "object-list",
    "download-png",
    "score",
    "iou",
    "fill",
  ];
  expect([...reached]).toEqual(
    expect.arrayContaining([...expected, "labels-switch", "model-button"]),
  );
});
