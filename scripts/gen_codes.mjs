/// Writes web/core/codes.gen.ts from src/core/status.def, the only list of statuses. With --check
/// it fails if the file is out of date.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { runMain, StepError, say } from "./setup/log.mjs";
import { inRoot } from "./setup/paths.mjs";

const definitionPath = inRoot("src", "core", "status.def");
const outputPath = inRoot("web", "core", "codes.gen.ts");

/** Parses status.def. Throws with the line of a syntax error. */
export function parseStatuses(definition) {
  const entries = [];
  const text = definition.replace(/^\/\/.*$/gm, "");
  const entry = /\s*MASKLET_STATUS\((\w+), (\d+),\s+"([^"]*?)(?:; value: ([^"]*))?"\)/y;
  while (text.slice(entry.lastIndex).trim() !== "") {
    const at = entry.lastIndex;
    const match = entry.exec(text);
    if (!match) {
      const line = text.slice(0, at).split("\n").length + 1;
      const rest = text.slice(at).trim().split("\n")[0];
      throw new StepError(`src/core/status.def:${line}: syntax error: ${rest}`);
    }
    const [, name, number, what, value = ""] = match;
    entries.push({ name, number: Number(number), what, value });
  }
  const numbers = new Set(entries.map((entry) => entry.number));
  if (numbers.size !== entries.length)
    throw new StepError("src/core/status.def uses a number twice");
  return entries;
}

/** The text of web/core/codes.gen.ts. */
export function statusesAsTypeScript(entries) {
  const rows = entries.map(({ name, number, what, value }) => {
    const [nameText, whatText, valueText] = [name, what, value].map((part) => JSON.stringify(part));
    const parts = [`name: ${nameText}`, `what: ${whatText}`, `value: ${valueText}`];
    const line = `  ${number}: { ${parts.join(", ")} },`;
    return line.length <= 100 ? line : `  ${number}: {\n    ${parts.join(",\n    ")},\n  },`;
  });
  return `// Generated from src/core/status.def by scripts/gen_codes.mjs; not to be edited.

/**
 * Statuses of the C++ core by number: the name, what happened, and what the value that comes with
 * it means.
 */
export const coreStatuses = {
${rows.join("\n")}
} as const;
`;
}

async function main() {
  const wanted = statusesAsTypeScript(parseStatuses(readFileSync(definitionPath, "utf8")));
  if (!process.argv.includes("--check")) {
    writeFileSync(outputPath, wanted);
    say("web/core/codes.gen.ts is written");
    return;
  }
  let present = "";
  try {
    present = readFileSync(outputPath, "utf8");
  } catch {
    // A missing file is out of date too.
  }
  if (present !== wanted)
    throw new StepError("web/core/codes.gen.ts is out of date", "run `npm run gen:codes`");
  say("web/core/codes.gen.ts is up to date");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await runMain(main);
