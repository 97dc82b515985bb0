#!/usr/bin/env python3
"""Makes tests/golden/yolox/*.golden: YOLOX outputs with planted objects, as offsets and logarithms
and in pixels, decoded by numpy and torchvision. Needs numpy, torch, torchvision, pycocotools.

Rows become boxes by the rule of YOLOX's demo_postprocess (yolox/utils/demo_utils.py); score and
class are those of its postprocess (objectness times best class), suppression is inside each class.
"""

import numpy as np
from detector_reference import (
    SIZES,
    cells,
    corners,
    expected,
    make_all,
    objectness_rows,
    plant_not_finite,
)
from make_yolo_goldens import CENTRE, TOP_LEFT

FAMILY = "yolox"
ORIGIN = (
    "numpy float64 by the rule of YOLOX's demo_postprocess and postprocess, "
    "torchvision.ops.nms for each class; "
    "the way back to the picture "
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
    grid = np.asarray(cells(case), np.float64)

    def place(slot, box):
        x, y, stride = grid[slot]
        return np.concatenate(
            [box[:2] / stride - (x, y), np.log(np.maximum(box[2:], 0.05) / stride)]
        )

    nothing = np.concatenate(
        [random.uniform(-0.5, 1.5, (len(grid), 2)), random.uniform(-2, 2, (len(grid), 2))], 1
    )
    rows = objectness_rows(random, case, nothing, place=place)
    if case.get("pixels"):
        rows[:, :4] = to_pixels(rows, grid)
    plant_not_finite(random, case, rows, range(rows.shape[1]), rows[:, 4])
    return {"output": rows[None]}, decode(case, rows, grid), {}


def to_pixels(rows, grid):
    """demo_postprocess"""
    with np.errstate(all="ignore"):
        return np.concatenate(
            [(rows[:, :2] + grid[:, :2]) * grid[:, 2:], np.exp(rows[:, 2:4]) * grid[:, 2:]], 1
        )


def decode(case, rows, grid):
    wide = rows.astype(np.float64)
    if not case.get("pixels"):
        wide[:, :4] = to_pixels(wide, grid)
    with np.errstate(invalid="ignore"):
        products = wide[:, 5:] * wide[:, 4:5]
    products[np.isnan(products)] = -1
    return expected(case, corners(wide), products.max(1), products.argmax(1))


if __name__ == "__main__":
    make_all(FAMILY, CASES, draw, ORIGIN)
