#!/usr/bin/env python3
"""Makes tests/golden/rtmdet_ins/*.golden: outputs of RTMDet-Ins as mmdeploy exports it with planted
objects, and what they mean.

The reference is mmdeploy's End2EndModel.forward written out with torch: rows of score 0 left out,
boxes divided by the scale of each axis, masks cut to the picture's part of the input and resized to
the picture. It resizes by the nearest sample; here, as in the project, bilinearly (align_corners =
False) as mmdetection's own RTMDetInsHead does, and boxes are clipped to the picture. > 0.5. Objects
without a single mask pixel are left out: the project does not give them. Draws in which a value
lies on a threshold are drawn anew.

  python make_rtmdet_ins_goldens.py        (numpy, torch, pycocotools)
"""

import numpy as np
import torch
import torch.nn.functional as F

from golden_file import instance, write_golden
from steady_draw import NearTie, first_steady


def content_of(size, net):
    """mmcv's rescale_size: the picture's size inside the input."""
    scale = min(net[0] / size[0], net[1] / size[1])
    return [max(1, int(side * scale + 0.5)) for side in size]


def draw_box(random, number, content, scale):
    size = [max(1, random.uniform(0.15, 0.6) * side * scale) for side in content]
    low = [random.uniform(0, max(0.01, side - extent)) for side, extent in zip(content, size)]
    box = [low[0], low[1], low[0] + size[0], low[1] + size[1]]
    border = number % 6
    if border < 2:
        box[border] = -1.5
    elif border < 4:
        box[border] = content[border - 2] + 1.5
    return box


def draw_mask(random, box, net, binary):
    """A shape around the box's middle that may reach out of it, with a blob elsewhere now and then,
    probabilities [H, W].
    """
    y, x = np.mgrid[0 : net[1], 0 : net[0]] + 0.5
    w, h = max(box[2] - box[0], 2), max(box[3] - box[1], 2)
    rings = ((x - (box[0] + box[2]) / 2) / (w * 0.5)) ** 2 + (
        (y - (box[1] + box[3]) / 2) / (h * 0.5)
    ) ** 2
    logits = 4 * (1 - rings) + np.sin(x / random.uniform(1, 4)) + np.cos(y / random.uniform(1, 4))
    if random.uniform() < 0.3:
        cx, cy = random.uniform(0, net[0]), random.uniform(0, net[1])
        logits = np.maximum(logits, 3 - np.hypot(x - cx, y - cy))
    mask = 1 / (1 + np.exp(-np.maximum(logits, -60)))
    return (mask > 0.5).astype(np.float32) if binary else mask.astype(np.float32)


def masks_in_picture(masks, content, size):
    """bool [n, height, width] of probabilities [n, H, W] over the input."""
    if len(masks) == 0:
        return np.zeros((0, size[1], size[0]), bool)
    cut = torch.from_numpy(masks[:, : content[1], : content[0]])
    values = F.interpolate(
        cut[None], size=(size[1], size[0]), mode="bilinear", align_corners=False
    )[0].numpy()
    if np.abs(values - 0.5).min() < 1e-5:
        raise NearTie
    return values > 0.5


def make(
    name,
    seed,
    size,
    net=(32, 32),
    objects=6,
    padding_rows=0,
    classes=5,
    scale=1.0,
    score=0.3,
    binary=False,
    most=200,
):
    random = np.random.default_rng(seed)
    content = content_of(size, net)
    count = objects + padding_rows
    dets, labels = np.zeros((1, count, 5), np.float32), np.zeros((1, count), np.int64)
    masks = np.zeros((1, count, net[1], net[0]), np.float32)
    scores = np.sort(random.uniform(0.2, 1, objects))[::-1]
    for i in range(objects):
        box = draw_box(random, i, content, scale)
        dets[0, i] = [*box, scores[i]]
        labels[0, i] = random.integers(classes)
        masks[0, i] = draw_mask(random, box, net, binary)
    factor = np.tile([content[0] / size[0], content[1] / size[1]], 2)
    kept = dets[0, :, 4] > score
    boxes = np.clip(dets[0, kept, :4] / factor, 0, np.tile(size, 2))
    rows = zip(
        boxes, dets[0, kept, 4], labels[0, kept], masks_in_picture(masks[0, kept], content, size)
    )
    expected = [instance(*row) for row in rows if row[3].any()][:most]
    header = {
        "source": {"width": size[0], "height": size[1]},
        "network": {"width": net[0], "height": net[1]},
        "options": {"scoreThreshold": score, "maxInstances": most},
        "expected": expected,
        "origin": f"mmdeploy's steps written out with torch {torch.__version__}, bilinear as in "
        f"mmdetection",
    }
    types = {"labels": "int64", **({"masks": "bool"} if binary else {})}
    write_golden(
        "rtmdet_ins", name, header, {"dets": dets, "labels": labels, "masks": masks}, types
    )
    return len(expected), objects


CASES = {
    "square": dict(size=(80, 80)),
    "wide": dict(size=(157, 45)),
    "tall": dict(size=(33, 121)),
    "odd_sides": dict(size=(101, 67), net=(48, 32)),
    "small_picture": dict(size=(9, 7), net=(32, 32)),
    "same_size": dict(size=(48, 48), net=(48, 48)),
    "one_row": dict(size=(77, 1)),
    "one_column": dict(size=(1, 77)),
    "none": dict(size=(40, 30), objects=0),
    "padding_rows_only": dict(size=(40, 30), net=(32, 32), objects=0, padding_rows=5),
    "padding_rows": dict(size=(70, 50), net=(48, 48), objects=3, padding_rows=4),
    "many": dict(size=(64, 50), net=(20, 20), objects=120, scale=0.35, score=0.1),
    "limited": dict(size=(64, 50), net=(32, 32), objects=9, most=4),
    "one_class": dict(size=(64, 48), net=(32, 32), classes=1),
    "ninety_one_classes": dict(size=(64, 48), net=(32, 32), classes=91, objects=9),
}


def main():
    for number, (name, case) in enumerate(CASES.items()):
        attempt, counts = first_steady(
            name, lambda attempt: make(name, number * 1000 + attempt, **case)
        )
        print(f"{name}: %d of %d instances, draw {attempt}" % counts)


if __name__ == "__main__":
    main()
