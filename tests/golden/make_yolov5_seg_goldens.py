#!/usr/bin/env python3
"""Makes tests/golden/yolov5_seg/*.golden: YOLOv5 segmentation outputs with planted objects, decoded by numpy and torchvision.

The rule is that of YOLOv5's general.non_max_suppression with multi_label off: objectness above the threshold, then class scores times
objectness, the best class above the threshold, suppression inside each class. Needs numpy, torch, torchvision, pycocotools.
"""
import numpy as np
from detector_reference import SIZES, STRETCH, TOP_LEFT, cells, draw_prototypes, expected, make_all, objects, plant_not_finite

FAMILY = "yolov5_seg"
ORIGIN = "numpy float64 by the rule of YOLOv5's non_max_suppression, torchvision.ops.nms for each class, masks on the full frame"
CASES = {
    **SIZES,
    "many": {**SIZES["many"], "objects": 260},
    "ninety_one_classes": dict(classes=91, net=(32, 32), objects=5, copies=2),
    "four_levels": dict(strides=(8, 16, 32, 64), classes=2),
    "top_left": dict(src=(120, 50), mode=TOP_LEFT),
    "stretched": dict(src=(120, 50), mode=STRETCH, net=(64, 96)),
}


def draw(random, case):
    protos = case.setdefault("protos", 4)
    case["proto"] = (case["net"][0] // 4, case["net"][1] // 4)
    classes = case["classes"]
    rows = np.empty((3 * len(cells(case)), 5 + classes + protos), np.float32)
    rows[:, :4] = random.uniform(0, 40, (len(rows), 4))
    rows[:, 4] = random.uniform(0, case["score"] * 0.9, len(rows))
    rows[:, 5 : 5 + classes] = random.uniform(0, 1, (len(rows), classes))
    rows[:, 5 + classes :] = random.normal(0, 1.5, (len(rows), protos))
    found = objects(random, case)
    for slot, (box, score, class_id) in zip(random.permutation(len(rows)), found):
        objectness = random.uniform(max(score, 0.5), 1)
        rows[slot, :5] = [*(box[:2] + box[2:]) / 2, *(box[2:] - box[:2]), objectness]
        rows[slot, 5 : 5 + classes] *= 0.2 * score
        rows[slot, 5 + class_id] = score / objectness
    if case["not_finite"]:
        planted = rows[rows[:, 4] > case["score"]]
        plant_not_finite(random, planted, range(5 + classes))
        rows[rows[:, 4] > case["score"]] = planted
    prototypes = draw_prototypes(random, case)
    return {"output0": rows[None], "output1": prototypes[None]}, decode(case, rows, prototypes), {}


def decode(case, rows, prototypes):
    wide = rows.astype(np.float64)
    classes = case["classes"]
    with np.errstate(invalid="ignore"):
        products = wide[:, 5 : 5 + classes] * wide[:, 4:5]
        products[np.isnan(products) | ~(wide[:, 4:5] > case["score"])] = -1
        boxes = np.concatenate([wide[:, :2] - wide[:, 2:4] / 2, wide[:, :2] + wide[:, 2:4] / 2], 1)
    best = products.argmax(1)
    scores = products[np.arange(len(products)), best]
    return expected(case, boxes, scores, best, wide[:, 5 + classes :], prototypes)


if __name__ == "__main__":
    make_all(FAMILY, CASES, draw, ORIGIN)
