#!/usr/bin/env python3
"""Makes tests/golden/detr_panoptic/*.golden: planted outputs of DETR with a mask head, decoded by
transformers' DetrImageProcessor.

  python make_detr_panoptic_goldens.py        (numpy, torch, transformers 5.23, pycocotools)
"""

from types import SimpleNamespace

import numpy as np
import torch
import transformers
from transformers import DetrImageProcessor
from transformers.image_transforms import center_to_corners_format

from golden_file import instance, write_golden
from mask_queries import clip_box, draw_masks, settle
from steady_draw import need

# DETR's planes have 8 samples for each whole or begun stride of 32: 80 x 112 -> 24 x 32.
DEFAULTS = dict(
    source=(90, 70),
    network=(112, 80),
    queries=20,
    classes=5,
    objects=6,
    background=True,
    score=0.5,
    scale=1.0,
)
CASES = {
    "square": dict(source=(80, 80)),
    "wide": dict(source=(157, 45)),
    "tall": dict(source=(33, 121), network=(80, 112)),
    "odd_sides": dict(source=(101, 67)),
    "one_pixel": dict(source=(1, 1), objects=5, background=False, scale=2.5),
    "one_row": dict(source=(77, 1), objects=4),
    "one_column": dict(source=(1, 77), objects=4),
    "larger_than_planes": dict(source=(320, 240), queries=9),
    "none": dict(objects=0, background=False),
    "one_object_takes_all": dict(objects=1, background=False),
    "one_class": dict(classes=1),
    "ninety_one_classes": dict(classes=91),
    "many": dict(
        source=(96, 72),
        network=(80, 60),
        queries=124,
        objects=120,
        classes=4,
        scale=0.28,
        grid=(12, 10),
    ),
    "overlapping": dict(objects=14, scale=1.2),
    "classes_chosen": dict(objects=8, chosen=[1, 3]),
    "limited": dict(objects=8, max=3),
}


def planes_size(network):
    return tuple(-(-side // 32) * 8 for side in network)


def on_grid(random, case, size):
    """One small object in each cell, so that none is dropped for being covered."""
    columns, rows = case["grid"]
    y, x = np.mgrid[0 : size[1], 0 : size[0]] + 0.5
    planes, boxes = [], []
    for k in range(case["queries"]):
        cell = (k % columns, k // columns % rows)
        center = [
            (index + 0.5 + random.uniform(-0.1, 0.1)) * side / count
            for index, side, count in zip(cell, size, case["grid"])
        ]
        radius = [
            random.uniform(0.35, 0.48) * side / count for side, count in zip(size, case["grid"])
        ]
        planes.append(6 * (1 - np.hypot((x - center[0]) / radius[0], (y - center[1]) / radius[1])))
        boxes.append(
            [
                center[0] / size[0],
                center[1] / size[1],
                2 * radius[0] / size[0],
                2 * radius[1] / size[1],
            ]
        )
    return np.asarray(planes, np.float32), np.asarray(boxes, np.float32)


def draw(random, case):
    size = planes_size(case["network"])
    planes, boxes = (
        on_grid(random, case, size)
        if "grid" in case
        else draw_masks(random, case["queries"], size, case["scale"])
    )
    logits = random.normal(0, 0.3, (case["queries"], case["classes"] + 1)).astype(np.float32)
    logits[:, -1] += 6
    queries = (
        np.arange(case["objects"])
        if "grid" in case
        else random.permutation(case["queries"])[: case["objects"]]
    )
    for query, strength in zip(
        queries, random.permutation(len(queries)) * (4.0 / max(len(queries), 1))
    ):
        logits[query, random.integers(case["classes"])] = 8 + strength
    if case["background"]:
        # Panoptic networks give the rest of the picture to something: a query that is everywhere.
        query = next(q for q in range(case["queries"] - 1, -1, -1) if q not in queries)
        planes[query] = 0.1
        logits[query, 0] = 9
    return {"logits": logits[None], "pred_boxes": boxes[None], "pred_masks": planes[None]}


def decode(case, tensors):
    width, height = case["source"]
    outputs = SimpleNamespace(
        **{name: torch.from_numpy(value.copy()) for name, value in tensors.items()}
    )
    found = DetrImageProcessor().post_process_instance_segmentation(
        outputs, threshold=case["score"], target_sizes=[(height, width)]
    )[0]
    probabilities, labels = outputs.logits[0].softmax(-1).max(-1)
    corners = center_to_corners_format(outputs.pred_boxes[0]) * torch.tensor(
        [width, height, width, height]
    )
    rows = []
    for segment in found["segments_info"]:
        # The processor names no query: it is the one with this class and score.
        same = [
            q
            for q, score in enumerate(probabilities.tolist())
            if round(score, 6) == segment["score"] and labels[q] == segment["label_id"]
        ]
        need(len(same) == 1)
        mask = (found["segmentation"] == segment["id"]).numpy()
        rows.append(
            (
                clip_box(corners[same[0]].tolist(), case["source"]),
                probabilities[same[0]].item(),
                segment["label_id"],
                mask,
            )
        )
    rows = [row for row in rows if row[2] in case.get("chosen", [row[2]])]
    return sorted(rows, key=lambda row: -row[1])[: case.get("max", 1000)]


def main():
    for number, (name, changes) in enumerate(CASES.items()):
        case = {**DEFAULTS, **changes}
        outputs, answer = settle(
            lambda random: draw(random, case), lambda outputs: decode(case, outputs), number
        )
        source, network = (
            dict(zip(("width", "height"), case[key])) for key in ("source", "network")
        )
        chosen = {"classes": case["chosen"]} if "chosen" in case else {}
        header = {
            "variant": "panoptic",
            "source": source,
            "network": network,
            "options": {
                "scoreThreshold": case["score"],
                "maxInstances": case.get("max", 1000),
                **chosen,
            },
            "expected": [instance(*row) for row in answer],
            "origin": f"transformers {transformers.__version__}, "
            f"DetrImageProcessor.post_process_instance_segmentation",
        }
        path = write_golden("detr_panoptic", name, header, outputs)
        print(f"{name}: {len(answer)} instances, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
