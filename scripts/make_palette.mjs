/// Prints the colors of web/view/palette.ts. The method is a greedy farthest-point choice in OKLab
/// (Ottosson 2020). Each next color maximizes the minimum distance to all earlier colors, with
/// normal vision and with three simulated color-vision deficiencies (Viénot, Brettel, Mollon 1999
/// for protan and deutan; their half-plane for tritan). The lightness and chroma of the candidates
/// stand out on light and on dark images.
import process from "node:process";

const count = Number(process.argv[2] ?? 16);
const first = { L: 0.68, C: 0.16, h: 252 };

const toGamma = (v) => (v <= 0.0031308 ? v * 12.92 : 1.055 * v ** (1 / 2.4) - 0.055);

function oklchToLinear({ L, C, h }) {
  const a = C * Math.cos((h * Math.PI) / 180);
  const b = C * Math.sin((h * Math.PI) / 180);
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function linearToOklab([r, g, b]) {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/**
 * Linear RGB as seen without one cone type. In LMS space, the other two responses replace the
 * missing one.
 */
function simulate([r, g, b], deficiency) {
  let l = 17.8824 * r + 43.5161 * g + 4.11935 * b;
  let m = 3.45565 * r + 27.1554 * g + 3.86714 * b;
  let s = 0.0299566 * r + 0.184309 * g + 1.46709 * b;
  if (deficiency === "protan") l = 2.02344 * m - 2.52581 * s;
  if (deficiency === "deutan") m = 0.494207 * l + 1.24827 * s;
  if (deficiency === "tritan") s = -0.395913 * l + 0.801109 * m;
  return [
    0.0809444479 * l - 0.130504409 * m + 0.116721066 * s,
    -0.0102485335 * l + 0.0540193266 * m - 0.113614708 * s,
    -0.000365296938 * l - 0.00412161469 * m + 0.693511405 * s,
  ].map((v) => Math.min(1, Math.max(0, v)));
}

const seen = ["normal", "protan", "deutan", "tritan"];
const views = (linear) =>
  seen.map((kind) => linearToOklab(kind === "normal" ? linear : simulate(linear, kind)));
/**
 * A difference counts in full with normal vision. With a deficiency, it must only be noticeable.
 */
const weights = [1, 2, 2, 2];
const distance = (a, b) =>
  Math.min(...a.map((lab, k) => weights[k] * Math.hypot(...lab.map((v, i) => v - b[k][i]))));

/** Dark yellows look like mud on a photo. */
const dullBelow = (h) => (h > 75 && h < 135 ? 0.8 : 0);
const candidates = [];
for (let L = 0.65; L <= 0.841; L += 0.03)
  for (let C = 0.14; C <= 0.201; C += 0.015)
    for (let h = 0; h < 360; h += 5) {
      if (L < dullBelow(h)) continue;
      const linear = oklchToLinear({ L, C, h });
      if (linear.every((v) => v >= 0 && v <= 1)) candidates.push({ linear, views: views(linear) });
    }

const start = oklchToLinear(first);
const taken = [{ linear: start, views: views(start) }];
while (taken.length < count) {
  const gap = (candidate) =>
    Math.min(...taken.map((other) => distance(candidate.views, other.views)));
  taken.push(candidates.reduce((best, c) => (gap(c) > gap(best) ? c : best)));
}
for (const { linear } of taken) {
  const rgb = linear.map((v) => Math.round(255 * toGamma(Math.min(1, Math.max(0, v)))));
  console.log(`  [${rgb.join(", ")}],`);
}
