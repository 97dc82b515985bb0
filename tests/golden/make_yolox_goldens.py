#!/usr/bin/env python3
"""Makes tests/golden/yolox/*.golden: YOLOX outputs with planted objects, as offsets and logarithms and in pixels, decoded by numpy and
torchvision. Needs numpy, torch, torchvision, pycocotools.

Rows become boxes by the rule of YOLOX's demo_postprocess (yolox/utils/demo_utils.py); score and class are those of its postprocess
(objectness times best class), suppression is inside each class.
"""
import numpy as np
from detector_reference import CENTRE, SIZES, TOP_LEFT, cells, expected, make_all, objects, plant_not_finite

FAMILY = "yolox"
ORIGIN = (
    "numpy float64 by the rule of YOLOX's demo_postprocess and postprocess, torchvision.ops.nms for each class; the way back to the picture "
    "by the scale of each axis, where YOLOX divides both by the unrounded ratio"
)
CASES = {
    **{name: {"mode": TOP_LEFT, **changes} for name, changes in SIZES.items()},
    "four_levels": dict(mode=TOP_LEFT, strides=(8, 16, 32, 64), classes=2, net=(128, 64)),
    "centred": dict(mode=CENTRE, src=(120, 50)),
    "pixels": dict(mode=TOP_LEFT, pixels=True, classes=80, net=(64, 32)),
    "pixels_odd_sides": dict(mode=TOP_LEFT, pixels=True, src=(101, 67), net=(96, 64)),
    "pixels_many": {"mode": TOP_LEFT, **SIZES["many"], "pixels": True},
}


def draw(random, case):
    classes, grid = case["classes"], np.asarray(cells(case), np.float64)
    rows = np.empty((len(grid), 5 + classes), np.float32)
    rows[:, :2] = random.uniform(-0.5, 1.5, (len(rows), 2))
    rows[:, 2:4] = random.uniform(-2, 2, (len(rows), 2))
    rows[:, 4] = random.uniform(0, case["score"] * 0.9, len(rows))
    rows[:, 5:] = random.uniform(0, 1, (len(rows), classes))
    for slot, (box, score, class_id) in zip(random.permutation(len(rows)), objects(random, case)):
        x, y, stride = grid[slot]
        objectness = random.uniform(max(score, 0.5), 1)
        centre, size = (box[:2] + box[2:]) / 2, np.maximum(box[2:] - box[:2], 0.05)
        rows[slot, :5] = [*(centre / stride - (x, y)), *np.log(size / stride), objectness]
        rows[slot, 5:] *= 0.2 * score
        rows[slot, 5 + class_id] = score / objectness
    if case.get("pixels"):
        rows[:, :2] = (rows[:, :2] + grid[:, :2]) * grid[:, 2:]
        rows[:, 2:4] = np.exp(rows[:, 2:4]) * grid[:, 2:]
    if case["not_finite"]:
        scored = rows[:, 4] > case["score"]
        planted = rows[scored]
        plant_not_finite(random, planted, range(rows.shape[1]))
        rows[scored] = planted
    return {"output": rows[None]}, decode(case, rows, grid), {}


def decode(case, rows, grid):
    wide = rows.astype(np.float64)
    with np.errstate(all="ignore"):
        if not case.get("pixels"):
            wide[:, :2] = (wide[:, :2] + grid[:, :2]) * grid[:, 2:]
            wide[:, 2:4] = np.exp(wide[:, 2:4]) * grid[:, 2:]
        boxes = np.concatenate([wide[:, :2] - wide[:, 2:4] / 2, wide[:, :2] + wide[:, 2:4] / 2], 1)
        products = wide[:, 5:] * wide[:, 4:5]
    products[np.isnan(products)] = -1
    return expected(case, boxes, products.max(1), products.argmax(1))


if __name__ == "__main__":
    make_all(FAMILY, CASES, draw, ORIGIN)
