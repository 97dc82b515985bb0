#!/usr/bin/env python3
"""Makes tests/golden/yolact/*.golden: outputs of a YOLACT head with planted objects, and what
YOLACT's own steps make of them.

The reference is those steps written out with torch, full frame and class by class: priors as
PredictionModule.make_priors, boxes as box_utils.decode, Detect.fast_nms (IoU matrix, upper
triangle, maximum), output_utils.postprocess (sigmoid of prototypes . coefficients, crop by one
sample around the box at their resolution, F.interpolate, > 0.5). Left out: the cut of boxes to
whole pixels at its very end. Objects without a single mask pixel are left out: the project does not
give them. Draws in which a value lies on a threshold are drawn anew.

  python make_yolact_goldens.py        (numpy, torch, pycocotools)
"""

import math

import numpy as np
import torch
import torch.nn.functional as F

from golden_file import instance, write_golden
from steady_draw import first_steady, need

NET = 64
CONF_THRESHOLD, TOP_K = 0.05, 200


def make_priors(side, plus):
    """[N, 4] of yolact_base, or yolact_plus."""
    rows, conv = [], math.ceil(math.ceil(math.ceil(side / 2) / 2) / 2)
    for base in (24, 48, 96, 192, 384):
        scales = [base * 2 ** (j / 3) for j in range(3)] if plus else [int(base / 550 * side)]
        for j in range(conv):
            for i in range(conv):
                for scale in scales:
                    for ratio in (1, 1 / 2, 2):
                        w = scale * math.sqrt(ratio) / side
                        h = scale / math.sqrt(ratio) / side if plus else w
                        rows.append([(i + 0.5) / conv, (j + 0.5) / conv, w, h])
        conv = math.ceil(conv / 2)
    return np.asarray(rows, np.float32)


def decode(loc, priors):
    center = priors[:, :2] + loc[:, :2] * 0.1 * priors[:, 2:]
    size = priors[:, 2:] * torch.exp(loc[:, 2:] * 0.2)
    low = center - size / 2
    return torch.cat([low, low + size], 1)


def jaccard(boxes):
    """[n, m, m] of [n, m, 4]."""
    low = torch.maximum(boxes[:, :, None, :2], boxes[:, None, :, :2])
    high = torch.minimum(boxes[:, :, None, 2:], boxes[:, None, :, 2:])
    inter = (high - low).clamp(min=0).prod(-1)
    area = (boxes[..., 2:] - boxes[..., :2]).prod(-1)
    return inter / (area[:, :, None] + area[:, None, :] - inter)


def detect(boxes, conf, coefficients, iou_threshold, most):
    """(boxes, coefficients, classes, scores), best first."""
    scores = conf.T[1:]
    keep = scores.max(0).values > CONF_THRESHOLD
    scores, boxes, coefficients = scores[:, keep], boxes[keep], coefficients[keep]
    if scores.shape[1] == 0:
        return boxes, coefficients, torch.zeros(0, dtype=torch.long), scores.flatten()
    scores, index = scores.sort(1, descending=True)
    index, scores = index[:, :TOP_K], scores[:, :TOP_K]
    iou = jaccard(boxes[index]).triu(diagonal=1)
    relevant = iou[(scores > CONF_THRESHOLD)[:, None, :].expand_as(iou)]
    need(bool(((relevant - iou_threshold).abs() > 1e-4).all()))
    kept = iou.max(1).values <= iou_threshold
    classes = torch.arange(scores.shape[0])[:, None].expand_as(kept)[kept]
    boxes, coefficients, scores = boxes[index][kept], coefficients[index][kept], scores[kept]
    scores, order = scores.sort(0, descending=True)
    order = order[:most]
    return boxes[order], coefficients[order], classes[order], scores[:most]


def sanitize(low, high, size, padding):
    low, high = low * size, high * size
    edges = torch.cat([low - padding, high + padding])
    need(bool(((edges - edges.round()).abs() > 1e-3)[(edges > 0) & (edges < size)].all()))
    return torch.minimum(low, high).sub(padding).clamp(min=0), torch.maximum(low, high).add(
        padding
    ).clamp(max=size)


def masks_of(proto, coefficients, boxes, width, height):
    """[n, height, width] bool."""
    if len(boxes) == 0:
        return np.zeros((0, height, width), bool)
    masks = torch.sigmoid(proto @ coefficients.T)
    h, w, n = masks.shape
    x1, x2 = sanitize(boxes[:, 0], boxes[:, 2], w, 1)
    y1, y2 = sanitize(boxes[:, 1], boxes[:, 3], h, 1)
    columns, rows = torch.arange(w).view(1, w, 1), torch.arange(h).view(h, 1, 1)
    masks = masks * ((columns >= x1) & (columns < x2) & (rows >= y1) & (rows < y2))
    masks = F.interpolate(
        masks.permute(2, 0, 1)[None], (height, width), mode="bilinear", align_corners=False
    )[0]
    need(float((masks - 0.5).abs().min()) > 1e-5)
    return (masks > 0.5).numpy()


def draw_target(random, number, scale):
    """A box as fractions of the picture, some across its borders."""
    half = random.uniform(0.06, 0.3, 2) * scale
    center = random.uniform(0.05, 0.95, 2)
    border = number % 7
    if border < 4:
        center[border % 2] = border // 2
    return np.concatenate([center, half * 2])


def encode(target, prior):
    return np.concatenate(
        [(target[:2] - prior[:2]) / (0.1 * prior[2:]), np.log(target[2:] / prior[2:]) / 0.2]
    )


def draw(random, priors, objects, copies, classes, planes, scale, proto_side):
    """loc, conf, coefficients, prototypes."""
    count = len(priors)
    loc = random.normal(0, 0.8, (count, 4))
    conf = np.zeros((count, 1 + classes))
    conf[:, 1:] = random.uniform(0, 0.04, (count, classes)) / classes
    coefficients = np.tanh(random.normal(0, 1, (count, planes)))
    scores = 0.1 + 0.8 * (random.permutation(objects * copies) + 0.5) / max(objects * copies, 1)
    slots = random.permutation(count)[: objects * copies]
    for number in range(objects):
        target, class_id, own = (
            draw_target(random, number, scale),
            random.integers(classes),
            np.tanh(random.normal(0.5, 1, planes)),
        )
        for copy in range(copies):
            slot = slots[number * copies + copy]
            moved = target * random.uniform(0.85, 1.15, 4) if copy else target
            loc[slot], coefficients[slot] = encode(moved, priors[slot]), own
            conf[slot, 1 + class_id] = scores[number * copies + copy]
            if classes > 1 and number % 3 == 0:
                conf[slot, 1 + (class_id + 1) % classes] = (1 - conf[slot, 1 + class_id]) * 0.7
    conf[:, 0] = 1 - conf[:, 1:].sum(1)
    y, x = np.mgrid[0 : proto_side[1], 0 : proto_side[0]]
    proto = []
    for _ in range(planes):
        angle, phase, frequency = (
            random.uniform(0, 6.28),
            random.uniform(0, 6.28),
            random.uniform(0.1, 0.5),
        )
        proto.append(
            np.maximum(
                3 * np.sin(frequency * (x * np.cos(angle) + y * np.sin(angle)) + phase) + 1, 0
            )
        )
    return [array.astype(np.float32) for array in (loc, conf, coefficients, np.stack(proto, -1))]


def make(
    name,
    seed,
    size,
    form="priors",
    layout="hwc",
    batched=False,
    objects=6,
    copies=3,
    classes=4,
    planes=8,
    scale=1.0,
    plus=False,
    proto_side=(16, 16),
    iou=0.5,
    score=0.12,
    most=100,
):
    random = np.random.default_rng(seed)
    priors = make_priors(NET, plus)
    loc, conf, coefficients, proto = draw(
        random, priors, objects, copies, classes, planes, scale, proto_side
    )
    boxes = decode(torch.from_numpy(loc), torch.from_numpy(priors))
    found = detect(boxes, torch.from_numpy(conf), torch.from_numpy(coefficients), iou, most)
    need(bool(((found[3] - score).abs() > 1e-5).all()))
    keep = found[3] > score
    found = [values[keep] for values in found]
    masks = masks_of(torch.from_numpy(proto), found[1], found[0], *size)
    boxes_src = (found[0].numpy() * np.tile(size, 2)).clip(0, np.tile(size, 2))
    rows = zip(boxes_src, found[3].numpy(), found[2].numpy(), masks)
    expected = [instance(*row) for row in rows if row[3].any()]
    outputs = {
        "loc": boxes.numpy() if form == "decoded" else loc,
        "conf": conf,
        "mask": coefficients,
    }
    if form == "priors":
        outputs["priors"] = priors
    outputs["proto"] = proto.transpose(2, 0, 1) if layout == "chw" else proto
    if batched:
        outputs = {key: value if key == "priors" else value[None] for key, value in outputs.items()}
    header = {
        "variant": "priors" if form == "priors" else "no-priors",
        "source": {"width": size[0], "height": size[1]},
        "network": {"width": NET, "height": NET},
        "options": {"scoreThreshold": score, "iouThreshold": iou, "maxInstances": most},
        "expected": expected,
        "origin": f"YOLACT's steps written out with torch {torch.__version__}",
    }
    write_golden("yolact", name, header, outputs)
    return len(expected), len(masks)


CASES = {
    "square": dict(size=(80, 80)),
    "wide": dict(size=(157, 45)),
    "tall": dict(size=(33, 121)),
    "odd_sides": dict(size=(101, 67), proto_side=(17, 15)),
    "small_picture": dict(size=(9, 7)),
    "one_row": dict(size=(77, 1)),
    "one_column": dict(size=(1, 77)),
    "none": dict(size=(40, 30), objects=0),
    "many": dict(size=(96, 72), classes=1, planes=6, objects=120, copies=2, scale=0.3, most=200),
    "limited": dict(size=(60, 60), objects=9, most=4),
    "one_class": dict(size=(64, 48), classes=1),
    "ninety_one_classes": dict(size=(64, 48), classes=91, planes=6),
    "low_overlap": dict(size=(70, 70), objects=14, copies=5, classes=2, iou=0.2),
    "batched_planes_first": dict(size=(61, 47), batched=True, layout="chw", proto_side=(16, 12)),
    "decoded": dict(size=(90, 70), form="decoded", batched=True),
    "computed_priors": dict(size=(75, 85), form="offsets"),
    "computed_priors_plus": dict(
        size=(75, 85), form="offsets", plus=True, batched=True, planes=6, classes=2
    ),
    "as_many_classes_as_planes": dict(size=(50, 50), classes=7, planes=8),
}


def main():
    for number, (name, case) in enumerate(CASES.items()):
        attempt, counts = first_steady(
            name, lambda attempt: make(name, number * 1000 + attempt, **case), attempts=500
        )
        print(f"{name}: %d of %d instances, draw {attempt}" % counts)


if __name__ == "__main__":
    main()
