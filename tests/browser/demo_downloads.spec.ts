import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decode } from "fast-png";
import { type DemoPage, expect, test } from "./demo_page.js";

async function downloaded(
  { page }: DemoPage,
  buttonId: string,
): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.locator(`#${buttonId}`).click(),
  ]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

const truth = JSON.parse(
  readFileSync(fileURLToPath(new URL("../data/scenes/instances.json", import.meta.url)), "utf8"),
) as {
  images: { file_name: string; width: number; height: number }[];
};
const { width, height } = truth.images.find(({ file_name }) => file_name === "scene_desk.jpg")!;

test("DemoDownloads_Overlay_IsAPngOfTheWholeImage", async ({ demo }) => {
  await demo.open();
  await expect(demo.page.locator("#download-png")).toBeDisabled();
  await demo.openSample("Desk");
  const { name, bytes } = await downloaded(demo, "download-png");
  expect(name).toBe("Desk-overlay.png");
  const png = decode(bytes);
  expect([png.width, png.height]).toEqual([width, height]);
  // The image contains the best instance's outline in its color.
  let blue = 0;
  for (let k = 0; k < width * height; k += 1) {
    const [r, g, b] = png.data.subarray(k * png.channels, k * png.channels + 3) as unknown as [
      number,
      number,
      number,
    ];
    if (Math.abs(r - 67) + Math.abs(g - 155) + Math.abs(b - 247) < 24) blue += 1;
  }
  expect(blue).toBeGreaterThan(200);
});

test("DemoDownloads_CutOut_OfOneIsItsBoxAndOfAllIsTheImage", async ({ demo }) => {
  await demo.open();
  await demo.openSample("Desk");
  const shares = (data: ArrayLike<number>) => {
    let clear = 0;
    let solid = 0;
    for (let k = 3; k < data.length; k += 4) {
      if (data[k] === 0) clear += 1;
      if (data[k] === 255) solid += 1;
    }
    return { clear: clear / (data.length / 4), solid: solid / (data.length / 4) };
  };

  const all = await downloaded(demo, "download-cutout");
  expect(all.name).toBe("Desk-cutouts.png");
  const allPng = decode(all.bytes);
  expect([allPng.width, allPng.height, allPng.channels]).toEqual([width, height, 4]);
  expect(shares(allPng.data).clear).toBeGreaterThan(0.2);
  expect(shares(allPng.data).solid).toBeGreaterThan(0.05);

  // An object that fills its box, wherever the model lists it.
  await demo.rows
    .filter({ hasText: /laptop/i })
    .first()
    .click();
  const one = await downloaded(demo, "download-cutout");
  expect(one.name).toBe("Desk-laptop.png");
  const onePng = decode(one.bytes);
  expect(onePng.width).toBeLessThan(width);
  expect(onePng.height).toBeLessThan(height);
  expect(onePng.channels).toBe(4);
  expect(shares(onePng.data).solid).toBeGreaterThan(0.3);
});

test("DemoDownloads_Coco_ContainsTheListedInstances", async ({ demo }) => {
  await demo.open();
  await demo.openSample("Desk");
  const count = await demo.shownCount();
  const { name, bytes } = await downloaded(demo, "download-coco");
  expect(name).toBe("Desk-coco.json");
  const coco = JSON.parse(bytes.toString("utf8")) as {
    images: { width: number; height: number }[];
    annotations: {
      category_id: number;
      area: number;
      bbox: number[];
      segmentation: { size: number[]; counts: string };
    }[];
    categories: { id: number; name: string }[];
  };
  expect(coco.images).toMatchObject([{ width, height }]);
  expect(coco.annotations).toHaveLength(count);
  for (const { area, bbox, segmentation, category_id } of coco.annotations) {
    expect(segmentation.size).toEqual([height, width]);
    expect(segmentation.counts.length).toBeGreaterThan(2);
    expect(area).toBeGreaterThan(0);
    expect(bbox).toHaveLength(4);
    expect(coco.categories.some(({ id }) => id === category_id)).toBe(true);
  }
  const listed = await demo.page.locator(".object:visible .object-name").allTextContents();
  const stored = coco.annotations.map(
    ({ category_id }) => coco.categories.find(({ id }) => id === category_id)!.name,
  );
  expect(stored.map((label) => label.charAt(0).toUpperCase() + label.slice(1))).toEqual(listed);
});
