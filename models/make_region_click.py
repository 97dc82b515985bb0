"""Writes models/region-click-encoder.onnx and -decoder.onnx: click on a thing, or draw a box around
it, and get the region whose colors stand out from what is around. No learning in it. The contract
is that of Segment Anything's own exporter.

Encoder: the picture in 256 x 256 cells of an opponent color space, smoothed without crossing edges,
in 48 channels; in the other 208 random Fourier features of the colors of 64 x 64 cells, whose dot
products are a Gaussian kernel between colors (Rahimi and Recht, 2007). So the decoder gets the
density of a set of cells in color space, at every cell, by two small matrix products.

Decoder: a guess where the thing is (around the foreground points, at three sizes; or the ellipse in
the box), then, a few times over: color densities of what is inside and outside, and by them a
better guess, as in GrabCut (Rother et al., 2004). Then each of the 256 x 256 cells is compared with
the mean colors inside and outside near it, and what hangs together with the points is kept.

Run with Python 3, numpy and onnx: python3 models/make_region_click.py [FOLDER]
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "golden"))

from prompt_graphs import (  # noqa: E402
    FLOAT,
    INT64,
    Graph,
    box_of_labels,
    cells_of,
    f32,
    flood,
    i64,
    inside_box,
    one_hots,
    pack,
    unpack,
)

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Lightness counts less than hue: shadows and shading change it within one thing.
OPPONENT = np.array([[0.15, 0.30, 0.05], [0.55, -0.55, 0.0], [0.30, 0.30, -0.60]])
FEATURES, KERNEL_WIDTH = 208, 0.07
ROUNDS = 5
RADII = (0.03, 0.06, 0.12)  # of the thing around a point, in sides of the network's input
BOX_BIAS = (0.9, 1.5, 2.2)
SIZES = len(RADII)  # guesses: a part, the thing, the whole
TOKENS = (1, 0, 1, 2)  # which of them is which mask token; the first is the single mask
BOX_FALL, RING = 1.5, 6.0
POINT_BIAS, POINT_FALL = 1.5, 1.0
SEED_RADIUS, SEED_WEIGHT = 0.012, 2.0
BACKGROUND_RADIUS, BACKGROUND_PENALTY = 0.05, 4.0
EPSILON, LOCAL, LOCAL_WINDOW, GLOBAL_SHARE, COLOR_NOISE = 0.02, 1.5, 9, 0.02, 0.002
COARSE = 0.7
SHARPNESS = 12.0
IOU_BASE, IOU_STEEP, IOU_TOLD = (
    (0.41, 0.46, 0.41),
    0.35,
    0.2,
)  # fitted to photos, so that the best of three is often chosen
BIG = 1e3


def smooth(g, cells, steps=10, edge=0.06, rate=0.2):
    """Anisotropic diffusion (Perona and Malik, 1990): flows between neighbors whose colors are less
    than about `edge` apart.
    """
    for _ in range(steps):
        wide = g.add("Pad", cells, i64(0, 0, 1, 1, 0, 0, 1, 1), mode="edge")
        flows = []
        for y, x in ((0, 1), (2, 1), (1, 0), (1, 2)):
            step = g.add(
                "Sub", g.add("Slice", wide, i64(y, x), i64(y + 256, x + 256), i64(2, 3)), cells
            )
            size = g.sum(g.add("Mul", step, step), 1)
            flows.append(g.add("Mul", step, g.add("Exp", g.add("Mul", size, f32(-1 / edge**2)))))
        total = g.add("Add", g.add("Add", flows[0], flows[1]), g.add("Add", flows[2], flows[3]))
        cells = g.add("Add", cells, g.add("Mul", total, f32(rate)))
    return cells


def pool(g, planes, size):
    return g.add("AveragePool", planes, kernel_shape=[size, size], strides=[size, size])


def blur(g, planes, size):
    return g.add(
        "AveragePool", planes, kernel_shape=[size, size], pads=[size // 2] * 4, count_include_pad=1
    )


def times(g, a, b):
    return g.add("Mul", a, f32(b) if not isinstance(b, str) else b)


def plus(g, *terms):
    total = terms[0]
    for term in terms[1:]:
        total = g.add("Add", total, term if isinstance(term, str) else f32(term))
    return total


def minus(g, a, b):
    return g.add("Sub", a if isinstance(a, str) else f32(a), b if isinstance(b, str) else f32(b))


def exp_of(g, source, factor):
    return g.add("Exp", times(g, source, factor))


def encoder():
    g = Graph()
    cells = smooth(
        g, g.add("Conv", cells_of(g, "image", MEAN, STD), f32(OPPONENT).reshape(3, 3, 1, 1))
    )
    weights = np.random.default_rng(0).normal(0, 1 / KERNEL_WIDTH, (FEATURES // 2, 3, 1, 1))
    angles = g.add("Conv", pool(g, cells, 4), f32(weights))
    features = times(
        g,
        g.add("Concat", g.add("Cos", angles), g.add("Sin", angles), axis=1),
        (2 / FEATURES) ** 0.5,
    )
    packed = g.slice(pack(g, cells, 256, 4), 0, 48, 1)
    g.name_output(g.add("Concat", packed, features, axis=1), "image_embeddings")
    return g.model(
        "region-click-encoder",
        [("image", FLOAT, [1, 3, 1024, 1024])],
        [("image_embeddings", FLOAT, [1, 256, 64, 64])],
    )


def nearest(g, label, side):
    """Squared distance of every cell to the nearest point of that label, in sides of the input. [1,
    1, side, side]
    """
    centers = (np.arange(side, dtype=np.float32) + 0.5) / side
    points = times(g, plus(g, "point_coords", 0.5), 1 / 1024)
    axis = lambda k: g.add("Transpose", g.slice(points, k, k + 1, 2), perm=[1, 0, 2])
    square = lambda v: g.add("Mul", v, v)
    across = square(minus(g, centers.reshape(1, 1, side), axis(0)))
    down = square(minus(g, centers.reshape(1, side, 1), axis(1)))
    other = times(g, minus(g, 1, g.equal("point_labels", label)), BIG)
    distance = plus(g, across, down, g.add("Reshape", other, i64(-1, 1, 1)))
    return g.add("Unsqueeze", g.add("ReduceMin", distance, axes=[0], keepdims=1), i64(0))


class Guess:
    """Where the thing is before any color is looked at; all [1 or 3, 1, 64, 64]."""

    def __init__(self, g, box, has):
        self.g = g
        self.has = g.add("Reshape", has, i64(1, 1, 1, 1))
        self.none = minus(g, 1, self.has)
        self.near, far = nearest(g, 1, 64), nearest(g, 0, 64)
        self.seed = exp_of(g, self.near, -0.5 / SEED_RADIUS**2)
        self.background = exp_of(g, far, -0.5 / SEED_RADIUS**2)
        self.from_box(box)
        self.from_points()
        self.prior = self.either(self.box_prior, self.point_prior)
        self.prior = minus(
            g, self.prior, times(g, exp_of(g, far, -0.5 / BACKGROUND_RADIUS**2), BACKGROUND_PENALTY)
        )
        self.inside = plus(g, times(g, self.has, self.box_inside), self.none)

    def either(self, with_box, without):
        return plus(self.g, times(self.g, self.has, with_box), times(self.g, self.none, without))

    def from_box(self, box):
        g = self.g
        centers = (np.arange(64, dtype=np.float32) + 0.5) / 64
        edge = lambda k: times(
            g, g.add("Reshape", g.slice(box, k, k + 1, 1), i64(1, 1, 1, 1)), 1 / 1024
        )
        halves = [plus(g, times(g, minus(g, edge(k + 2), edge(k)), 0.5), 0.004) for k in (0, 1)]
        middles = [times(g, plus(g, edge(k + 2), edge(k)), 0.5) for k in (0, 1)]
        shapes = (1, 1, 1, 64), (1, 1, 64, 1)
        u, v = (
            g.add("Div", minus(g, centers.reshape(shapes[k]), middles[k]), halves[k])
            for k in (0, 1)
        )
        round_distance = plus(g, g.add("Mul", u, u), g.add("Mul", v, v))
        square_distance = g.add("Max", g.add("Abs", u), g.add("Abs", v))
        cells = times(g, g.least(*halves), 64)
        beyond = g.add("Mul", minus(g, square_distance, 1), cells)
        self.box_inside = g.add("Sigmoid", times(g, beyond, -4))
        self.box_prior = minus(
            g, f32(BOX_BIAS).reshape(SIZES, 1, 1, 1), times(g, round_distance, BOX_FALL)
        )
        outside = exp_of(g, g.add("Relu", beyond), -1 / RING)
        self.ring = g.add("Mul", minus(g, 1, self.box_inside), outside)

    def from_points(self):
        g = self.g
        self.radii = times(g, self.near, 1 / f32(RADII).reshape(SIZES, 1, 1, 1) ** 2)
        prior = minus(g, POINT_BIAS, times(g, self.radii, POINT_FALL))
        self.point_prior = g.add("Max", prior, f32(-4))

    def first_inside(self):
        g = self.g
        in_box = g.add("Mul", g.add("Sigmoid", times(g, self.box_prior, 3)), self.box_inside)
        return plus(g, times(g, self.has, in_box), self.seed)

    def beyond(self, times_radius, bias):
        """Falls with the distance from the points, beyond a multiple of the radius."""
        g = self.g
        far = g.add("Cast", g.add("Greater", self.radii, f32(times_radius)), to=FLOAT)
        return g.add("Mul", far, g.add("Exp", minus(g, bias, g.add("Sqrt", self.radii))))


def as_rows(g, planes):
    return g.add("Reshape", g.add("Expand", planes, i64(SIZES, 1, 64, 64)), i64(SIZES, 4096))


def coarse_logits(g, features, guess):
    """The guess made better by colors. [3, 1, 64, 64], and its probability."""
    columns = g.add("Transpose", features, perm=[1, 0])
    marked = times(g, guess.background, 10)
    fixed = as_rows(
        g, plus(g, guess.either(guess.ring, times(g, guess.beyond(2.0, 2**0.5), 3.0)), marked)
    )
    seeds = as_rows(g, times(g, guess.seed, SEED_WEIGHT))
    within = as_rows(g, guess.first_inside())
    without = as_rows(g, plus(g, guess.either(guess.ring, guess.beyond(1.0, 0.0)), marked))
    inside = as_rows(g, guess.inside)
    for _ in range(ROUNDS):
        density = []
        for weights in (within, without):
            mean = g.add(
                "Div", g.add("MatMul", weights, columns), g.add("Max", g.sum(weights, 1), f32(1e-3))
            )
            density.append(
                g.add("Log", plus(g, g.add("Relu", g.add("MatMul", mean, features)), EPSILON))
            )
        ratio = g.add("Reshape", minus(g, *density), i64(SIZES, 1, 64, 64))
        wide = g.add("Pad", ratio, i64(0, 0, 1, 1, 0, 0, 1, 1), mode="edge")
        smoothed = g.add("AveragePool", wide, kernel_shape=[3, 3])
        logits = plus(g, smoothed, guess.prior)
        part = g.add("Mul", g.add("Reshape", g.add("Sigmoid", logits), i64(SIZES, 4096)), inside)
        within = plus(g, part, seeds)
        without = plus(g, fixed, minus(g, inside, part))
    return logits, g.add("Reshape", part, i64(SIZES, 1, 64, 64))


def enlarge(g, planes):
    return g.add(
        "Resize",
        planes,
        "",
        f32([1, 1, 4, 4]),
        mode="linear",
        coordinate_transformation_mode="half_pixel",
    )


def local_colors(g, coarse_cells, weights):
    """Mean color near every cell of the cells with weight, at 256 x 256. [3, 3, 256, 256]"""
    weighed = g.add("Mul", weights, coarse_cells)
    overall = lambda planes: times(
        g, g.add("ReduceMean", planes, axes=[2, 3], keepdims=1), GLOBAL_SHARE
    )
    colors = plus(g, blur(g, weighed, LOCAL_WINDOW), overall(weighed))
    return enlarge(
        g, g.add("Div", colors, plus(g, blur(g, weights, LOCAL_WINDOW), overall(weights), 1e-4))
    )


def fine_logits(g, cells, coarse, part):
    square = lambda v: g.add("Mul", v, v)
    small = pool(g, cells, 4)
    sides = [local_colors(g, small, square(w)) for w in (part, minus(g, 1, part))]
    near, far = (g.sum(square(minus(g, cells, side)), 1) for side in sides)
    contrast = g.add("Div", minus(g, far, near), plus(g, far, near, COLOR_NOISE))
    return (
        times(
            g, plus(g, times(g, enlarge(g, coarse), COARSE), times(g, contrast, LOCAL)), SHARPNESS
        ),
        contrast,
    )


def connected(g, logits, has):
    """Without a box only what hangs together with the foreground points, whose own cells always
    belong to it.
    """
    bump = lambda label: minus(g, 4, times(g, nearest(g, label, 256), 4 / SEED_RADIUS**2))
    logits = g.add("Max", logits, bump(1))
    logits = g.least(logits, g.add("Neg", bump(0)))
    rows, columns = one_hots(g, "point_coords")
    chosen = g.add("Mul", rows, g.add("Unsqueeze", g.equal("point_labels", 1), i64(2)))
    count = g.add(
        "Unsqueeze", g.add("MatMul", g.add("Transpose", chosen, perm=[0, 2, 1]), columns), i64(1)
    )
    everywhere = plus(g, count, g.add("Reshape", has, i64(1, 1, 1, 1)))
    seeds = times(g, minus(g, g.least(everywhere, f32(1)), 0.5), 200.0)
    return flood(g, logits, seeds, cycles=1, times=(2, 6, 16, 30))


def share(g, part, whole):
    """Of two sets of planes, sum over sum. [3, 1]"""
    total = lambda planes: g.add("ReduceSum", planes, i64(2, 3), keepdims=0)
    return g.add("Div", total(part), plus(g, total(whole), 1e-3))


def predicted_iou(g, logits, contrast):
    """How steep the logits are, and how well the colors on both sides of the edge tell which side
    is which. [3, 1]
    """
    above = lambda level: g.add("Cast", g.add("Greater", logits, f32(level)), to=FLOAT)
    grow = lambda planes: g.add("MaxPool", planes, kernel_shape=[9, 9], pads=[4, 4, 4, 4])
    mask = above(0)
    rest = minus(g, 1, mask)
    inner, outer = (g.add("Mul", own, grow(other)) for own, other in ((mask, rest), (rest, mask)))
    told = minus(
        g,
        share(g, g.add("Mul", contrast, inner), inner),
        share(g, g.add("Mul", contrast, outer), outer),
    )
    steep = share(g, above(1), above(-1))
    guess = plus(
        g, times(g, steep, IOU_STEEP), times(g, told, IOU_TOLD), f32(IOU_BASE).reshape(SIZES, 1)
    )
    return g.add("Clip", guess, f32(0), f32(1))


def source_masks(g, logits):
    """The picture's part of the planes at the picture's size, in one bilinear step."""
    size = "orig_im_size"
    longest = g.add("ReduceMax", size, axes=[0], keepdims=1)
    content = g.add("Floor", plus(g, times(g, g.add("Div", size, longest), 1024), 0.5))
    scales = g.add("Concat", f32([1, 1]), times(g, g.add("Div", size, content), 4), axis=0)
    whole = g.add(
        "Resize", logits, "", scales, mode="linear", coordinate_transformation_mode="half_pixel"
    )
    return g.add("Slice", whole, i64(0, 0), g.add("Cast", size, to=INT64), i64(2, 3))


def decoder():
    g = Graph()
    box, has = box_of_labels(g, "point_coords", "point_labels")
    cells = unpack(g, "image_embeddings", 3, 4)
    features = g.add("Reshape", g.slice("image_embeddings", 48, 256, 1), i64(FEATURES, 4096))
    guess = Guess(g, box, has)
    earlier = times(g, g.add("Clip", pool(g, "mask_input", 4), f32(-6), f32(6)), 0.5)
    guess.prior = plus(
        g, guess.prior, g.add("Mul", earlier, g.add("Reshape", "has_mask_input", i64(1, 1, 1, 1)))
    )
    fine, contrast = fine_logits(g, cells, *coarse_logits(g, features, guess))
    logits = connected(g, fine, has)
    logits = g.least(logits, times(g, inside_box(g, box, has), 0.5))
    iou = g.add("Transpose", predicted_iou(g, logits, contrast), perm=[1, 0])
    logits = g.add("Reshape", g.add("Clip", logits, f32(-32), f32(32)), i64(1, SIZES, 256, 256))
    logits = g.add("Gather", logits, i64(*TOKENS), axis=1)
    g.name_output(source_masks(g, logits), "masks")
    g.name_output(g.add("Gather", iou, i64(*TOKENS), axis=1), "iou_predictions")
    g.name_output(logits, "low_res_masks")
    inputs = [
        ("image_embeddings", FLOAT, [1, 256, 64, 64]),
        ("point_coords", FLOAT, [1, "num_points", 2]),
        ("point_labels", FLOAT, [1, "num_points"]),
        ("mask_input", FLOAT, [1, 1, 256, 256]),
        ("has_mask_input", FLOAT, [1]),
        ("orig_im_size", FLOAT, [2]),
    ]
    outputs = [
        ("masks", FLOAT, [1, 4, "height", "width"]),
        ("iou_predictions", FLOAT, [1, 4]),
        ("low_res_masks", FLOAT, [1, 4, 256, 256]),
    ]
    return g.model("region-click-decoder", inputs, outputs)


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "models"
    card_path = ROOT / "models" / "region-click.json"
    card = json.loads(card_path.read_text())
    for part, model in (("encoder", encoder()), ("decoder", decoder())):
        data = model.SerializeToString()
        (folder / card[part]["file"]).write_bytes(data)
        card[part] |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        print(card[part]["file"], len(data))
    (folder / card_path.name).write_text(json.dumps(card, indent=2) + "\n")


if __name__ == "__main__":
    main()
