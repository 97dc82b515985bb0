#!/usr/bin/env python3
"""Makes tests/golden/yolo_detect/*.golden: outputs of YOLO box detectors in their three layouts
with planted objects, decoded by numpy and torchvision. Needs numpy, torch, torchvision,
pycocotools.
"""

import numpy as np
from detector_reference import (
    SIZES,
    cells,
    channel_rows,
    corners,
    expected,
    final_rows,
    make_all,
    objectness_rows,
    plant_not_finite,
)
from make_yolo_goldens import STRETCH, TOP_LEFT

FAMILY = "yolo_detect"
ORIGIN = (
    "numpy float64 by the rule of Ultralytics' non_max_suppression, torchvision.ops.nms "
    "for each class"
)
CASES = {
    **{name: {**changes, "iou": 0.7} for name, changes in SIZES.items()},
    "finer_level": dict(strides=(4, 8, 16, 32), net=(32, 64)),
    "top_left": dict(src=(120, 50), mode=TOP_LEFT),
    "stretched": dict(src=(120, 50), mode=STRETCH, net=(64, 96)),
    "end_to_end": dict(layout="end-to-end", rows=30, classes=5, src=(70, 50)),
    "end_to_end_many": dict(
        layout="end-to-end", rows=300, classes=91, objects=140, object_scale=0.5, src=(403, 307)
    ),
    "end_to_end_not_finite": dict(layout="end-to-end", rows=40, not_finite=True),
    "objectness": dict(layout="objectness", classes=5),
    "objectness_odd_sides": dict(layout="objectness", src=(101, 67), net=(64, 32), classes=1),
    "objectness_four_levels": dict(
        layout="objectness", strides=(8, 16, 32, 64), classes=91, net=(64, 64), src=(31, 97)
    ),
    "objectness_not_finite": dict(layout="objectness", not_finite=True, classes=2),
}


def draw(random, case):
    layout = case.get("layout", "dense")
    if layout == "objectness":
        rows = objectness_rows(random, case, random.uniform(0, 40, (3 * len(cells(case)), 4)))
    else:
        rows = (final_rows if layout == "end-to-end" else channel_rows)(random, case)
    scores = rows[:, 4:].max(1) if layout == "dense" else rows[:, 4]
    plant_not_finite(
        random, case, rows, range(5) if layout == "end-to-end" else range(rows.shape[1]), scores
    )
    wide = rows.astype(np.float64)
    if layout == "end-to-end":
        instances = expected(case, wide[:, :4], wide[:, 4], wide[:, 5].astype(int), suppressed=True)
    else:
        with np.errstate(invalid="ignore"):
            scores = wide[:, 5:] * wide[:, 4:5] if layout == "objectness" else wide[:, 4:]
        scores = np.where(np.isnan(scores), -1, scores)
        instances = expected(case, corners(wide), scores.max(1), scores.argmax(1))
    return (
        {"output0": rows.T[None] if layout == "dense" else rows[None]},
        instances,
        {"variant": layout},
    )


if __name__ == "__main__":
    make_all(FAMILY, CASES, draw, ORIGIN)
