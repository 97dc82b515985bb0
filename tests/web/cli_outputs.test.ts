import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decode } from "fast-png";
import { describe, expect, it } from "vitest";
import { outputNames } from "../../web/cli/output_plan.js";
import type { CocoDataset } from "../../web/index.js";
import { makeFolder, masklet, segment, shell, squares, tinyModel } from "./cli_runner.js";

const image = squares();
const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
const inputsOf = (...names: string[]) => names.map((name) => ({ path: name, name }));

describe("outputNames", () => {
  it("keeps folders, and endings where names differ by ending or case alone", () => {
    const inputs = inputsOf("cam1/1.png", "cam2/1.png", "cam2/1.jpg", "B.png", "b.bmp", "c.png");
    expect(outputNames(inputs, [".txt"])).toEqual([
      "cam1/1",
      "cam2/1.png",
      "cam2/1.jpg",
      "B.png",
      "b.bmp",
      "c",
    ]);
  });

  it.each([
    [["a.png", "A.png", "a.PNG"]],
    [["a.jpg", "a.png", "a.jpg.png"]],
    [["caf\u00e9.png", "cafe\u0301.jpg", "CAFE\u0301.jpg"]],
    [["classes.png", "Classes.jpg"]],
    [["a.png", "a_overlay.png", "a_ids.jpg"]],
  ])("gives %j one file each where case and accents do not count", (names) => {
    const endings = [".txt", "_overlay.png", "_ids.png"];
    const found = outputNames(inputsOf(...names), endings, ["classes.txt"]);
    const files = found.flatMap((name) =>
      endings.map((ending) => `${name}${ending}`.normalize("NFC").toLowerCase()),
    );
    expect(new Set([...files, "classes.txt"]).size).toBe(names.length * endings.length + 1);
  });
});

describe("masklet segment: outputs", () => {
  const collision = { "in/cam1/1.png": image, "in/cam2/1.png": image, "in/cam2/1.bmp.png": image };

  it("writes one file of each format for each image below --out", async () => {
    const folder = makeFolder({ ...collision, "in/cam2/1.PNG": image });
    const { code } = await segment(
      folder,
      "in",
      "-f",
      "overlay,svg,png",
      "-f",
      "yolo",
      "-o",
      "out",
    );
    expect(code).toBe(0);
    for (const ending of ["_overlay.png", "_ids.png", ".svg", ".txt"])
      expect(filesOf(join(folder, "out")).filter((name) => name.endsWith(ending))).toHaveLength(4);
    expect(existsSync(join(folder, "out/cam1/1.svg"))).toBe(true);
  });

  it("names each image of a COCO document once", async () => {
    const folder = makeFolder(collision);
    await segment(folder, "in", "-f", "coco", "-o", "all.json");
    const { images, info } = JSON.parse(
      readFileSync(join(folder, "all.json"), "utf8"),
    ) as CocoDataset;
    expect(images.map(({ file_name }) => file_name)).toEqual([
      "cam1/1.png",
      "cam2/1.bmp.png",
      "cam2/1.png",
    ]);
    expect(info).toBeDefined();
  });

  it("takes no output of an earlier run for an image", async () => {
    const folder = makeFolder({ "in/a.png": image });
    for (const out of ["in", "in", "in/found", "in/found"]) {
      const { code } = await segment(folder, "in", "-f", "overlay,png", "-o", out);
      expect(code).toBe(0);
    }
    await segment(folder, "in/a.png", "-o", "in/seen.png");
    const { stdout, stderr } = await segment(folder, "in", "-f", "json");
    expect(JSON.parse(stdout)).toHaveLength(1);
    expect(stderr).toBe("passed over 5 files: 5 written by masklet\n");
    const asked = await segment(folder, "in/seen.png", "-f", "json");
    expect(JSON.parse(asked.stdout)).toHaveLength(1);
  });

  it.each([
    [["a.png", "-o", "a.png"], "a.png"],
    [["a.png", "-o", "link.png"], "a.png"],
    [["labels.png", "-f", "yolo", "--labels", "labels.txt"], "labels.txt"],
    [["a.png", "--coco", "truth.json", "-o", "truth.json"], "truth.json"],
    [["a.png", "-f", "json", "-o", "a.png"], "a.png"],
    [["a.png", "b_overlay.png", "b.png"], "b_overlay.png"],
  ])("refuses to overwrite an input: %j", async (args, kept) => {
    const files = {
      "a.png": image,
      "b.png": image,
      "b_overlay.png": image,
      "labels.png": image,
      "labels.txt": "red\ngreen\nblue\n",
      "truth.json": JSON.stringify({
        images: [{ id: 1, file_name: "a.png" }],
        categories: [{ id: 1, name: "red" }],
      }),
    };
    const folder = makeFolder(files);
    symlinkSync(join(folder, "a.png"), join(folder, "link.png"));
    const { code, stderr } = await segment(folder, ...args);
    expect(stderr).toMatch(/would overwrite the input/);
    expect(code).toBe(2);
    const before = files[kept as keyof typeof files];
    expect(readFileSync(join(folder, kept))).toEqual(Buffer.from(before));
    expect(filesOf(folder).sort()).toEqual([...Object.keys(files)].sort());
  });

  it.each([
    [["a.png", "-f", "json", "-o", "folder"], /folder is a folder; --out must name a file/],
    [["a.png", "b.png", "-o", "file"], /cannot write to file: file is not a folder/],
    [["a.png", "-f", "json", "-o", "file/x.json"], /file is not a folder/],
    [["a.png", "-o", "taken"], /a_overlay\.png: it is a folder/],
    [["a.png", "b.png", "-o", "-"], /standard output takes one document/],
  ])("checks --out before the first image: %j", async (args, message) => {
    const folder = makeFolder({
      "a.png": image,
      "b.png": image,
      file: "",
      "folder/.keep": "",
      "taken/a_overlay.png/.keep": "",
    });
    const { code, stderr, stdout } = await segment(folder, ...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it("leaves no temporary file, and follows a link to the file it writes", async () => {
    const folder = makeFolder({ "a.png": image, "old.json": "old" });
    symlinkSync(join(folder, "old.json"), join(folder, "link.json"));
    await segment(folder, "a.png", "-f", "json", "-o", "link.json");
    expect(JSON.parse(readFileSync(join(folder, "old.json"), "utf8"))).toHaveLength(1);
    expect(filesOf(folder)).toEqual(["a.png", "old.json"]);
  });

  it.each([
    ["$MASKLET segment a.png b.png -m $MODEL -o out > /dev/full", "no space is left"],
    ["$MASKLET segment a.png b.png -m $MODEL -f json > /dev/full", "no space is left"],
    ["$MASKLET segment a.png b.png -m $MODEL -f json -o /dev/full", "no space is left"],
    ["$MASKLET segment a.png b.png -m $MODEL -o out | true; exit $PIPESTATUS", "closed it"],
  ])("ends with one sentence: %s", async (line, message) => {
    const folder = makeFolder({ "a.png": image, "b.png": image });
    const { code, stderr } = await shell(folder, line);
    expect(code).toBe(1);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toMatch(/^masklet: /);
    expect(stderr).toContain(message);
  });

  it("does not replace a device by a file", async () => {
    const folder = makeFolder({ "a.png": image });
    const line = "$MASKLET segment a.png -m $MODEL -f json -o /dev/null && test -c /dev/null";
    expect((await shell(folder, line)).code).toBe(0);
  });

  it("reads stdin and writes stdout for -", async () => {
    const folder = makeFolder({});
    const args = ["segment", "-", "-m", tinyModel];
    const json = await masklet(folder, [...args, "-f", "json", "-o", "-"], image);
    expect(JSON.parse(json.stdout)).toHaveLength(1);
    writeFileSync(join(folder, "a.png"), image);
    const line = "$MASKLET segment - -m $MODEL -o - < a.png > seen.png";
    expect((await shell(folder, line)).code).toBe(0);
    expect(decode(readFileSync(join(folder, "seen.png"))).width).toBe(64);
  });

  it("prints nothing but errors with --quiet", async () => {
    const folder = makeFolder({ "a.png": image, "b.png": "no image" });
    const { stdout, stderr } = await segment(folder, "a.png", "b.png", "--quiet", "-o", "out");
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^b\.png: .*\n1 of 2 images failed\n$/);
    expect(filesOf(join(folder, "out"))).toEqual(["a_overlay.png"]);
  });
});

describe("masklet segment: inputs", () => {
  it("reads what can be read and counts the rest in one line", async () => {
    const folder = makeFolder({
      "in/a.jfif": image,
      "in/b.jpe": image,
      "in/c.JPG": image,
      "in/d": image,
      "in/e.jpg_large": image,
      "in/f.webp": "RIFF\0\0\0\0WEBPVP8 ",
      "in/g.txt": "BM is how this text begins",
      "in/h.Avif": "",
      "in/sub/i.pjpeg": image,
    });
    const { code, stdout, stderr } = await segment(folder, "in", "-f", "json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(6);
    expect(stderr).toMatch(/^passed over 3 files: 1 \.avif \(.*sharp.*\), 1 \.txt, 1 \.webp .*\n$/);
  });

  it("reads other formats through sharp where it is installed, else says so", async () => {
    const webp = "RIFF\0\0\0\0WEBPVP8 ";
    const plain = makeFolder({ "a.webp": webp, "b.jpg": webp });
    const refused = await segment(plain, "a.webp", "b.jpg", "-f", "json");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/a\.webp: .*npm install sharp.*\n.*b\.jpg: .*sharp/);
    const sharp = `module.exports = () => {
      const data = Buffer.alloc(64 * 64 * 4);
      const image = { toBuffer: async () => ({ data, info: { width: 64, height: 64, channels: 4 } }) };
      for (const step of ["rotate", "toColourspace", "ensureAlpha", "raw"]) image[step] = () => image;
      return image;
    };`;
    const folder = makeFolder({ "in/a.webp": webp, "node_modules/sharp/index.js": sharp });
    const { code, stdout, stderr } = await segment(folder, "in", "-f", "json");
    expect([code, stderr]).toEqual([0, ""]);
    expect((JSON.parse(stdout) as { width: number }[])[0]!.width).toBe(64);
  });

  it.each([
    ["red\nleaf\nsea\n", ["red", "sea"]],
    ['["ruby", "leaf", "sea"]', ["ruby", "sea"]],
    ['{"2": "sea", "0": "ruby"}', ["ruby", "sea"]],
    ['{"2": "sea", "7": "unused"}', ["red", "sea"]],
    ['[{"id": 2, "name": "sea"}, {"id": 0, "name": "ruby"}]', ["ruby", "sea"]],
    ['{"categories": [{"id": 2, "name": "sea"}]}', ["red", "sea"]],
  ])("takes class names of %j", async (text, labels) => {
    const folder = makeFolder({ "a.png": image, names: text });
    const { stdout } = await segment(folder, "a.png", "-f", "json", "--labels", "names");
    const [entry] = JSON.parse(stdout) as { instances: { label: string }[] }[];
    expect(entry!.instances.map(({ label }) => label)).toEqual(labels);
  });

  it.each([
    ["red\n\nblue\n", /line 2 is empty/],
    ["[1, 2, 3]", /name of class 0 must be a text/],
    ['{"red": 0}', /class id "red" must be an integer/],
    ['[{"name": "a"}]', /class id missing/],
    ['[{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]', /class 1 has two names: a and b/],
    ['{"1e9": "a"}', /must be an integer/],
    ["[]", /holds no class names/],
  ])("refuses class names of %j", async (text, message) => {
    const folder = makeFolder({ "a.png": image, names: text });
    const { code, stderr } = await segment(folder, "a.png", "--labels", "names");
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("keeps the asked classes, by label or id", async () => {
    const folder = makeFolder({ "a.png": image, names: '{"2": "sea"}' });
    for (const [classes, labels] of [
      ["red", ["red"]],
      ["2", ["sea"]],
      ["sea,0", ["red", "sea"]],
    ] as const) {
      const args = ["a.png", "-f", "json", "--labels", "names", "--classes", classes];
      const [entry] = JSON.parse((await segment(folder, ...args)).stdout) as {
        instances: { label: string }[];
      }[];
      expect(entry!.instances.map(({ label }) => label)).toEqual(labels);
    }
  });
});
