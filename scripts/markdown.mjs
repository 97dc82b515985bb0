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

/** The longest line of a page, tables, links on their own and code aside. */
const maxColumns = 100;

/** Paragraphs and list items in lines of at most 100 columns; tables, code and images stay. */
export function wrapPage(page) {
  let inCode = false;
  return page
    .split("\n")
    .map((line) => {
      if (line.startsWith("```")) inCode = !inCode;
      const isFixed = inCode || /^(```|\||#|!\[|<| {4})/.test(line);
      return isFixed ? line : wrapLine(line);
    })
    .join("\n");
}

function wrapLine(line) {
  const indent = /^\s*(?:[-*] |\d+\. )?/.exec(line)[0];
  const lines = [];
  let current = indent;
  for (const word of line.slice(indent.length).split(" ")) {
    const isFirst = current.trim() === indent.trim();
    if (!isFirst && current.length + 1 + word.length > maxColumns) {
      lines.push(current);
      current = " ".repeat(indent.length) + word;
    } else current += isFirst ? word : ` ${word}`;
  }
  return [...lines, current].join("\n");
}
