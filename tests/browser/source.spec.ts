import { readdirSync, readFileSync } from "node:fs";
import { expect } from "@playwright/test";
import { test } from "./engines/test.js";
import { open } from "./tiny_models.js";

const golden = new URL("../golden/image/", import.meta.url);
const files = readdirSync(golden).filter((name) => /\.(jpg|png|bmp)$/.test(name));

/** Width, height and RGBA, in the format of make_image_goldens.py. */
function readGolden(name: string): { width: number; height: number; pixels: Uint8Array } {
  const bytes = readFileSync(new URL(`${name}.rgba`, golden));
  return { width: bytes.readUInt32LE(0), height: bytes.readUInt32LE(4), pixels: bytes.subarray(8) };
}

test("DecodeImage_InTheBrowser_AgreesWithTheGoldens", async ({ page, engine }) => {
  await open(page);
  // WebKit ignores the orientation of a PNG.
  const known = files.filter((name) => engine !== "webkit" || !/^orientation.*\.png$/.test(name));
  const inputs = known.map((name) => [name, [...readFileSync(new URL(name, golden))]] as const);
  const decoded = await page.evaluate(async (inputs) => {
    const images: [string, number, number, number[]][] = [];
    for (const [name, bytes] of inputs) {
      const { width, height, data } = await window.masklet.decodeImage(new Uint8Array(bytes));
      images.push([name, width, height, [...data]]);
    }
    return images;
  }, inputs);
  expect(decoded.length).toBeGreaterThan(20);
  for (const [name, width, height, data] of decoded) {
    const expected = readGolden(name);
    // EXIF orientations 5 to 8 swap the sides.
    expect([width, height], name).toEqual([expected.width, expected.height]);
    const rounding = engine === "firefox" && /16\.png$/.test(name) ? 1 : 0;
    let worst = 0;
    for (let i = 0; i < data.length; i += 4) {
      const alpha = expected.pixels[i + 3]!;
      // Firefox takes the upper 8 of 16 bits; the others round.
      expect(Math.abs(data[i + 3]! - alpha), name).toBeLessThanOrEqual(rounding);
      // A canvas stores color times alpha, so a nearly transparent pixel keeps little of its color.
      if (alpha < 255) continue;
      for (let c = 0; c < 3; ++c)
        worst = Math.max(worst, Math.abs(data[i + c]! - expected.pixels[i + c]!));
    }
    // PNG and BMP are exact. JPEG decoders differ in rounding and in chroma upsampling, but a wrong
    // orientation would exceed the limit.
    expect(worst, name).toBeLessThanOrEqual(name.endsWith(".jpg") ? 24 : rounding);
  }
});

for (const worker of [true, false]) {
  test(`ImageFromAnotherOrigin_${worker ? "InAWorker" : "OnTheCallersThread"}_IsTyped`, async ({
    page,
    engine,
  }) => {
    test.skip(engine !== "chromium", "answers can be made up in Chromium only");
    const png = readFileSync(new URL("../data/tiny_models/squares.png", import.meta.url));
    // Without the policy, which would block the image.
    await page.route("**/segmenter.html", async (route) => {
      const response = await route.fetch();
      const { "content-security-policy": _, ...headers } = response.headers();
      await route.fulfill({ response, headers });
    });
    await page.route("http://elsewhere.test/*", (route) =>
      route.fulfill({ body: png, contentType: "image/png" }),
    );
    await open(page, false);
    const failures = await page.evaluate(async (worker) => {
      const { masklet, kit } = window;
      const image = new Image();
      image.src = "http://elsewhere.test/squares.png";
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.getContext("2d")!.drawImage(image, 0, 0);
      const segmenter = await masklet.Segmenter.create({
        model: "/data/tiny_models/dense.onnx",
        worker,
      });
      const failures = [];
      for (const source of [image, canvas])
        failures.push(await kit.failure(() => segmenter.segment(source)));
      await segmenter.dispose();
      return failures;
    }, worker);
    for (const failure of failures) {
      expect(failure).toMatchObject({
        code: "badSource",
        stage: "source",
        message: expect.stringMatching(/origin|taint/),
      });
    }
  });
}
