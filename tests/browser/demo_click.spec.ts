import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decode } from "fast-png";
import { builtInPromptModels } from "../../web/model/built_in.js";
import { type DemoPage, expect, type SampleName, test } from "./demo_page.js";

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const width = 1280;

/** The default model of the Click mode. */
const usualModel = builtInPromptModels[0].name;
/** Follows color alone, so the image determines the exact mask of a click. */
const plainModel = "region-click";

/** Positions in scene_desk.jpg, in source pixels. */
const laptop = { x: 1072, y: 544 };
const cup = { x: 232, y: 584 };
const laptopScreen = { x: 1017, y: 491 };
/** Also on the laptop, but on a phone far enough from the first point for a finger. */
const laptopCorner = { x: 965, y: 420 };

interface Coco {
  images: { width: number; height: number }[];
  annotations: { area: number; segmentation: { size: [number, number]; counts: string } }[];
}

/** COCO's compressed run lengths as one byte per pixel, column by column. */
function pixelsOf({ size, counts }: { size: [number, number]; counts: string }): Uint8Array {
  const pixels = new Uint8Array(size[0] * size[1]);
  const runs: number[] = [];
  for (let k = 0; k < counts.length; ) {
    let value = 0;
    let shift = 0;
    let more = true;
    while (more) {
      const code = counts.charCodeAt(k++) - 48;
      value |= (code & 31) << shift;
      shift += 5;
      more = (code & 32) !== 0;
      if (!more && (code & 16) !== 0) value |= -1 << shift;
    }
    runs.push(runs.length > 2 ? value + runs.at(-2)! : value);
  }
  let at = 0;
  for (const [k, run] of runs.entries()) {
    if (k % 2 === 1) pixels.fill(1, at, at + run);
    at += run;
  }
  return pixels;
}

/** The masks on the page, read from its COCO download. */
async function shownMasks({ page }: DemoPage): Promise<Uint8Array[]> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.locator("#download-coco").click(),
  ]);
  const coco = JSON.parse(readFileSync(await download.path(), "utf8")) as Coco;
  return coco.annotations.map(({ segmentation }) => pixelsOf(segmentation));
}

async function shownMask(demo: DemoPage): Promise<Uint8Array> {
  const masks = await shownMasks(demo);
  expect(masks).toHaveLength(1);
  return masks[0]!;
}

const area = (mask: Uint8Array): number => mask.reduce((sum, value) => sum + value, 0);

/** IoU with an object of the exact image of ids. */
function iouWith(mask: Uint8Array, label: string): number {
  const truth = JSON.parse(readFileSync(fromRoot("tests/data/scenes/instances.json"), "utf8")) as {
    images: { id: number; file_name: string }[];
    categories: { id: number; name: string }[];
    annotations: { image_id: number; category_id: number; object_index: number }[];
  };
  const image = truth.images.find(({ file_name }) => file_name === "scene_desk.jpg")!;
  const category = truth.categories.find(({ name }) => name === label)!;
  const { object_index } = truth.annotations.find(
    ({ image_id, category_id }) => image_id === image.id && category_id === category.id,
  )!;
  const ids = decode(readFileSync(fromRoot("tests/data/scenes/scene_desk_ids.png")));
  let both = 0;
  let either = 0;
  for (let y = 0; y < ids.height; y += 1) {
    for (let x = 0; x < ids.width; x += 1) {
      const isObject = ids.data[y * ids.width + x] === object_index;
      const isMask = mask[x * ids.height + y] === 1;
      if (isObject && isMask) both += 1;
      if (isObject || isMask) either += 1;
    }
  }
  return both / either;
}

/** A position of the desk scene in the window. */
async function inWindow(
  { page }: DemoPage,
  { x, y }: { x: number; y: number },
): Promise<[x: number, y: number]> {
  const box = (await page.locator("#clicks").boundingBox())!;
  const scale = box.width / width;
  return [box.x + (x + 0.5) * scale, box.y + (y + 0.5) * scale];
}

async function clickAt(
  demo: DemoPage,
  place: { x: number; y: number },
  modifier?: "Shift",
): Promise<void> {
  const { page } = demo;
  const points = await page.locator(".click-point").count();
  if (modifier !== undefined) await page.keyboard.down(modifier);
  await page.mouse.click(...(await inWindow(demo, place)));
  if (modifier !== undefined) await page.keyboard.up(modifier);
  await expect(page.locator(".click-point")).toHaveCount(points + 1);
  await demo.idle();
}

/** Opens the Click mode with a sample that is ready for clicks. */
async function openClick(
  demo: DemoPage,
  sample: SampleName = "Desk",
  model: string = usualModel,
): Promise<void> {
  const { page } = demo;
  await demo.open();
  await demo.openSample(sample);
  await page.getByRole("radio", { name: "Click" }).check();
  await expect(page.locator("#everything-button")).toBeEnabled({ timeout: 60_000 });
  if (model !== usualModel)
    await page.getByRole("combobox", { name: "Built-in model" }).selectOption(model);
  await expect(page.locator("#model-name")).toHaveText(model, { timeout: 60_000 });
  await expect(page.locator("#everything-button")).toBeEnabled({ timeout: 60_000 });
  await demo.idle();
}

test("DemoClick_Click_MasksTheObject", async ({ demo, page }) => {
  await openClick(demo);
  await expect(page.locator("#objects-empty")).toHaveText("Click an object to cut it out.");
  await clickAt(demo, cup);
  expect(iouWith(await shownMask(demo), "cup")).toBeGreaterThan(0.75);
  await expect(page.locator("#announcer")).toHaveText(
    /^[\d.]+% of the image, confidence \d+%, 3 candidates$/,
  );
  await expect(page.locator(".click-point")).toHaveAttribute("data-label", "foreground");
  // In the colors of the first candidate.
  await expect(demo.rows).toHaveCount(3);
  await expect(page.locator('.object[aria-selected="true"]')).toHaveAttribute("id", "object-0");
});

test("DemoClick_ClicksBeforeTheModelIsReady_AreKept", async ({ demo, page }) => {
  await demo.open();
  await demo.openSample("Desk");
  let release = (): void => undefined;
  const clicked = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(/masklet-click-encoder.*\.onnx/, async (route) => {
    await clicked;
    await route.continue();
  });
  await page.getByRole("radio", { name: "Click" }).check();
  await expect(page.locator("#clicks")).toBeVisible();
  await page.mouse.click(...(await inWindow(demo, laptop)));
  await page.mouse.click(...(await inWindow(demo, cup)));
  await expect(page.locator(".click-point")).toHaveCount(2);
  await page.locator(".click-point").first().click();
  await expect(page.locator(".click-point")).toHaveCount(1);
  await expect(demo.rows).toHaveCount(0);
  release();
  await expect(demo.rows).toHaveCount(3, { timeout: 60_000 });
  await expect(page.locator(".click-point")).toHaveCount(1);
  expect(iouWith(await shownMask(demo), "cup")).toBeGreaterThan(0.75);
});

test("DemoClick_Candidates_AreSwitched", async ({ demo, page }) => {
  await openClick(demo, "Desk", plainModel);
  await clickAt(demo, laptop);
  const first = area(await shownMask(demo));
  await demo.rows.nth(1).click();
  await expect(page.locator('.object[aria-selected="true"]')).toHaveAttribute("id", "object-1");
  expect(area(await shownMask(demo))).not.toBe(first);
  await page.locator("#object-list").focus();
  await page.keyboard.press("ArrowDown");
  await expect(page.locator('.object[aria-selected="true"]')).toHaveAttribute("id", "object-2");
});

test("DemoClick_ShiftClick_SubtractsAndUndoRestores", async ({ demo, page }) => {
  await openClick(demo, "Desk", plainModel);
  await clickAt(demo, laptop);
  const whole = await shownMask(demo);
  await clickAt(demo, laptopScreen, "Shift");
  await expect(page.locator(".click-point").nth(1)).toHaveAttribute("data-label", "background");
  const rest = await shownMask(demo);
  expect(area(rest)).toBeLessThan(area(whole) * 0.9);
  expect(area(rest)).toBeGreaterThan(0);
  expect(rest.every((value, k) => value <= whole[k]!)).toBe(true);

  await page.keyboard.press("Control+z");
  await expect(page.locator(".click-point")).toHaveCount(1);
  expect(area(await shownMask(demo))).toBe(area(whole));
  await page.keyboard.press("Control+Shift+z");
  await expect(page.locator(".click-point")).toHaveCount(2);
  expect(area(await shownMask(demo))).toBe(area(rest));

  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.locator(".click-point")).toHaveCount(0);
  await expect(page.locator("#download-coco")).toBeDisabled();
  await page.getByRole("button", { name: "Redo" }).click();
  await expect(page.locator(".click-point")).toHaveCount(1);
  await page.getByRole("button", { name: "Reset" }).click();
  await expect(page.locator(".click-point")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Undo" })).toBeDisabled();
});

test("DemoClick_SubtractTool_AndRemovingAPoint", async ({ demo, page }) => {
  await openClick(demo, "Desk", plainModel);
  await clickAt(demo, laptop);
  const whole = area(await shownMask(demo));
  await page.getByRole("radio", { name: "Subtract" }).check();
  await clickAt(demo, laptopScreen);
  expect(area(await shownMask(demo))).toBeLessThan(whole);
  await page.getByRole("button", { name: /^Remove background point 2/ }).click();
  await expect(page.locator(".click-point")).toHaveCount(1);
  await demo.idle();
  expect(area(await shownMask(demo))).toBe(whole);
});

test("DemoClick_Drag_DrawsABox", async ({ demo, page }) => {
  await openClick(demo);
  await page.mouse.move(...(await inWindow(demo, { x: 325, y: 628 })));
  await page.mouse.down();
  await page.mouse.move(...(await inWindow(demo, { x: 500, y: 690 })), { steps: 4 });
  await expect(page.locator(".click-box")).toHaveAttribute("data-drawing", "true");
  await page.mouse.move(...(await inWindow(demo, { x: 705, y: 720 })), { steps: 4 });
  await page.mouse.up();
  await expect(page.locator("#download-coco")).toBeEnabled();
  await demo.idle();
  expect(iouWith(await shownMask(demo), "keyboard")).toBeGreaterThan(0.85);
  const drawn = await page
    .locator(".click-box")
    .evaluate((box) => ["x", "y", "width", "height"].map((name) => Number(box.getAttribute(name))));
  for (const [k, side] of [325, 628, 380, 92].entries())
    expect(Math.abs(drawn[k]! - side)).toBeLessThan(4);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.locator("#download-coco")).toBeDisabled();
});

test("DemoClick_Hover_PreviewsAndLeaves", async ({ demo, page }) => {
  await openClick(demo);
  const layer = page.locator("#clicks");
  await page.mouse.move(...(await inWindow(demo, laptop)));
  await expect(layer).toHaveAttribute("data-preview", "true");
  // A preview must not select anything.
  await expect(page.locator("#download-coco")).toBeDisabled();
  await page.mouse.move(2, 2);
  await expect(layer).toHaveAttribute("data-preview", "false");
});

test("DemoClick_Keyboard_AimsAndClicks", async ({ demo, page }) => {
  await openClick(demo);
  await page.locator("#clicks").focus();
  for (const key of ["ArrowRight", "ArrowRight", "ArrowDown"]) await page.keyboard.press(key);
  await expect(page.locator(".click-aim")).toBeVisible();
  await page.keyboard.press("Enter");
  const point = page.locator(".click-point");
  await expect(point).toHaveAttribute("aria-label", "Remove foreground point 1 at 704, 459");
  await expect(page.locator("#download-coco")).toBeEnabled();
  await point.focus();
  await page.keyboard.press("Delete");
  await expect(point).toHaveCount(0);
  await expect(page.locator("#download-coco")).toBeDisabled();
});

test("DemoClick_Everything_ListsRegionsAndCanBeCancelled", async ({ demo, page }) => {
  test.setTimeout(240_000);
  await openClick(demo, "Kitchen");
  const everything = page.locator("#everything-button");
  await everything.click();
  await expect(everything).toHaveText(/Cancel \(\d+%\)/);
  await everything.click();
  await expect(everything).toHaveText(/Segment everything/);
  await expect(demo.error).toBeHidden();
  await everything.click();
  await expect(everything).toHaveText(/Segment everything/, { timeout: 200_000 });
  expect(await demo.shownCount()).toBeGreaterThan(2);
  expect(await shownMasks(demo)).toHaveLength(await demo.shownCount());
  await expect(page.locator("#announcer")).toHaveText(/regions found$/);
});

test("DemoClick_DroppedPair_IsUsedInEitherOrderAndABrokenOneKeepsTheOld", async ({
  demo,
  page,
}) => {
  await demo.open();
  await demo.openSample("Desk");
  const drop = (files: { name: string; bytes: number[] }[]) =>
    page.evaluate((files) => {
      const transfer = new DataTransfer();
      for (const { name, bytes } of files)
        transfer.items.add(new File([new Uint8Array(bytes)], name));
      document.body.dispatchEvent(
        new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }),
      );
    }, files);
  const model = (path: string, name: string) => ({
    name,
    bytes: [...readFileSync(fromRoot(path))],
  });
  // Two files are a pair, so the page switches to Click. Their names do not help, and their order
  // is wrong.
  const encoder = model("tests/data/prompt_models/sam_encoder.onnx", "first.onnx");
  const decoder = model("tests/data/prompt_models/sam_decoder.onnx", "second.onnx");
  await drop([decoder, encoder]);
  await expect(page.locator("#model-name")).toHaveText(
    /(first|second)\.onnx \+ (first|second)\.onnx/,
    { timeout: 60_000 },
  );
  await expect(page.getByRole("radio", { name: "Click" })).toBeChecked();
  await expect(page.locator("#everything-button")).toBeEnabled({ timeout: 60_000 });
  await clickAt(demo, laptop);
  await expect(page.locator("#download-coco")).toBeEnabled();
  const name = await page.locator("#model-name").textContent();

  await drop([{ name: "archive.onnx", bytes: [80, 75, 3, 4] }]);
  await expect(demo.error).toContainText("Could not load archive.onnx");
  await expect(page.locator("#model-name")).toHaveText(name!);
  await page.getByRole("button", { name: "Use the built-in model" }).click();
  await expect(page.locator("#model-name")).toHaveText(usualModel, { timeout: 60_000 });
  await expect(demo.error).toBeHidden();
});

test("DemoClick_ModesAndImages_FollowEachOther", async ({ demo, page }) => {
  await openClick(demo);
  await clickAt(demo, laptop);
  await page.getByRole("radio", { name: "Objects" }).check();
  await expect(page.locator("#clicks")).toBeHidden();
  await expect(demo.overlay).toHaveAttribute("aria-label", /laptop/, { timeout: 60_000 });
  await expect(page.locator("#model-name")).toHaveText("masklet-n");
  await page.getByRole("radio", { name: "Click" }).check();
  await expect(page.locator("#everything-button")).toBeEnabled({ timeout: 60_000 });
  await expect(page.locator(".click-point")).toHaveCount(0);
  await expect(page.locator("#model-name")).toHaveText(usualModel);
  // Another image accepts clicks at once.
  await page.getByRole("button", { name: "Sample image: Beach" }).click();
  await expect(page.locator("#clicks")).toHaveAttribute("aria-label", "Clickable image: Beach");
  await expect(page.locator("#everything-button")).toBeEnabled({ timeout: 60_000 });
  await page.locator("#clicks").click({ position: { x: 40, y: 40 } });
  await expect(page.locator("#download-coco")).toBeEnabled();
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });

  test("DemoClick_Touch_AddsSubtractsAndDrawsABox", async ({ demo, page }) => {
    await openClick(demo, "Desk", plainModel);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      390,
    );
    await page.locator("#clicks").scrollIntoViewIfNeeded();
    await page.touchscreen.tap(...(await inWindow(demo, laptop)));
    await expect(page.locator(".click-point")).toHaveCount(1);
    await demo.idle();
    const whole = area(await shownMask(demo));
    await page.locator("#tool-segments label", { hasText: "Subtract" }).tap();
    await page.locator("#clicks").scrollIntoViewIfNeeded();
    await page.touchscreen.tap(...(await inWindow(demo, laptopCorner)));
    await expect(page.locator(".click-point")).toHaveCount(2);
    await demo.idle();
    expect(area(await shownMask(demo))).toBeLessThan(whole);
    await expect(page.locator("#clicks")).toHaveCSS("touch-action", "manipulation");
    await page.locator("#tool-segments label", { hasText: "Box" }).tap();
    await expect(page.locator("#clicks")).toHaveCSS("touch-action", "none");
  });
});
