"""Writes tests/data/tiny_models/*.onnx: networks of a few nodes with the tensors of YOLO
segmentation exports.

They find squares: the mean color of every 16 x 16 cell of the input is its score for the classes
red, green and blue, the cell is the box, and the mask is where that color is above one half. So a
test can say by hand what must come out.

  dense            images [1, 3, 64, 64] -> output0 [1, 11, 84] (4 + 3 classes + 4 coefficients),
                   output1 [1, 4, 16, 16]
  dense_dynamic    the same with open height, width and batch
  end_to_end       images [1, 3, 64, 64] -> output0 [1, 16, 10] (x1, y1, x2, y2, score, class, 4
                   coefficients), output1
  half             dense with float16 input and outputs
  open_shapes      dense whose file tells only the rank of its outputs
  chw, hwc, nhwc   dense with its input as [3, 64, 64], [64, 64, 3], [1, 64, 64, 3]
  bytes            dense with uint8 input [1, 64, 64, 3] of levels, divided by 255 inside
  two_at_once      dense for exactly two pictures
  second_input     dense with another input 'gain' int64 [1] that nothing feeds
  any_size         image [3, height, width] -> boxes [n, 4], labels int64 [n], scores [n], masks [n,
                   1, height, width]: an object for every
                   cell of one color, as torchvision's Mask R-CNN gives them; class 1 red, 2 green,
                     3 blue; n may be 0
  fails_on_white   dense that fails inside a kernel when the first pixel is white
  squares.png      three squares on black: red at (0, 0), blue at (32, 16), green at (48, 48)

Run with Python 3, numpy and onnx: python3 tests/golden/make_tiny_models.py
"""

import struct
import zlib
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = Path(__file__).resolve().parent.parent / "data" / "tiny_models"
NAMES = "{0: 'red', 1: 'green', 2: 'blue'}"
STRIDES = (8, 16, 32)


class Graph:
    """Nodes in order, and named constants."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def add(self, op, *inputs, **attributes):
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(op, [self.value(i) for i in inputs], [name], name=name, **attributes)
        )
        return name

    def value(self, source):
        if isinstance(source, str):
            return source
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(source), name))
        return name


def f32(values):
    return np.asarray(values, np.float32)


def level(g, image, stride):
    """Rows of one detection level, [1, 11, (64 / stride) ** 2]; only the cells of stride 16 have a
    score.
    """
    cells = g.add("AveragePool", image, kernel_shape=[stride, stride], strides=[stride, stride])
    red, green, blue = (
        g.add("Slice", cells, np.int64([c]), np.int64([c + 1]), np.int64([1])) for c in range(3)
    )
    others = [(green, blue), (red, blue), (red, green)]
    weight = f32(1 if stride == 16 else 0)
    scores = [
        g.add("Mul", g.add("Relu", g.add("Sub", own, g.add("Add", a, b))), weight)
        for own, (a, b) in zip((red, green, blue), others)
    ]
    zero = g.add("Mul", red, f32(0))
    one = g.add("Add", zero, f32(1))
    centers = [
        g.add(
            "Sub", g.add("Mul", g.add("CumSum", one, np.int64(axis)), f32(stride)), f32(stride / 2)
        )
        for axis in (3, 2)
    ]
    side = g.add("Add", zero, f32(stride))
    # One coefficient per class: its score above zero, made 0 or 1.
    picks = [
        g.add("Cast", g.add("Greater", score, f32(0)), to=TensorProto.FLOAT) for score in scores
    ]
    rows = g.add("Concat", *centers, side, side, *scores, *picks, zero, axis=1)
    return g.add("Reshape", rows, np.int64([0, 11, -1]))


def prototypes(g, image):
    quarter = g.add("AveragePool", image, kernel_shape=[4, 4], strides=[4, 4])
    planes = g.add("Sub", g.add("Mul", quarter, f32(8)), f32(4))
    first = g.add("Slice", quarter, np.int64([0]), np.int64([1]), np.int64([1]))
    ones = g.add("Add", g.add("Mul", first, f32(0)), f32(1))
    return g.add("Concat", planes, ones, axis=1)


def dense(g, image):
    return g.add("Concat", *(level(g, image, stride) for stride in STRIDES), axis=2), prototypes(
        g, image
    )


def end_to_end(g, image):
    rows = g.add("Transpose", level(g, image, 16), perm=[0, 2, 1])
    part = lambda start, end: g.add(
        "Slice", rows, np.int64([start]), np.int64([end]), np.int64([2])
    )
    center, size, scores, coefficients = part(0, 2), part(2, 4), part(4, 7), part(7, 11)
    half = g.add("Mul", size, f32(0.5))
    best = g.add("ReduceMax", scores, axes=[2], keepdims=1)
    which = g.add("Cast", g.add("ArgMax", scores, axis=2, keepdims=1), to=TensorProto.FLOAT)
    final = g.add(
        "Concat",
        g.add("Sub", center, half),
        g.add("Add", center, half),
        best,
        which,
        coefficients,
        axis=2,
    )
    return final, prototypes(g, image)


def fails_on_white(g, image):
    """Gather beyond the end of a list of one number, as soon as the first pixel's red is above
    0.9.
    """
    pixel = g.add("Slice", image, np.int64([0, 0, 0]), np.int64([1, 1, 1]), np.int64([1, 2, 3]))
    index = g.add(
        "Mul",
        g.add("Cast", g.add("Greater", pixel, f32(0.9)), to=TensorProto.INT64),
        np.int64(1000),
    )
    zero = g.add("Gather", f32([0]), g.add("Reshape", index, np.int64([-1])))
    rows, planes = dense(g, image)
    return g.add("Add", rows, g.add("Reshape", zero, np.int64([1, 1, 1]))), planes


def from_chw(g, image):
    return dense(g, g.add("Unsqueeze", image, np.int64([0])))


def from_hwc(g, image):
    return from_nhwc(g, g.add("Unsqueeze", image, np.int64([0])))


def from_nhwc(g, image):
    return dense(g, g.add("Transpose", image, perm=[0, 3, 1, 2]))


def from_bytes(g, image):
    return from_nhwc(g, g.add("Div", g.add("Cast", image, to=TensorProto.FLOAT), f32(255)))


def any_size(g, image):
    """Boxes are the 16 x 16 cells in which one color is more than the others together by more than
    a half.
    """
    batch = g.add("Unsqueeze", image, np.int64([0]))
    cells = g.add("AveragePool", batch, kernel_shape=[16, 16], strides=[16, 16])
    pure = g.add(
        "Sub", g.add("Mul", cells, f32(2)), g.add("ReduceSum", cells, np.int64([1]), keepdims=1)
    )
    places = g.add(
        "Transpose", g.add("NonZero", g.add("Greater", pure, f32(0.5))), perm=[1, 0]
    )  # [n, 4]: 0, color, row, column
    scores = g.add("GatherND", pure, places)
    column = lambda k: g.add("Slice", places, np.int64([k]), np.int64([k + 1]), np.int64([1]))
    color, row, col = column(1), column(2), column(3)
    corner = g.add(
        "Mul", g.add("Cast", g.add("Concat", col, row, axis=1), to=TensorProto.FLOAT), f32(16)
    )
    boxes = g.add("Concat", corner, g.add("Add", corner, f32(16)), axis=1)
    flat = g.add("Reshape", color, np.int64([-1]))
    masks = g.add("Gather", image, color, axis=0)  # [n, 1, height, width]
    return boxes, g.add("Add", flat, np.int64(1)), scores, masks


def save(
    name,
    body,
    input_dims,
    shapes,
    half=False,
    metadata=(),
    input_kind=None,
    output_kinds=None,
    extra=(),
):
    """`shapes` of the outputs output0, output1 …, or {name: shape}."""
    named = (
        shapes
        if isinstance(shapes, dict)
        else {f"output{k}": shape for k, shape in enumerate(shapes)}
    )
    g = Graph()
    image = g.add("Cast", "images", to=TensorProto.FLOAT) if half else "images"
    results = body(g, image)
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    for output, result in zip(named, results):
        op = {"to": TensorProto.FLOAT16} if half else {}
        g.nodes.append(helper.make_node("Cast" if half else "Identity", [result], [output], **op))
    kinds = output_kinds or [kind] * len(named)
    graph = helper.make_graph(
        g.nodes,
        name,
        [helper.make_tensor_value_info("images", input_kind or kind, input_dims), *extra],
        [
            helper.make_tensor_value_info(output, k, shape)
            for k, (output, shape) in zip(kinds, named.items())
        ],
        g.constants,
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="make_tiny_models.py"
    )
    model.ir_version = 8
    helper.set_model_props(
        model, {"names": NAMES, "stride": "32", "task": "segment", **dict(metadata)}
    )
    onnx.checker.check_model(model)
    (OUT / f"{name}.onnx").write_bytes(model.SerializeToString())


def squares_png():
    """A PNG by hand: one IDAT with unfiltered rows."""
    pixels = np.zeros((64, 64, 3), np.uint8)
    for x, y, channel in ((0, 0, 0), (32, 16, 2), (48, 48, 1)):
        pixels[y : y + 16, x : x + 16, channel] = 255
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunk = (
        lambda kind, body: struct.pack(">I", len(body))
        + kind
        + body
        + struct.pack(">I", zlib.crc32(kind + body))
    )
    header = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows, 9))
        + chunk(b"IEND", b"")
    )


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    fixed = [1, 3, 64, 64]
    shapes = [[1, 11, 84], [1, 4, 16, 16]]
    (OUT / "squares.png").write_bytes(squares_png())
    save("dense", dense, fixed, shapes, metadata=[("imgsz", "[64, 64]")])
    open_input = ["batch", 3, "height", "width"]
    save(
        "dense_dynamic",
        dense,
        open_input,
        [["batch", 11, "anchors"], ["batch", 4, "h", "w"]],
        metadata=[("imgsz", "[64, 96]")],
    )
    save(
        "end_to_end",
        end_to_end,
        fixed,
        [[1, 16, 10], [1, 4, 16, 16]],
        metadata=[("end2end", "True")],
    )
    save("half", dense, fixed, shapes, half=True)
    save("open_shapes", dense, fixed, [list("abc"), list("defg")])
    save("fails_on_white", fails_on_white, fixed, shapes)
    save("chw", from_chw, [3, 64, 64], shapes)
    save("hwc", from_hwc, [64, 64, 3], shapes)
    save("nhwc", from_nhwc, [1, 64, 64, 3], shapes)
    save("bytes", from_bytes, [1, 64, 64, 3], shapes, input_kind=TensorProto.UINT8)
    save("two_at_once", dense, [2, 3, 64, 64], [[2, 11, 84], [2, 4, 16, 16]])
    gain = helper.make_tensor_value_info("gain", TensorProto.INT64, [1])
    save(
        "second_input",
        lambda g, image: dense(g, g.add("Mul", image, g.add("Cast", "gain", to=TensorProto.FLOAT))),
        fixed,
        shapes,
        extra=[gain],
    )
    open_masks = {
        "boxes": ["n", 4],
        "labels": ["n"],
        "scores": ["n"],
        "masks": ["n", 1, "height", "width"],
    }
    numbers = [TensorProto.FLOAT, TensorProto.INT64, TensorProto.FLOAT, TensorProto.FLOAT]
    save(
        "any_size",
        any_size,
        [3, "height", "width"],
        open_masks,
        output_kinds=numbers,
        metadata=[("names", "['nothing', 'red', 'green', 'blue']")],
    )


if __name__ == "__main__":
    main()
