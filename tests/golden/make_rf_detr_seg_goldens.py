#!/usr/bin/env python3
"""Makes tests/golden/rf_detr_seg/*.golden: planted outputs of RF-DETR segmentation networks,
decoded by rfdetr's own PostProcess.

  python make_rf_detr_seg_goldens.py        (numpy, torch, rfdetr 1.11.2, pycocotools)
"""

import numpy as np
import torch
from rfdetr.models.postprocess import PostProcess

from golden_file import instance, write_golden
from mask_queries import clip_box, draw_masks, settle

# The sides of the planes are a quarter of 12 pixels' multiples, as in the released models: 72 ->
# 18, 96 -> 24.
DEFAULTS = dict(
    source=(90, 70),
    side=72,
    queries=24,
    classes=91,
    objects=7,
    score=0.5,
    max=300,
    scale=1.0,
    double=2,
)
CASES = {
    "square": dict(source=(80, 80)),
    "wide": dict(source=(157, 45)),
    "tall": dict(source=(33, 121)),
    "odd_sides": dict(source=(101, 67), side=96),
    "one_pixel": dict(source=(1, 1), objects=3),
    "one_row": dict(source=(77, 1), objects=4),
    "one_column": dict(source=(1, 77), objects=4),
    "larger_than_planes": dict(source=(320, 240), objects=5, queries=9),
    "none": dict(objects=0),
    "one_class": dict(classes=1, double=0),
    "two_classes": dict(classes=2),
    "many": dict(
        source=(64, 48),
        classes=3,
        queries=140,
        objects=130,
        scale=0.4,
        side=60,
        double=0,
        score=0.3,
    ),
    "more_pairs_than_queries": dict(queries=8, objects=8, double=6, classes=4, score=0.2),
    "limited": dict(objects=12, max=4),
}


def draw(random, case):
    planes, boxes = draw_masks(random, case["queries"], (case["side"] // 4,) * 2, case["scale"])
    logits = random.uniform(-9, -4, (case["queries"], case["classes"])).astype(np.float32)
    queries = random.permutation(case["queries"])[: case["objects"]]
    strengths = (
        random.permutation(len(queries) + case["double"]) * (3.5 / (len(queries) + case["double"]))
        + 0.25
    )
    for query, strength in zip(queries, strengths):
        logits[query, random.integers(case["classes"])] = strength
    # Queries that are two objects at once, of different classes.
    for query, strength in zip(queries, strengths[len(queries) :]):
        logits[query, (np.argmax(logits[query]) + 1) % case["classes"]] = strength
    return {"dets": boxes[None], "labels": logits[None], "masks": planes[None]}


def decode(case, outputs):
    tensors = {
        key: torch.from_numpy(outputs[name])
        for key, name in (
            ("pred_boxes", "dets"),
            ("pred_logits", "labels"),
            ("pred_masks", "masks"),
        )
    }
    width, height = case["source"]
    [found] = PostProcess(num_select=case["queries"])(
        tensors, torch.tensor([[height, width]]), score_threshold=case["score"]
    )
    rows = zip(
        found["boxes"].tolist(),
        found["scores"].tolist(),
        found["labels"].tolist(),
        found["masks"][:, 0].numpy(),
    )
    kept = list(rows)[: case["max"]]
    # An object without one pixel is no object.
    return [
        (clip_box(box, case["source"]), score, label, mask)
        for box, score, label, mask in kept
        if mask.any()
    ]


def main():
    for number, (name, changes) in enumerate(CASES.items()):
        case = {**DEFAULTS, **changes}
        outputs, answer = settle(
            lambda random: draw(random, case), lambda outputs: decode(case, outputs), number
        )
        size = dict(zip(("width", "height"), case["source"]))
        header = {
            "variant": "sigmoid",
            "source": size,
            "network": {"width": case["side"], "height": case["side"]},
            "options": {"scoreThreshold": case["score"], "maxInstances": case["max"]},
            "expected": [instance(*row) for row in answer],
            "origin": "rfdetr 1.11.2, PostProcess",
        }
        path = write_golden("rf_detr_seg", name, header, outputs)
        print(f"{name}: {len(answer)} instances, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
