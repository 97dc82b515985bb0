/**
 * Result of {@link parseLiteral}. A dictionary becomes a Map, so `{0: 'a'}` keeps its numeric keys
 * and their order.
 */
export type Literal = string | number | boolean | null | Literal[] | Map<string | number, Literal>;

/** Maximum nesting, above that of any exporter's metadata. */
const maxDepth = 8;

const words: Readonly<Record<string, boolean | null>> = {
  True: true,
  true: true,
  False: false,
  false: false,
  None: null,
  null: null,
};

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  "0": "\0",
};

/**
 * Parses JSON or a Python literal: `str()` or `repr()` of a dict, list, tuple, string, number, bool
 * or None. Exporters write class names and sizes into ONNX metadata in both forms. Returns
 * undefined for anything else and never evaluates code.
 */
export function parseLiteral(text: string): Literal | undefined {
  const parser = new LiteralParser(text);
  try {
    return parser.all();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class LiteralParser {
  private position = 0;

  constructor(private readonly text: string) {}

  all(): Literal {
    const value = this.value(0);
    this.space();
    if (this.position !== this.text.length) this.fail();
    return value;
  }

  private value(depth: number): Literal {
    if (depth > maxDepth) this.fail();
    this.space();
    const first = this.text[this.position];
    if (first === "{") return this.dictionary(depth);
    if (first === "[") return this.list("]", depth);
    if (first === "(") return this.list(")", depth);
    if (first === "'" || first === '"') return this.string(first);
    return this.word();
  }

  private dictionary(depth: number): Map<string | number, Literal> {
    const entries = new Map<string | number, Literal>();
    this.position++;
    while (!this.takes("}")) {
      const key = this.value(depth + 1);
      if (typeof key !== "string" && typeof key !== "number") this.fail();
      if (!this.takes(":")) this.fail();
      entries.set(key, this.value(depth + 1));
      if (!this.takes(",") && !this.peeks("}")) this.fail();
    }
    return entries;
  }

  private list(close: string, depth: number): Literal[] {
    const items: Literal[] = [];
    this.position++;
    while (!this.takes(close)) {
      items.push(this.value(depth + 1));
      if (!this.takes(",") && !this.peeks(close)) this.fail();
    }
    return items;
  }

  private string(quote: string): string {
    let out = "";
    for (this.position++; this.position < this.text.length; this.position++) {
      const char = this.text[this.position]!;
      if (char === quote) {
        this.position++;
        return out;
      }
      out += char === "\\" ? this.escape() : char;
    }
    return this.fail();
  }

  /** Leaves the position on the last character of the escape sequence. */
  private escape(): string {
    const char = this.text[++this.position] ?? this.fail();
    const digits = char === "x" ? 2 : char === "u" ? 4 : char === "U" ? 8 : 0;
    if (digits === 0) return escapes[char] ?? char;
    const hex = this.text.slice(this.position + 1, this.position + 1 + digits);
    const codePoint = Number.parseInt(hex, 16);
    if (hex.length !== digits || !/^[0-9a-f]+$/i.test(hex) || codePoint > 0x10ffff) this.fail();
    this.position += digits;
    return String.fromCodePoint(codePoint);
  }

  private word(): Literal {
    const match = /^[-+]?[A-Za-z0-9_.]+(?:(?<=[0-9.][eE])[-+]?[0-9]+)?/.exec(
      this.text.slice(this.position, this.position + 64),
    );
    if (!match) return this.fail();
    this.position += match[0].length;
    if (Object.hasOwn(words, match[0])) return words[match[0]]!;
    if (!/^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(match[0])) this.fail();
    return Number(match[0]);
  }

  private takes(char: string): boolean {
    const found = this.peeks(char);
    if (found) this.position++;
    return found;
  }

  private peeks(char: string): boolean {
    this.space();
    return this.text[this.position] === char;
  }

  private space(): void {
    while (/\s/.test(this.text[this.position] ?? "")) this.position++;
  }

  private fail(): never {
    throw new SyntaxError(`unexpected character at ${this.position}`);
  }
}
