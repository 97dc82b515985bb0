#!/usr/bin/env python3
"""Makes tests/golden/yolo_seg/*.golden: outputs of YOLOv8 and later segmentation heads with planted objects, of YOLO26 and of exports with
suppression inside (end-to-end), and of FastSAM (one class, threshold 0.4, overlap 0.9), decoded by numpy and torchvision.

tests/golden/yolo_seg/*.bin are the older goldens of the core alone (make_yolo_goldens.py). Needs numpy, torch, torchvision, pycocotools.
"""
import numpy as np
from detector_reference import SIZES, STRETCH, TOP_LEFT, cells, draw_prototypes, expected, make_all, objects, plant_not_finite

FAMILY = "yolo_seg"
ORIGIN = "numpy float64 by the rule of Ultralytics' non_max_suppression, torchvision.ops.nms for each class, masks on the full frame"
FAST_SAM = dict(classes=1, score=0.4, iou=0.9)
CASES = {
    **{name: {**changes, "iou": 0.7} for name, changes in SIZES.items()},
    "many": {**SIZES["many"], "iou": 0.7, "objects": 189},
    "top_left": dict(src=(120, 50), mode=TOP_LEFT),
    "stretched": dict(src=(120, 50), mode=STRETCH, net=(64, 96)),
    "end_to_end": dict(layout="end-to-end", rows=30, classes=5, src=(70, 50)),
    "end_to_end_odd_sides": dict(layout="end-to-end", rows=40, classes=91, src=(101, 67), net=(64, 32), protos=8),
    "end_to_end_many": dict(layout="end-to-end", rows=300, classes=80, objects=180, object_scale=0.3, src=(160, 120)),
    "end_to_end_none": dict(layout="end-to-end", rows=10, objects=0),
    "end_to_end_not_finite": dict(layout="end-to-end", rows=40, not_finite=True),
    "fast_sam": dict(FAST_SAM, src=(120, 90), objects=12, copies=4),
    "fast_sam_wide": dict(FAST_SAM, src=(151, 43), net=(128, 64), objects=6, copies=2),
    "fast_sam_none": dict(FAST_SAM, objects=0),
}


def draw(random, case):
    protos, end_to_end = case.setdefault("protos", 4), case.get("layout") == "end-to-end"
    case["proto"] = (case["net"][0] // 4, case["net"][1] // 4)
    rows = (final_rows if end_to_end else dense_rows)(random, case, protos)
    if case["not_finite"]:
        scored = np.flatnonzero(rows[:, 4:-protos].max(1) > case["score"])
        planted = rows[scored]
        plant_not_finite(random, planted, range(5) if end_to_end else range(rows.shape[1] - protos))
        rows[scored] = planted
    prototypes = draw_prototypes(random, case)
    wide = rows.astype(np.float64)
    with np.errstate(invalid="ignore"):
        boxes = np.concatenate([wide[:, :2] - wide[:, 2:4] / 2, wide[:, :2] + wide[:, 2:4] / 2], 1)
    coefficients = wide[:, -protos:]
    if end_to_end:
        instances = expected(case, wide[:, :4], wide[:, 4], wide[:, 5].astype(int), coefficients, prototypes, suppressed=True)
    else:
        scores = np.where(np.isnan(wide[:, 4:-protos]), -1, wide[:, 4:-protos])
        instances = expected(case, boxes, scores.max(1), scores.argmax(1), coefficients, prototypes)
    outputs = {"output0": rows[None] if end_to_end else rows.T[None], "output1": prototypes[None]}
    return outputs, instances, {"variant": case.get("layout", "dense")}


def dense_rows(random, case, protos):
    classes = case["classes"]
    rows = np.empty((len(cells(case)), 4 + classes + protos), np.float32)
    rows[:, :4] = random.uniform(0, 40, (len(rows), 4))
    rows[:, 4 : 4 + classes] = random.uniform(0, case["score"] * 0.9, (len(rows), classes))
    rows[:, 4 + classes :] = random.normal(0, 1.5, (len(rows), protos))
    for slot, (box, score, class_id) in zip(random.permutation(len(rows)), objects(random, case)):
        rows[slot, :4] = [*(box[:2] + box[2:]) / 2, *(box[2:] - box[:2])]
        rows[slot, 4 + class_id] = score
    return rows


def final_rows(random, case, protos):
    """No copies: suppression has been done. Padding rows are zeros."""
    rows = np.zeros((case["rows"], 6 + protos), np.float32)
    for slot, (box, score, class_id) in zip(random.permutation(len(rows)), objects(random, {**case, "copies": 1})):
        rows[slot] = [*box, score, class_id, *random.normal(0, 1.5, protos)]
    return rows


if __name__ == "__main__":
    make_all(FAMILY, CASES, draw, ORIGIN)
