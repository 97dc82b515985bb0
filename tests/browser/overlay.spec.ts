import { expect, type Page } from "@playwright/test";
import { test } from "./engines/test.js";
import { pagesUrl } from "./servers.js";

const first = [67, 155, 247];
const second = [249, 189, 1];
const gray = [128, 128, 128];
const fill = 0.4;
const filled = (color: number[]) => color.map((v) => 128 * (1 - fill) + v * fill);

function expectColor(actual: number[], wanted: number[], tolerance = 3): void {
  for (let k = 0; k < 3; k += 1) {
    expect(
      Math.abs(actual[k]! - wanted[k]!),
      `got ${actual}, expected ${wanted}`,
    ).toBeLessThanOrEqual(tolerance);
  }
}

let page: Page;

test.beforeAll(async ({ newPage }) => {
  page = await newPage();
  await page.goto(`${pagesUrl}overlay.html`);
  await page.evaluate(() => window.bench);
});

// Undefined if the browser is not installed.
test.afterAll(() => page?.close());

for (const renderer of ["webgl2", "canvas2d"] as const) {
  test(`Overlay_TwoOverlappingMasks_BetterScoreOnTop (${renderer})`, async () => {
    const [onlyFirst, both, onlySecond, none] = await page.evaluate(async (renderer) => {
      const { draw } = await window.bench;
      const drawn = draw(
        renderer,
        [60, 40],
        [(x) => x < 30, (x, y) => x > 20 && x < 50 && y > 5],
        2,
      );
      return [10, 25, 40, 55].map((x) =>
        drawn.pixels.slice((40 * 120 + x * 2) * 4, (40 * 120 + x * 2) * 4 + 4),
      );
    }, renderer);
    expectColor(onlyFirst!, filled(first));
    expectColor(both!, filled(first));
    expectColor(onlySecond!, filled(second));
    expectColor(none!, gray);
  });

  test(`Overlay_SmallestOnTop_ShowsInstancesInsideABetterOne (${renderer})`, async () => {
    const [within, around] = await page.evaluate(async (renderer) => {
      const { draw } = await window.bench;
      const shapes = [(x: number) => x < 50, (x: number) => x > 15 && x < 35];
      const { pixels } = draw(renderer, [60, 40], shapes, 2, { onTop: "smallest" });
      return [25, 6].map((x) => pixels.slice((40 * 120 + x * 2) * 4, (40 * 120 + x * 2) * 4 + 4));
    }, renderer);
    expectColor(within!, filled(second));
    expectColor(around!, filled(first));
  });

  test(`Overlay_EnlargedDisc_EdgeIsACircleNotAStaircase (${renderer})`, async () => {
    // The radius, in source pixels, at which the fill has half its strength, along several rays.
    const radii = await page.evaluate(async (renderer) => {
      const { draw } = await window.bench;
      const scale = 8;
      const center = 24.3;
      const disc = (x: number, y: number) => Math.hypot(x - center, y - center) < 15;
      const { width, pixels } = draw(renderer, [48, 48], [disc], scale, {
        outlineWidthPx: 0,
        fillOpacity: 1,
      });
      const redness = (x: number, y: number) =>
        pixels[(Math.floor(y) * width + Math.floor(x)) * 4]!;
      return Array.from({ length: 360 }, (_, degree) => {
        const dx = Math.cos((degree * Math.PI) / 180);
        const dy = Math.sin((degree * Math.PI) / 180);
        let r = 10;
        // Red is 67 inside the fill and 128 outside.
        while (redness((center + dx * r) * scale, (center + dy * r) * scale) < 97) r += 0.02;
        return r;
      });
    }, renderer);
    const mean = radii.reduce((sum, r) => sum + r, 0) / radii.length;
    const spread = Math.sqrt(radii.reduce((sum, r) => sum + (r - mean) ** 2, 0) / radii.length);
    const steps = radii.map((r, k) => Math.abs(r - radii[(k + 1) % radii.length]!));
    expect(Math.abs(mean - 15)).toBeLessThan(0.3);
    // Plain texels would give a spread of 0.36 and steps of up to 0.7.
    expect(spread).toBeLessThan(renderer === "webgl2" ? 0.2 : 0.27);
    expect(Math.max(...steps)).toBeLessThan(0.3);
  });

  for (const scale of [0.25, 1, 5]) {
    test(`Overlay_ScaledBy${scale}_OutlineKeepsItsWidth (${renderer})`, async () => {
      const widthPx = await page.evaluate(
        async ({ renderer, scale }) => {
          const { draw } = await window.bench;
          const side = 240;
          // Without fill, only the line is blue: half-plane x < 120.
          const options = { outlineWidthPx: 3, fillOpacity: 0 };
          const { width, height, pixels } = draw(
            renderer,
            [side, side],
            [(x) => x < side / 2],
            scale,
            options,
          );
          const row = Math.floor(height / 2) * width * 4;
          let covered = 0;
          for (let x = 4; x < width; x += 1)
            covered += Math.max(0, (pixels[row + x * 4 + 2]! - 128) / (247 - 128));
          return covered;
        },
        { renderer, scale },
      );
      expect(widthPx).toBeGreaterThan(2.4);
      expect(widthPx).toBeLessThan(3.6);
    });
  }

  test(`Overlay_Highlight_DimsTheOthersAndThickensTheOutline (${renderer})`, async () => {
    const [normal, picked] = await page.evaluate(async (renderer) => {
      const { draw } = await window.bench;
      const shapes = [(x: number) => x < 30, (x: number) => x > 70];
      const look = (highlight: number) => {
        const { pixels } = draw(renderer, [100, 20], shapes, 2, { highlight, outlineWidthPx: 4 });
        const at = (x: number) => pixels.slice((20 * 200 + x * 2) * 4, (20 * 200 + x * 2) * 4 + 3);
        // The outline of the first one at x = 30 has its full color on any background.
        let line = 0;
        for (let x = 40; x < 90; x += 1) line += pixels[(20 * 200 + x) * 4 + 2]! > 225 ? 1 : 0;
        return { first: at(15), none: at(50), second: at(85), line };
      };
      return [look(-1), look(0)];
    }, renderer);
    const brightness = (rgb: number[]) => (rgb[0]! + rgb[1]! + rgb[2]!) / 3;
    expectColor(normal!.none, gray);
    expect(brightness(picked!.none)).toBeLessThan(100);
    expect(brightness(picked!.second)).toBeLessThan(brightness(normal!.second) - 20);
    expect(brightness(picked!.first)).toBeGreaterThan(125);
    expect(picked!.line).toBeGreaterThan(normal!.line);
  });

  test(`Overlay_HighlightOnAColoredImage_OthersLoseColorAndLight (${renderer})`, async () => {
    const dimmed = await page.evaluate(async (renderer) => {
      const { canvasOf, maskOf, pixelsOf, Overlay } = await window.bench;
      const image = new OffscreenCanvas(20, 20);
      const context = image.getContext("2d")!;
      context.fillStyle = "rgb(200 120 40)";
      context.fillRect(0, 0, 20, 10);
      const canvas = canvasOf(20, 20);
      const overlay = new Overlay(canvas, { renderer, highlight: 0, dimOthers: 0.5 });
      overlay.setScene(image, [{ mask: maskOf(20, 20, (x) => x < 4) }]);
      overlay.draw();
      const { pixels } = pixelsOf(canvas);
      overlay.dispose();
      return [4, 16].map((y) => pixels.slice((y * 20 + 15) * 4, (y * 20 + 15) * 4 + 4));
    }, renderer);
    // 0.35 of the way to its luminance, about 133, then a layer of black of 0.375. Outside the
    // image, only that layer is drawn.
    expectColor(
      dimmed[0]!,
      [200, 120, 40].map((v) => (v * 0.65 + 133 * 0.35) * 0.625),
      4,
    );
    expect(dimmed[0]![3]).toBe(255);
    expectColor(dimmed[1]!, [0, 0, 0]);
    expect(Math.abs(dimmed[1]![3]! - 255 * 0.375)).toBeLessThan(2);
  });

  test(`Overlay_Pick_GivesTheInstanceOnTop (${renderer})`, async () => {
    const picks = await page.evaluate(async (renderer) => {
      const { canvasOf, maskOf, grayImage, Overlay } = await window.bench;
      const overlay = new Overlay(canvasOf(10, 10), { renderer });
      const masks = [maskOf(40, 30, (x) => x < 10), maskOf(40, 30, (x) => x < 20)];
      overlay.setScene(
        grayImage(40, 30),
        masks.map((mask) => ({ mask })),
      );
      const found = [
        overlay.pick(5, 5),
        overlay.pick(15, 5),
        overlay.pick(25, 5),
        overlay.pick(22, 5, 4),
        overlay.pick(-3, 99),
      ];
      overlay.dispose();
      return found;
    }, renderer);
    expect(picks).toEqual([0, 1, -1, 1, -1]);
  });

  test(`Overlay_300Instances_EachInItsColor (${renderer})`, async () => {
    const wrong = await page.evaluate(async (renderer) => {
      const { canvasOf, maskOf, grayImage, pixelsOf, Overlay } = await window.bench;
      const canvas = canvasOf(300 * 4, 40);
      const color = (index: number) =>
        [index % 256, 200 - (index % 200), index % 7 === 0 ? 255 : 0] as const;
      const overlay = new Overlay(canvas, { renderer, color, fillOpacity: 1, outlineWidthPx: 0 });
      const instances = Array.from({ length: 300 }, (_, k) => {
        return { mask: maskOf(1200, 4, (x) => x > k * 4 && x < k * 4 + 4) };
      });
      overlay.setScene(grayImage(1200, 4), instances);
      canvas.height = 40;
      overlay.draw();
      const { pixels } = pixelsOf(canvas);
      overlay.dispose();
      return instances.filter((_, k) => {
        const at = (20 * 1200 + k * 4 + 2) * 4;
        return color(k).some((v, channel) => Math.abs(v - pixels[at + channel]!) > 3);
      }).length;
    }, renderer);
    expect(wrong).toBe(0);
  });

  test(`Overlay_NoInstances_IsTheImageItself (${renderer})`, async () => {
    const worst = await page.evaluate(async (renderer) => {
      const { draw } = await window.bench;
      const { pixels } = draw(renderer, [17, 1], [], 3);
      return Math.max(...pixels.map((v, k) => (k % 4 === 3 ? 255 - v : Math.abs(v - 128))));
    }, renderer);
    expect(worst).toBeLessThanOrEqual(1);
  });
}

test("Overlay_Webgl2AndCanvas2d_AgreeAwayFromTheEdges", async () => {
  const { compared, worst } = await page.evaluate(async () => {
    const { draw } = await window.bench;
    const size: [number, number] = [160, 120];
    const shapes = [
      (x: number, y: number) => Math.hypot(x - 50, y - 60) < 30,
      (x: number, y: number) => x > 60 && x < 150 && y > 20 && y < 70,
      (x: number, y: number) =>
        Math.hypot(x - 110, y - 90) < 25 && Math.hypot(x - 110, y - 90) > 12,
    ];
    const drawings = (["webgl2", "canvas2d"] as const).map((renderer) =>
      draw(renderer, size, shapes, 3, { highlight: 1 }),
    );
    const owner = (x: number, y: number) => shapes.findIndex((inside) => inside(x, y));
    let compared = 0;
    let worst = 0;
    for (let y = 5; y < 115; y += 3) {
      for (let x = 5; x < 155; x += 3) {
        const around = [-3, 0, 3].flatMap((dy) => [-3, 0, 3].map((dx) => owner(x + dx, y + dy)));
        if (new Set(around).size > 1) continue;
        compared += 1;
        const at = (y * 3 * 480 + x * 3) * 4;
        for (let c = 0; c < 3; c += 1)
          worst = Math.max(
            worst,
            Math.abs(drawings[0]!.pixels[at + c]! - drawings[1]!.pixels[at + c]!),
          );
      }
    }
    return { compared, worst };
  });
  expect(compared).toBeGreaterThan(500);
  expect(worst).toBeLessThanOrEqual(6);
});

test("Overlay_AutoOnASoftwareGpu_TakesCanvas2d", async ({ engine }) => {
  test.skip(engine === "webkit", "WebKit does not tell what renders");
  const [auto, asked] = await page.evaluate(async () => {
    const { canvasOf, Overlay } = await window.bench;
    return (["auto", "webgl2"] as const).map((renderer) => {
      const overlay = new Overlay(canvasOf(4, 4), { renderer });
      overlay.dispose();
      return overlay.rendererName;
    });
  });
  expect([auto, asked]).toEqual(["canvas2d", "webgl2"]);
});

test("Overlay_Dispose_FreesEveryGlObject", async () => {
  const counts = await page.evaluate(async () => {
    const { canvasOf, maskOf, grayImage, Overlay } = await window.bench;
    const made = new Map<string, number>();
    const prototype = WebGL2RenderingContext.prototype as unknown as Record<
      string,
      (...values: unknown[]) => unknown
    >;
    const originals = new Map<string, (...values: unknown[]) => unknown>();
    for (const kind of ["Texture", "Program", "Shader", "VertexArray", "Buffer", "Framebuffer"]) {
      for (const [verb, step] of [
        ["create", 1],
        ["delete", -1],
      ] as const) {
        const name = `${verb}${kind}`;
        const original = prototype[name]!;
        originals.set(name, original);
        prototype[name] = function (this: unknown, ...values: unknown[]) {
          made.set(kind, (made.get(kind) ?? 0) + step);
          return original.apply(this, values);
        };
      }
    }
    const overlay = new Overlay(canvasOf(30, 30), { renderer: "webgl2" });
    for (let k = 0; k < 20; k += 1) {
      overlay.setScene(grayImage(30 + k, 30), [{ mask: maskOf(30 + k, 30, (x) => x < 10) }]);
      overlay.draw();
    }
    const alive = Object.fromEntries(made);
    overlay.dispose();
    overlay.dispose();
    overlay.draw();
    const left = Object.fromEntries(made);
    for (const [name, original] of originals) prototype[name] = original;
    return { alive, left };
  });
  expect(counts.alive).toEqual({ Texture: 3, Program: 1, Shader: 0, VertexArray: 1 });
  expect(counts.left).toEqual({ Texture: 0, Program: 0, Shader: 0, VertexArray: 0 });
});

test("Overlay_ContextLostAndRestored_DrawsAgain", async ({ engine }) => {
  const [before, lost, after] = await page.evaluate(async () => {
    const { canvasOf, maskOf, grayImage, pixelsOf, Overlay } = await window.bench;
    const canvas = canvasOf(40, 40);
    const overlay = new Overlay(canvas, { renderer: "webgl2" });
    overlay.setScene(grayImage(40, 40), [{ mask: maskOf(40, 40, (x) => x < 20) }]);
    overlay.draw();
    const look = () => pixelsOf(canvas).pixels.slice((20 * 40 + 8) * 4, (20 * 40 + 8) * 4 + 4);
    const extension = (canvas.getContext("webgl2") as WebGL2RenderingContext).getExtension(
      "WEBGL_lose_context",
    )!;
    const heard = (name: string) =>
      new Promise((resolve) => canvas.addEventListener(name, resolve, { once: true }));
    const seen = [look()];
    const isLost = heard("webglcontextlost");
    extension.loseContext();
    await isLost;
    overlay.draw();
    seen.push(look());
    const isRestored = heard("webglcontextrestored");
    // The browser restores the context only after the handlers of the loss have run.
    await new Promise((resolve) => setTimeout(resolve, 50));
    extension.restoreContext();
    await isRestored;
    seen.push(look());
    overlay.dispose();
    return seen;
  });
  expectColor(before!, filled(first));
  // WebKit continues to show the last drawing.
  if (engine !== "webkit") expect(lost![3]).toBe(0);
  expectColor(after!, filled(first));
});

test("Overlay_BadInput_ThrowsTypedErrorsAndTheNextCallWorks", async () => {
  const results = await page.evaluate(async () => {
    const { canvasOf, maskOf, grayImage, Overlay } = await window.bench;
    const overlay = new Overlay(canvasOf(20, 20), { renderer: "webgl2" });
    const codeOf = (work: () => void) => {
      try {
        work();
        return "none";
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    const taken = canvasOf(5, 5);
    taken.getContext("2d");
    const codes = [
      codeOf(() => overlay.setStyle({ fillOpacity: 1.5 })),
      codeOf(() => overlay.setStyle({ fillOpacity: Number.NaN })),
      codeOf(() => overlay.setStyle({ outlineWidthPx: -1 })),
      codeOf(() => overlay.setStyle({ highlight: 0.5 })),
      codeOf(() => overlay.setScene(grayImage(10, 10), [{ mask: maskOf(11, 10, () => true) }])),
      codeOf(() => overlay.setImage(document.createElement("video"))),
      codeOf(() => new Overlay(taken, { renderer: "webgl2" })),
      codeOf(() => overlay.setScene(grayImage(10, 10), [{ mask: maskOf(10, 10, () => true) }])),
    ];
    overlay.draw();
    const picked = overlay.pick(5, 5);
    overlay.dispose();
    return { codes, picked };
  });
  expect(results.codes).toEqual([
    "badOption",
    "badOption",
    "badOption",
    "badOption",
    "badSize",
    "badSource",
    "unsupported",
    "none",
  ]);
  expect(results.picked).toBe(0);
});
