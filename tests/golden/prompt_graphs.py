"""Parts of promptable networks whose answer can be computed by hand, written as ONNX graphs.

The embedding is the picture at a quarter of the network's input side. The decoder compares every
cell of it with the color at the clicked points and keeps what is connected to them:

  d(cell)      sum over R, G, B of the distance to the color at a point, 0..3; the least over the
               foreground points
  D(cell)      the least value that d must be allowed to reach on a path of 8-neighbors from a
               foreground point (a flood, for all
               thresholds at once)
  logit_k      GAIN * (TOLERANCES[k] - D): its region above zero is the connected region of cells
               with d < TOLERANCES[k]
  background   the same D from the background points; a cell that they reach at no higher price is
               theirs
  box          the flood stays in the box, and the logit falls to zero at its edges; without a
               foreground point the flood starts at its center
  mask input   d falls by MASK_WEIGHT * clip(mask logit, -4, 4): what was inside is reached more
               easily, the rest harder
  IoU_k        BASE_IOU[k] - AREA_PENALTY * (part of all cells with logit_k > 0)

numpy_prompt.py computes the same without any of this (connected-component labeling).
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

GAIN = 20.0
TOLERANCES = (0.25, 0.10, 0.35, 0.55)
BASE_IOU = (0.93, 0.85, 0.98, 0.90)
AREA_PENALTY = 0.2
MASK_WEIGHT = 0.025
BOX_SLOPE = 0.5  # logit per pixel of the network's input
# The logit never falls below -FLOOR * GAIN * tolerance, so that an edge between cells stays near
# their common border.
FLOOR = 0.9
FAR = 100.0
CELL = 4  # input pixels per cell
FLOAT, INT64, INT32, BOOL = (
    TensorProto.FLOAT,
    TensorProto.INT64,
    TensorProto.INT32,
    TensorProto.BOOL,
)


def f32(values):
    return np.asarray(values, np.float32)


def i64(*values):
    return np.asarray(values, np.int64)


class Graph:
    """Nodes in order, and constants, each kept once."""

    def __init__(self):
        self.nodes, self.constants = [], {}

    def add(self, op, *inputs, **attributes):
        name = f"{op}{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(op, [self.value(i) for i in inputs], [name], **attributes)
        )
        return name

    def value(self, source):
        if isinstance(source, str):
            return source
        array = np.asarray(source)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.constants:
            self.constants[key] = numpy_helper.from_array(array, f"c{len(self.constants)}")
        return self.constants[key].name

    def name_output(self, source, name, kind=None):
        self.nodes.append(
            helper.make_node(
                "Cast" if kind else "Identity", [source], [name], **({"to": kind} if kind else {})
            )
        )

    def slice(self, source, start, end, axis):
        return self.add("Slice", source, i64(start), i64(end), i64(axis))

    def dim(self, source, axis):
        return self.add("Gather", self.add("Shape", source), i64(axis), axis=0)

    def sum(self, source, axis, keep=1):
        return self.add("ReduceSum", source, i64(axis), keepdims=keep)

    def equal(self, source, value):
        return self.add("Cast", self.add("Equal", source, f32(value)), to=FLOAT)

    def least(self, *sources):
        return self.add("Min", *sources)

    def model(self, name, inputs, outputs, opset=17, metadata=None):
        info = lambda items: [
            helper.make_tensor_value_info(n, kind, dims) for n, kind, dims in items
        ]
        graph = helper.make_graph(
            self.nodes, name, info(inputs), info(outputs), list(self.constants.values())
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", opset)], producer_name="masklet"
        )
        model.ir_version = 8
        if metadata:
            helper.set_model_props(model, metadata)
        onnx.checker.check_model(model, full_check=True)
        return model


def cells_of(g, image, mean, std, side=1024):
    """Mean color (0..1) of every cell: normalized image [1, 3, side, side] -> [1, 3, side / 4,
    side / 4].
    """
    if mean is not None:
        image = g.add(
            "Add", g.add("Mul", image, f32(std).reshape(1, 3, 1, 1)), f32(mean).reshape(1, 3, 1, 1)
        )
    return g.add("AveragePool", image, kernel_shape=[CELL, CELL], strides=[CELL, CELL])


def pack(g, cells, channels, block, side=256):
    """[1, C, side, side] -> [1, C * block^2, side / block, side / block], then zero channels up to
    `channels`.
    """
    small, count = side // block, 3 if channels == 256 else 1
    blocks = g.add("Reshape", cells, i64(1, count, small, block, small, block))
    packed = g.add(
        "Reshape",
        g.add("Transpose", blocks, perm=[0, 1, 3, 5, 2, 4]),
        i64(1, count * block * block, small, small),
    )
    rest = channels - count * block * block
    zeros = g.add("ConstantOfShape", i64(1, rest, small, small))
    return g.add("Concat", packed, zeros, axis=1)


def unpack(g, embedding, count, block, side=256):
    small = side // block
    blocks = g.add(
        "Reshape",
        g.slice(embedding, 0, count * block * block, 1),
        i64(1, count, block, block, small, small),
    )
    return g.add(
        "Reshape", g.add("Transpose", blocks, perm=[0, 1, 4, 2, 5, 3]), i64(1, count, side, side)
    )


def box_of_labels(g, coords, labels):
    """Corners carry the labels 2 and 3: box [B, 4] and whether there is one [B, 1]."""
    corner = lambda label: g.sum(
        g.add("Mul", coords, g.add("Unsqueeze", g.equal(labels, label), i64(2))), 1, 0
    )
    has = g.least(g.sum(g.equal(labels, 2), 1), f32(1))
    return g.add("Concat", corner(2), corner(3), axis=1), has


def box_of_input(g, boxes, count):
    """boxes [1, 0 or count, 4] -> box [count, 4] and whether there is one."""
    none = g.add("Expand", f32([[[0, 0, 0, 0]]]), g.add("Concat", i64(1), count, i64(4), axis=0))
    box = g.add(
        "Reshape",
        g.add("Slice", g.add("Concat", boxes, none, axis=1), i64(0), count, i64(1)),
        i64(-1, 4),
    )
    wide = g.add("Sub", g.slice(box, 2, 3, 1), g.slice(box, 0, 1, 1))
    return box, g.add("Cast", g.add("Greater", wide, f32(0)), to=FLOAT)


def with_box_center(g, coords, labels, box, has):
    """A further foreground point in the middle of the box when there is none."""
    none = g.add("Sub", f32(1), g.least(g.sum(g.equal(labels, 1), 1), f32(1)))
    center = g.add("Mul", g.add("Add", g.slice(box, 0, 2, 1), g.slice(box, 2, 4, 1)), f32(0.5))
    label = g.add("Sub", g.add("Mul", g.add("Mul", has, none), f32(2)), f32(1))
    return g.add("Concat", coords, g.add("Unsqueeze", center, i64(1)), axis=1), g.add(
        "Concat", labels, label, axis=1
    )


def inside_box(g, box, has, side=256):
    """Distance to the nearest edge of the box in input pixels, positive inside; huge without a box.
    [B, 1, side, side]
    """
    centers = (np.arange(side, dtype=np.float32) + 0.5) * CELL
    edge = lambda k: g.add("Reshape", g.slice(box, k, k + 1, 1), i64(-1, 1, 1, 1))
    across = centers.reshape(1, 1, 1, side), centers.reshape(1, 1, side, 1)
    sides = [g.add("Sub", across[k], edge(k)) for k in (0, 1)] + [
        g.add("Sub", edge(k + 2), across[k]) for k in (0, 1)
    ]
    free = g.add("Mul", g.add("Sub", f32(1), g.add("Reshape", has, i64(-1, 1, 1, 1))), f32(1e4))
    return g.add("Add", g.add("Max", g.least(*sides), f32(-2000)), free)


def one_hots(g, coords, side=256):
    """Row and column of each point as [B, N, side] with a single 1."""
    cells = g.add(
        "Clip",
        g.add("Floor", g.add("Mul", g.add("Add", coords, f32(0.5)), f32(1 / CELL))),
        f32(0),
        f32(side - 1),
    )
    index = np.arange(side, dtype=np.float32).reshape(1, 1, side)
    hot = lambda axis: g.add(
        "Relu",
        g.add("Sub", f32(1), g.add("Abs", g.add("Sub", index, g.slice(cells, axis, axis + 1, 2)))),
    )
    return hot(1), hot(0)


def color_distance(g, cells, rows, columns):
    """[B, N, side, side]: distance of each cell to the color under each point."""
    lines = g.add("MatMul", g.add("Unsqueeze", rows, i64(1)), cells)
    colors = g.add(
        "Transpose",
        g.sum(g.add("Mul", lines, g.add("Unsqueeze", columns, i64(1))), 3),
        perm=[0, 2, 1, 3],
    )
    parts = [
        g.add("Abs", g.add("Sub", g.slice(cells, c, c + 1, 1), g.slice(colors, c, c + 1, 2)))
        for c in range(3)
    ]
    return g.add("Add", g.add("Add", parts[0], parts[1]), parts[2])


def relax(g, reached, limit, times):
    for _ in range(times):
        spread = g.add("MaxPool", reached, kernel_shape=[3, 3], pads=[1, 1, 1, 1])
        reached = g.least(spread, limit)
    return reached


def flood(g, limit, seeds, cycles=2, times=(4, 8, 24, 40)):
    """The greatest `reached` <= limit that is at every cell the greatest of its neighbors' (or the
    seed's), capped by `limit`.

    Goes down a pyramid and up again: a coarse cell is as passable as the worst of its cells, so
    nothing is reached that a fine flood would not reach. What a path needs beyond `times` steps per
    level and cycle (long thin spirals) is left unreached.
    """
    levels = len(times) - 1
    half = lambda t: g.add("MaxPool", t, kernel_shape=[2, 2], strides=[2, 2])
    limits = [limit]
    for _ in range(levels):
        limits.append(g.add("Neg", half(g.add("Neg", limits[-1]))))
    reached = g.least(limit, seeds)
    for _ in range(cycles):
        down = [relax(g, reached, limit, times[0])]
        for level in range(1, levels + 1):
            down.append(
                relax(g, g.least(half(down[-1]), limits[level]), limits[level], times[level])
            )
        reached = down[-1]
        for level in reversed(range(levels)):
            twice = g.add(
                "Resize",
                reached,
                "",
                f32([1, 1, 2, 2]),
                mode="nearest",
                coordinate_transformation_mode="asymmetric",
                nearest_mode="floor",
            )
            reached = relax(
                g,
                g.add("Max", down[level], g.least(twice, limits[level])),
                limits[level],
                times[level],
            )
    return reached


def region_logits(g, cells, coords, labels, box=None, mask=None, background=True):
    """Logits [B, 4, 256, 256] and predicted IoU [B, 4].

    cells [1, 3, 256, 256]; coords [B, N, 2] in input pixels; labels [B, N] float; box: (box [B, 4],
    has [B, 1]) or None; mask: (logits [B, 1, 256, 256], has [B] or [1]) or None.
    """
    inside = None
    if box is not None:
        coords, labels = with_box_center(g, coords, labels, *box)
        inside = inside_box(g, *box)
    rows, columns = one_hots(g, coords)
    distance = color_distance(g, cells, rows, columns)
    limits, seeds = [], []
    for label in (1, 0) if background else (1,):
        chosen = g.equal(labels, label)
        others = g.add(
            "Reshape",
            g.add("Mul", g.add("Sub", f32(1), chosen), f32(FAR)),
            g.add("Concat", g.add("Shape", chosen), i64(1, 1), axis=0),
        )
        limit = g.add(
            "Neg", g.add("ReduceMin", g.add("Add", distance, others), axes=[1], keepdims=1)
        )
        if label == 1 and mask is not None:
            weight = g.add("Mul", g.add("Reshape", mask[1], i64(-1, 1, 1, 1)), f32(MASK_WEIGHT))
            limit = g.add(
                "Add", limit, g.add("Mul", g.add("Clip", mask[0], f32(-4), f32(4)), weight)
            )
        if inside is not None:
            outside = g.add("Cast", g.add("Less", inside, f32(-CELL)), to=FLOAT)
            limit = g.add("Sub", limit, g.add("Mul", outside, f32(FAR)))
        hot = g.add("Mul", rows, g.add("Unsqueeze", chosen, i64(2)))
        count = g.add(
            "Unsqueeze", g.add("MatMul", g.add("Transpose", hot, perm=[0, 2, 1]), columns), i64(1)
        )
        limits.append(limit)
        seeds.append(g.add("Mul", g.add("Sub", g.least(count, f32(1)), f32(1)), f32(FAR)))
    joined = lambda items: g.add("Concat", *items, axis=1) if len(items) > 1 else items[0]
    reached = flood(g, joined(limits), joined(seeds))
    first = g.slice(reached, 0, 1, 1) if background else reached
    tolerance = f32(TOLERANCES).reshape(1, 4, 1, 1)
    logits = [g.add("Mul", g.add("Add", first, tolerance), f32(GAIN))]
    if background:
        logits.append(
            g.add(
                "Sub",
                g.add("Mul", g.add("Sub", first, g.slice(reached, 1, 2, 1)), f32(GAIN)),
                f32(1),
            )
        )
    if inside is not None:
        logits.append(g.add("Mul", inside, f32(BOX_SLOPE)))
    result = g.add(
        "Max", g.least(*logits) if len(logits) > 1 else logits[0], -FLOOR * GAIN * tolerance
    )
    return result, predicted_iou(g, result)


def predicted_iou(g, logits):
    positive = g.add("Cast", g.add("Greater", logits, f32(0)), to=FLOAT)
    area = g.add("ReduceMean", positive, axes=[2, 3], keepdims=0)
    return g.add("Sub", f32(BASE_IOU).reshape(1, 4), g.add("Mul", area, f32(AREA_PENALTY)))


def resize_to(g, planes, height, width):
    """Bilinear, half-pixel centers. height, width: int64 [1]."""
    sizes = g.add(
        "Concat", g.add("Slice", g.add("Shape", planes), i64(0), i64(2)), height, width, axis=0
    )
    return g.add(
        "Resize", planes, "", "", sizes, mode="linear", coordinate_transformation_mode="half_pixel"
    )


def longest_side_masks(g, logits, size, side=1024):
    """What SAM does after its decoder: up to the input's side, cut to the picture's part, up to the
    picture. size: float [2] = (H, W).
    """
    scale = g.add("Div", f32([side]), g.add("ReduceMax", size, axes=[0], keepdims=1))
    cut = g.add("Cast", g.add("Floor", g.add("Add", g.add("Mul", size, scale), f32(0.5))), to=INT64)
    whole = resize_to(g, logits, i64(side), i64(side))
    part = g.add("Slice", whole, i64(0, 0), cut, i64(2, 3))
    final = g.add("Cast", size, to=INT64)
    return resize_to(g, part, g.slice(final, 0, 1, 0), g.slice(final, 1, 2, 0))


def select_mask(g, logits, iou, coords):
    """SAM's return_single_mask: the first mask with more than one click (and the padding point),
    else the best of the others.
    """
    count = g.add("Cast", g.dim(coords, 1), to=FLOAT)
    weight = g.add("Mul", g.add("Sub", count, f32([2.5])), f32([[1000, 0, 0, 0]]))
    best = g.add("ArgMax", g.add("Add", iou, weight), axis=1, keepdims=0)
    return g.add("Gather", logits, best, axis=1), g.add("Gather", iou, best, axis=1)
