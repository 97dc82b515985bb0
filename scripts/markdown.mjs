/// Pieces of Markdown.

const cell = (text) => String(text).replaceAll("|", "\\|");

export const row = (...cells) => `| ${cells.map(cell).join(" | ")} |`;

/** @param {string[]} head @param {unknown[][]} rows undefined leaves a cell empty */
export const table = (head, rows) =>
  [
    row(...head),
    row(...head.map(() => "---")),
    ...rows.map((cells) => row(...cells.map((value) => value ?? ""))),
  ].join("\n");

export const list = (items) => items.map((item) => `- ${item}`).join("\n");
