import { describe, expect, it } from "vitest";
import { printable, printableJson } from "../../web/cli/printable.js";
import { relativeUrl } from "../../web/cli/writers.js";
import { makeFolder, segment, squares } from "./cli_runner.js";

/** What a terminal could obey. */
const controls = /(?!\n)[\p{Cc}\u202e\u2066]/u;

describe("printable", () => {
  it("escapes controls, directions and halves of surrogate pairs, and keeps every script", () => {
    expect(printable("\x1b[31m\x07\x9b\r\n\u202e\u2028\ud800.")).toBe(
      "\\u001b[31m\\u0007\\u009b\\u000d\\u000a\\u202e\\u2028\\ud800.",
    );
    const scripts = "Größe 犬 собака كلب 🐕 a\u0308";
    expect(printable(scripts)).toBe(scripts);
  });

  it("leaves the values of JSON the same", () => {
    const value = { "\x9b": "\x7f\u202e\ud800\x1b" };
    const text = printableJson(JSON.stringify(value));
    expect(text).not.toMatch(controls);
    expect(JSON.parse(text)).toEqual(value);
  });
});

describe("relativeUrl", () => {
  it("percent-encodes each part of the path", () => {
    expect(relativeUrl("out", "in/shot #1 50%?.png")).toBe("../in/shot%20%231%2050%25%3F.png");
    expect(relativeUrl(".", "a:b/\ud800ü🐕.png")).toBe("a%3Ab/%EF%BF%BD%C3%BC%F0%9F%90%95.png");
  });
});

describe("masklet segment: labels and file names of strangers", () => {
  const name = "a\x1b[2J\u202e.png";
  const names = JSON.stringify(["\x1b]0;owned\x07\ud800", "green", '<b a="&">\x9b31m\ufffe']);

  it.each([["overlay"], ["json"], ["svg"], ["coco"], ["yolo"]])(
    "sends no controls to the terminal: %s",
    async (format) => {
      const folder = makeFolder({ [name]: squares(), "bad\x1b[1m.png": "no image", names });
      const args = [name, "bad\x1b[1m.png", "--labels", "names", "-f", format];
      const { code, stdout, stderr } = await segment(folder, ...args);
      expect(code).toBe(1);
      expect(stderr).toMatch(/bad\\u001b\[1m\.png: /);
      expect(stdout + stderr).not.toMatch(controls);
    },
  );

  it("escapes what usage errors repeat", async () => {
    const { stderr } = await segment(makeFolder({}), "no\x1b[1m", "--wrong\x1b[1m");
    expect(stderr).not.toMatch(controls);
    expect((await segment(makeFolder({}), "no\x1b[1m")).stderr).not.toMatch(controls);
  });
});
