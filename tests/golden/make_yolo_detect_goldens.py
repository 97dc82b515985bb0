#!/usr/bin/env python3
"""Makes tests/golden/yolo_detect/*.golden: outputs of YOLO box detectors in their three layouts with planted objects, decoded by numpy and
torchvision. Needs numpy, torch, torchvision, pycocotools.
"""
import numpy as np
from detector_reference import SIZES, STRETCH, TOP_LEFT, cells, expected, make_all, objects, plant_not_finite

FAMILY = "yolo_detect"
ORIGIN = "numpy float64 by the rule of Ultralytics' non_max_suppression, torchvision.ops.nms for each class"
CASES = {
    **{name: {**changes, "iou": 0.7} for name, changes in SIZES.items()},
    "finer_level": dict(strides=(4, 8, 16, 32), net=(32, 64)),
    "top_left": dict(src=(120, 50), mode=TOP_LEFT),
    "stretched": dict(src=(120, 50), mode=STRETCH, net=(64, 96)),
    "end_to_end": dict(layout="end-to-end", rows=30, classes=5, src=(70, 50)),
    "end_to_end_many": dict(layout="end-to-end", rows=300, classes=91, objects=140, object_scale=0.5, src=(403, 307)),
    "end_to_end_not_finite": dict(layout="end-to-end", rows=40, not_finite=True),
    "objectness": dict(layout="objectness", classes=5),
    "objectness_odd_sides": dict(layout="objectness", src=(101, 67), net=(64, 32), classes=1),
    "objectness_four_levels": dict(layout="objectness", strides=(8, 16, 32, 64), classes=91, net=(64, 64), src=(31, 97)),
    "objectness_not_finite": dict(layout="objectness", not_finite=True, classes=2),
}


def draw(random, case):
    layout = case.get("layout", "dense")
    rows = dict(dense=dense_rows, objectness=objectness_rows).get(layout, final_rows)(random, case)
    if case["not_finite"]:
        scored = np.flatnonzero(rows[:, 4:].max(1) > case["score"])
        planted = rows[scored]
        plant_not_finite(random, planted, range(5) if layout == "end-to-end" else range(rows.shape[1]))
        rows[scored] = planted
    wide = rows.astype(np.float64)
    with np.errstate(invalid="ignore"):
        boxes = np.concatenate([wide[:, :2] - wide[:, 2:4] / 2, wide[:, :2] + wide[:, 2:4] / 2], 1)
        scores = wide[:, 5:] * wide[:, 4:5] if layout == "objectness" else wide[:, 4:]
    if layout == "end-to-end":
        instances = expected(case, wide[:, :4], wide[:, 4], wide[:, 5].astype(int), suppressed=True)
    else:
        scores = np.where(np.isnan(scores), -1, scores)
        instances = expected(case, boxes, scores.max(1), scores.argmax(1))
    return {"output0": rows.T[None] if layout == "dense" else rows[None]}, instances, {"variant": layout}


def dense_rows(random, case):
    rows = np.empty((len(cells(case)), 4 + case["classes"]), np.float32)
    rows[:, :4] = random.uniform(0, 40, (len(rows), 4))
    rows[:, 4:] = random.uniform(0, case["score"] * 0.9, (len(rows), case["classes"]))
    for slot, (box, score, class_id) in zip(random.permutation(len(rows)), objects(random, case)):
        rows[slot, :4] = [*(box[:2] + box[2:]) / 2, *(box[2:] - box[:2])]
        rows[slot, 4 + class_id] = score
    return rows


def objectness_rows(random, case):
    rows = np.empty((3 * len(cells(case)), 5 + case["classes"]), np.float32)
    rows[:, :4] = random.uniform(0, 40, (len(rows), 4))
    rows[:, 4] = random.uniform(0, case["score"] * 0.9, len(rows))
    rows[:, 5:] = random.uniform(0, 1, (len(rows), case["classes"]))
    for slot, (box, score, class_id) in zip(random.permutation(len(rows)), objects(random, case)):
        objectness = random.uniform(max(score, 0.5), 1)
        rows[slot, :5] = [*(box[:2] + box[2:]) / 2, *(box[2:] - box[:2]), objectness]
        rows[slot, 5:] *= 0.2 * score
        rows[slot, 5 + class_id] = score / objectness
    return rows


def final_rows(random, case):
    """No copies: suppression has been done. Padding rows are zeros."""
    rows = np.zeros((case["rows"], 6), np.float32)
    for slot, (box, score, class_id) in zip(random.permutation(len(rows)), objects(random, {**case, "copies": 1})):
        rows[slot] = [*box, score, class_id]
    return rows


if __name__ == "__main__":
    make_all(FAMILY, CASES, draw, ORIGIN)
