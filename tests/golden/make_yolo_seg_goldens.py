#!/usr/bin/env python3
"""Makes tests/golden/yolo_seg/*.golden: outputs of YOLOv8 and later segmentation heads with planted
objects, of YOLO26 and of exports with suppression inside (end-to-end), and of FastSAM (one class,
threshold 0.4, overlap 0.9), decoded by numpy and torchvision.

tests/golden/yolo_seg/*.bin are the older goldens of the core alone (make_yolo_goldens.py). Needs
numpy, torch, torchvision, pycocotools.
"""

import numpy as np
from detector_reference import (
    SIZES,
    channel_rows,
    corners,
    expected,
    final_rows,
    make_all,
    plant_not_finite,
)
from make_yolo_goldens import STRETCH, TOP_LEFT, draw_prototypes

FAMILY = "yolo_seg"
ORIGIN = (
    "numpy float64 by the rule of Ultralytics' non_max_suppression, torchvision.ops.nms "
    "for each class, masks on the full frame"
)
FAST_SAM = dict(classes=1, score=0.4, iou=0.9)
CASES = {
    **{name: {**changes, "iou": 0.7} for name, changes in SIZES.items()},
    "many": {**SIZES["many"], "iou": 0.7, "objects": 189},
    "top_left": dict(src=(120, 50), mode=TOP_LEFT),
    "stretched": dict(src=(120, 50), mode=STRETCH, net=(64, 96)),
    "end_to_end": dict(layout="end-to-end", rows=30, classes=5, src=(70, 50)),
    "end_to_end_odd_sides": dict(
        layout="end-to-end", rows=40, classes=91, src=(101, 67), net=(64, 32), protos=8
    ),
    "end_to_end_many": dict(
        layout="end-to-end", rows=300, classes=80, objects=180, object_scale=0.3, src=(160, 120)
    ),
    "end_to_end_none": dict(layout="end-to-end", rows=10, objects=0),
    "end_to_end_not_finite": dict(layout="end-to-end", rows=40, not_finite=True),
    "fast_sam": dict(FAST_SAM, src=(120, 90), objects=12, copies=4),
    "fast_sam_wide": dict(FAST_SAM, src=(151, 43), net=(128, 64), objects=6, copies=2),
    "fast_sam_none": dict(FAST_SAM, objects=0),
}


def draw(random, case):
    protos, end_to_end = case.get("protos", 4), case.get("layout") == "end-to-end"
    shape = {**case, "protos": protos, "proto": (case["net"][0] // 4, case["net"][1] // 4)}
    rows = (final_rows if end_to_end else channel_rows)(random, case, protos)
    scores = rows[:, 4] if end_to_end else rows[:, 4:-protos].max(1)
    plant_not_finite(
        random, case, rows, range(5) if end_to_end else range(rows.shape[1] - protos), scores
    )
    prototypes = draw_prototypes(random, shape)
    wide = rows.astype(np.float64)
    coefficients = wide[:, -protos:]
    if end_to_end:
        instances = expected(
            case,
            wide[:, :4],
            wide[:, 4],
            wide[:, 5].astype(int),
            coefficients,
            prototypes,
            suppressed=True,
        )
    else:
        scores = np.where(np.isnan(wide[:, 4:-protos]), -1, wide[:, 4:-protos])
        instances = expected(
            case, corners(wide), scores.max(1), scores.argmax(1), coefficients, prototypes
        )
    outputs = {"output0": rows[None] if end_to_end else rows.T[None], "output1": prototypes[None]}
    return outputs, instances, {"variant": case.get("layout", "dense")}


if __name__ == "__main__":
    make_all(FAMILY, CASES, draw, ORIGIN)
