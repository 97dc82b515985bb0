import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve } from "../../scripts/serve.mjs";
import { call, chromiumPath, installPackage, rootDir, samplePhoto } from "./installed.js";

interface Found {
  label: string;
  score: number;
  box: { x1: number; y1: number; x2: number; y2: number };
  area: number;
}

let folder: string;
let remove: () => void;
beforeAll(() => {
  ({ folder, remove } = installPackage());
});
afterAll(() => remove?.());

describe("PlainEsm", () => {
  let report: {
    globalsAdded: number;
    exports: string[];
    width: number;
    height: number;
    device: string;
    first: Found[];
    second: Found[];
    refusal: { typed: boolean; code: string; stage: string; message: string } | null;
  };
  beforeAll(() => {
    // The script must end by itself: a worker or timer that is left behind would keep it until the
    // time limit.
    report = JSON.parse(call(process.execPath, ["use.mjs", samplePhoto()], folder));
  });

  it("PlainEsm_Import_LeavesGlobalsAlone", () => {
    expect(report.globalsAdded).toBe(0);
  });

  it("PlainEsm_GoodImage_FindsObjectsInside", () => {
    expect(report.device).toBe("wasm");
    expect(report.first.length).toBeGreaterThan(0);
    for (const { label, score, box, area } of report.first) {
      expect(label).toMatch(/[a-z]/);
      expect(score).toBeGreaterThan(0.25);
      expect(score).toBeLessThanOrEqual(1);
      expect(box.x1).toBeGreaterThanOrEqual(0);
      expect(box.y1).toBeGreaterThanOrEqual(0);
      expect(box.x2).toBeLessThanOrEqual(report.width);
      expect(box.y2).toBeLessThanOrEqual(report.height);
      expect(area).toBeGreaterThan(0);
      expect(area).toBeLessThanOrEqual(
        (Math.ceil(box.x2) - Math.floor(box.x1)) * (Math.ceil(box.y2) - Math.floor(box.y1)),
      );
    }
  });

  it("PlainEsm_BadImage_IsRefusedByNameAndNextCallWorks", () => {
    expect(report.refusal).toMatchObject({ typed: true, code: "badImageFile", stage: "source" });
    expect(report.refusal?.message).toContain("4");
    expect(report.second).toEqual(report.first);
  });

  it("PlainEsm_InternalModule_IsNotReachable", () => {
    const script =
      'import("masklet/dist/core/heap.js")' +
      '.then(() => console.log("reached"), (error) => console.log(error.code))';
    expect(call(process.execPath, ["-e", script], folder).trim()).toBe(
      "ERR_PACKAGE_PATH_NOT_EXPORTED",
    );
  });
});

describe("BuiltInModels", () => {
  interface Report {
    name: string;
    sha256: string;
    inputs: string[];
    /** Of each file: its digest and that of the same file by subpath. */
    files: { name: string; sha256: string; bySubpath: string }[];
  }
  let models: Report[];
  beforeAll(() => {
    models = JSON.parse(call(process.execPath, ["models.mjs"], folder));
  });

  it("BuiltInModels_ByName_AreMade_AndLieUnderTheirSubpaths", () => {
    expect(models.map(({ name }) => name)).toContain("masklet-n");
    for (const { name, inputs, files } of models) {
      expect(inputs.length, name).toBeGreaterThan(0);
      expect(files.length, name).toBeGreaterThan(0);
      for (const { sha256, bySubpath } of files) expect(bySubpath).toBe(sha256);
    }
  });

  it("BuiltInModels_AndAllElse_StayBelowEightMebibytes", () => {
    const root = join(folder, "node_modules", "masklet");
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const bytes = files.reduce(
      (sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size,
      0,
    );
    console.info(
      `the package has ${bytes.toLocaleString("en-US")} bytes unpacked, ${models.length} models`,
    );
    expect(bytes).toBeGreaterThan(1_000_000);
    expect(bytes).toBeLessThan(8 * 2 ** 20);
  });
});

describe("CommandLine", () => {
  it("CommandLine_Segment_PrintsInstances", () => {
    const output = call(
      process.execPath,
      [
        "node_modules/.bin/masklet",
        "segment",
        samplePhoto(),
        "--format",
        "json",
        "--device",
        "wasm",
      ],
      folder,
    );
    expect(JSON.stringify(JSON.parse(output))).toContain('"label"');
  });
});

describe("ViteBuild", () => {
  it("ViteBuild_LoadedUnderStrictPolicy_SegmentsInItsWorker", async () => {
    const config =
      "export default { build: { " +
      'target: "es2022", assetsInlineLimit: 0, rolldownOptions: { input: "page.html" } ' +
      '}, worker: { format: "es" } };\n';
    writeFileSync(join(folder, "vite.config.mjs"), config);
    call(
      process.execPath,
      [join(rootDir, "node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn"],
      folder,
    );
    mkdirSync(join(folder, "dist", "data"));
    cpSync(samplePhoto(), join(folder, "dist", "data", "photo.jpg"));
    const { server, url } = await serve(join(folder, "dist"), { port: 4300 });
    const browser = await chromium.launch({
      executablePath: chromiumPath(),
      args: ["--no-sandbox"],
    });
    try {
      const page = await browser.newPage();
      const violations: string[] = [];
      page.on("console", (message) => {
        if (message.text().includes("Content Security Policy")) violations.push(message.text());
      });
      await page.goto(`${url}page.html`);
      await page.waitForFunction(() => document.title !== "loading", null, { timeout: 120_000 });
      const text = (await page.locator("body").textContent()) ?? "";
      expect(await page.title(), text).toBe("ready");
      const { device, instances, isSame } = JSON.parse(text) as {
        device: string;
        instances: { area: number }[];
        isSame: boolean;
      };
      expect(device).toBe("wasm");
      expect(isSame).toBe(true);
      expect(instances.length).toBeGreaterThan(0);
      expect(instances.every(({ area }) => area > 0)).toBe(true);
      expect(violations).toEqual([]);
    } finally {
      await browser.close();
      server.close();
    }
  }, 180_000);
});

describe("Types", () => {
  const check = (compilerOptions: object): void => {
    const base = {
      strict: true,
      noEmit: true,
      target: "ES2022",
      lib: ["ES2022", "ESNext.Disposable", "DOM", "DOM.Iterable"],
      types: [],
      skipLibCheck: false,
    };
    const config = { compilerOptions: { ...base, ...compilerOptions }, files: ["types.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    call(
      process.execPath,
      [join(rootDir, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.json"],
      folder,
    );
  };

  it("Types_Node16Resolution_AcceptsUseAndRefusesMistakes", () =>
    check({ module: "Node16", moduleResolution: "Node16" }));

  it("Types_BundlerResolution_AcceptsUseAndRefusesMistakes", () =>
    check({ module: "ESNext", moduleResolution: "Bundler" }));
});

describe("Manifest", () => {
  it("Manifest_Installed_BringsNoPackageOfTheCommandLineAlone", () => {
    const installed = readdirSync(join(folder, "node_modules"));
    expect(installed).toEqual(expect.arrayContaining(["comlink", "masklet", "onnxruntime-web"]));
    for (const name of ["commander", "fast-png", "tinyglobby"])
      expect(installed).not.toContain(name);
  });

  it("Manifest_Exports_PointAtFilesThatExist", () => {
    const root = join(folder, "node_modules", "masklet");
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      exports: { ".": Record<string, string> };
      bin: Record<string, string>;
    };
    for (const path of [...Object.values(manifest.exports["."]), ...Object.values(manifest.bin)]) {
      expect(readFileSync(join(root, path)).length, path).toBeGreaterThan(0);
    }
  });
});
