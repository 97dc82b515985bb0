/**
 * A 5 x 9 pixel typeface for labels without a canvas. A glyph has nine rows, top to bottom. Each
 * row is a base-32 digit, and bit 4 is the left column. The baseline is row 6. Letters become lower
 * case. A missing character becomes a box.
 */
const glyphs: Readonly<Record<string, string>> = {
  a: "00e1fhf00",
  b: "gguhhhu00",
  c: "00egghe00",
  d: "11fhhhf00",
  e: "00ehvge00",
  f: "698s88800",
  g: "00fhhhf1e",
  h: "gguhhhh00",
  i: "40c444e00",
  j: "2062222ic",
  k: "ggikoki00",
  l: "c44444e00",
  m: "00qllll00",
  n: "00uhhhh00",
  o: "00ehhhe00",
  p: "00uhhhugg",
  q: "00fhhhf11",
  r: "00mpggg00",
  s: "00fge1u00",
  t: "88s889600",
  u: "00hhhhf00",
  v: "00hhha400",
  w: "00hhlla00",
  x: "00ha4ah00",
  y: "00hhhhf1e",
  z: "00v248v00",
  "0": "ehjlphe00",
  "1": "4c4444e00",
  "2": "eh168gv00",
  "3": "eh161he00",
  "4": "26aiv2200",
  "5": "vgu11he00",
  "6": "68guhhe00",
  "7": "v12488800",
  "8": "ehhehhe00",
  "9": "ehhf12c00",
  ".": "00000cc00",
  "%": "pq248bj00",
  "-": "000v00000",
  _: "0000000v0",
  " ": "000000000",
};
const missing = "vhhhhhv00";
const columns = 5;

/** Height of a line of text at scale 1, in pixels. */
export const textHeightPx = missing.length;

/** Width of `text` at scale 1, in pixels: five columns per character and one between them. */
export function textWidthPx(text: string): number {
  return Math.max(0, [...text].length * (columns + 1) - 1);
}

/** Calls `dot(x, y)` for every set pixel of `text` at scale 1, origin at the top left. */
export function drawText(text: string, dot: (x: number, y: number) => void): void {
  for (const [index, character] of [...text.toLowerCase()].entries()) {
    const glyph = glyphs[character] ?? missing;
    for (let y = 0; y < glyph.length; y += 1) {
      const bits = Number.parseInt(glyph[y]!, 32);
      for (let x = 0; x < columns; x += 1) {
        if (bits & (1 << (columns - 1 - x))) dot(index * (columns + 1) + x, y);
      }
    }
  }
}
