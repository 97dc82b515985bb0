import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseStatuses, statusesAsTypeScript } from "../../scripts/gen_codes.mjs";
import { serve } from "../../scripts/serve.mjs";
import { atLeast } from "../../scripts/setup/emscripten.mjs";
import { run } from "../../scripts/setup/run.mjs";
import { packageProblems } from "../../scripts/size_budget.mjs";
import { stripDocs } from "../../scripts/strip_docs.mjs";

describe("Serve", () => {
  let folder: string;
  let server: Awaited<ReturnType<typeof serve>>["server"];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "masklet-serve-"));
    for (const name of ["site", "site_secret", "extra"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "site", "index.html"), "<p>page</p>");
    writeFileSync(join(folder, "site", "core.wasm"), "wasm");
    writeFileSync(join(folder, "site_secret", "key.txt"), "secret");
    writeFileSync(join(folder, "extra", "a b.json"), "{}");
    ({ server } = await serve(join(folder, "site"), {
      port: 4400,
      mounts: [["/extra", join(folder, "extra")]],
    }));
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  // node:http sends the path as it is; fetch would tidy the dots away.
  const request = (path: string) =>
    new Promise<{ status: number; headers: IncomingMessage["headers"]; body: string }>(
      (resolve, reject) => {
        get(
          { host: "127.0.0.1", port: (server.address() as AddressInfo).port, path, agent: false },
          (response) => {
            let body = "";
            response.on("data", (chunk) => {
              body += chunk;
            });
            response.on("end", () =>
              resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
            );
          },
        ).on("error", reject);
      },
    );

  it("Serve_Page_HasTypeAndPolicy", async () => {
    const page = await request("/");
    expect(page).toMatchObject({ status: 200, body: "<p>page</p>" });
    expect(page.headers["content-security-policy"]).toBe(
      "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
    );
    expect(page.headers["content-type"]).toBe("text/html;charset=utf-8");
    expect((await request("/core.wasm")).headers["content-type"]).toBe("application/wasm");
    expect(await request("/extra/a%20b.json")).toMatchObject({ status: 200, body: "{}" });
  });

  it.each([
    "/../site_secret/key.txt",
    "/%2e%2e/site_secret/key.txt",
    "/..%2fsite_secret%2fkey.txt",
    "/extra/../../site_secret/key.txt",
  ])("Serve_PathOutside_%s_IsNotFound", async (path) => {
    expect((await request(path)).status).toBe(404);
  });

  it("Serve_MissingOrMalformedPath_IsRefusedAndServerLives", async () => {
    expect((await request("/missing.js")).status).toBe(404);
    expect((await request("/%")).status).toBe(404);
    expect((await request("/")).status).toBe(200);
  });

  it("Serve_TakenPort_TakesTheNextOrSaysSo", async () => {
    const { port } = server.address() as AddressInfo;
    const second = await serve(folder, { port });
    expect((second.server.address() as AddressInfo).port).toBeGreaterThan(port);
    second.server.close();
    await expect(serve(folder, { port, portIsFixed: true })).rejects.toThrow(`port ${port}`);
  });
});

describe("GenCodes", () => {
  it("GenCodes_MalformedLine_IsNamed", () => {
    expect(() => parseStatuses('MASKLET_STATUS(ok, 0, "fine")\nMASKLET_STATUS(bad)\n')).toThrow(
      "status.def:2",
    );
  });

  it("GenCodes_NumberTwice_IsRefused", () => {
    expect(() =>
      parseStatuses('MASKLET_STATUS(ok, 0, "a")\nMASKLET_STATUS(bad, 0, "b")\n'),
    ).toThrow("twice");
  });

  it("GenCodes_Entry_BecomesOneRow", () => {
    const text = statusesAsTypeScript(
      parseStatuses('MASKLET_STATUS(badRank, 6, "wrong rank; value: the rank")\n'),
    );
    expect(text).toContain('6: { name: "badRank", what: "wrong rank", value: "the rank" }');
  });

  it("GenCodes_Check_PassesOnTheCommittedFile", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      "scripts/gen_codes.mjs",
      "--check",
    ]);
    expect(stdout).toContain("up to date");
  });
});

describe("Run", () => {
  it("Run_FailingCommand_SaysCommandCodeAndOutput", async () => {
    const failing = run(process.execPath, ["-e", "console.error('broken part'); process.exit(3)"], {
      remedy: "mend it",
    });
    await expect(failing).rejects.toMatchObject({ remedy: "mend it" });
    await expect(failing).rejects.toThrow(/exit code 3[\s\S]*broken part/);
  });

  it("Run_MissingCommand_SaysSo", async () => {
    await expect(run("masklet-no-such-command", [])).rejects.toThrow("could not be started");
  });
});

describe("AtLeast", () => {
  it.each([
    [[3, 1, 69], true],
    [[3, 1, 68], false],
    [[3, 2, 0], true],
    [[4, 0, 0], true],
    [[2, 9, 99], false],
  ])("AtLeast_%s_Is%s", (version, expected) => {
    expect(atLeast(version, [3, 1, 69])).toBe(expected);
  });
});

describe("PackageContents", () => {
  it("PackageContents_StrayAndMissingFiles_AreNamed", () => {
    const problems = packageProblems([
      { path: "dist/index.js" },
      { path: "dist/demo/main.js" },
      { path: "tests/data/a.jpg" },
      { path: ".env" },
      { path: "models/unknown.onnx" },
    ]);
    for (const path of ["dist/demo/main.js", "tests/data/a.jpg", ".env", "models/unknown.onnx"])
      expect(problems).toContain(`${path} is not on the allow-list of the package`);
    for (const path of ["models/masklet-n.onnx", "models/masklet-n.json", "models/NOTICE"])
      expect(problems).toContain(`${path} is missing in the package`);
    expect(problems.join()).not.toContain("dist/index.js");
  });
});

describe("StripDocs", () => {
  it("StripDocs_CommentsOnTheirOwnLines_GoAndCodeStays", () => {
    const text = "/**\n * Doc.\n */\nexport const a = 1;\n  // why\n  const b = 2; // kept\n";
    expect(stripDocs(text)).toBe("export const a = 1;\n  const b = 2; // kept\n");
  });

  it("StripDocs_WhatBundlersAndLawyersRead_Stays", () => {
    const text =
      "/* @license MIT */\n/* @__PURE__ */ f();\nimport(\n/* @vite-ignore */\nname);\n" +
      'const address = "http://a/*"; /* b */\n';
    expect(stripDocs(text)).toBe(text);
  });
});
