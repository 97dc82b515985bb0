#!/usr/bin/env python3
"""Makes tests/golden/yolov5_seg/*.golden: YOLOv5 segmentation outputs with planted objects, decoded
by numpy and torchvision.

The rule is that of YOLOv5's general.non_max_suppression with multi_label off: objectness above the
threshold, then class scores times objectness, the best class above the threshold, suppression
inside each class. Needs numpy, torch, torchvision, pycocotools.
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
from make_yolo_goldens import STRETCH, TOP_LEFT, draw_prototypes

FAMILY = "yolov5_seg"
ORIGIN = (
    "numpy float64 by the rule of YOLOv5's non_max_suppression, torchvision.ops.nms for "
    "each class, masks on the full frame"
)
CASES = {
    **SIZES,
    "many": {**SIZES["many"], "objects": 260},
    "ninety_one_classes": dict(classes=91, net=(32, 32), objects=5, copies=2),
    "four_levels": dict(strides=(8, 16, 32, 64), classes=2),
    "top_left": dict(src=(120, 50), mode=TOP_LEFT),
    "stretched": dict(src=(120, 50), mode=STRETCH, net=(64, 96)),
}


def draw(random, case):
    classes, protos = case["classes"], 4
    shape = {**case, "protos": protos, "proto": (case["net"][0] // 4, case["net"][1] // 4)}
    rows = objectness_rows(random, case, random.uniform(0, 40, (3 * len(cells(case)), 4)), protos)
    plant_not_finite(random, case, rows, range(5 + classes), rows[:, 4])
    prototypes = draw_prototypes(random, shape)
    return {"output0": rows[None], "output1": prototypes[None]}, decode(case, rows, prototypes), {}


def decode(case, rows, prototypes):
    wide = rows.astype(np.float64)
    classes = case["classes"]
    with np.errstate(invalid="ignore"):
        products = wide[:, 5 : 5 + classes] * wide[:, 4:5]
    products[np.isnan(products) | ~(wide[:, 4:5] > case["score"])] = -1
    return expected(
        case, corners(wide), products.max(1), products.argmax(1), wide[:, 5 + classes :], prototypes
    )


if __name__ == "__main__":
    make_all(FAMILY, CASES, draw, ORIGIN)
