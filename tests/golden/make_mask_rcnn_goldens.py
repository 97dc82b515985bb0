#!/usr/bin/env python3
"""Makes tests/golden/mask_rcnn/*.golden: what the three exports of Mask R-CNN give, and what their
own pasting makes of it.

torchvision_*   a small torchvision network with random weights (tiny_mask_rcnn.py) on drawn
pictures; its own result, masks > 0.5. detectron2_*    planted boxes and 28 x 28 masks; detectron2's
rules written out: boxes scaled and clipped (detector_postprocess), masks sampled by
                F.grid_sample at pixel centers, >= 0.5 (paste_masks_in_image).
onnx_models_*   the same with the rules of onnx/models' README: cv2.resize of the mask to (w + 1, h
+ 1) of the box cut to whole pixels, > 0.5.
                The README divides boxes by the nominal ratio; here, as in the project, by the true
                  one, resized size / picture size.

Objects without a single mask pixel are left out: the project does not give them. Draws in which a
value lies on a threshold are drawn anew.

  python make_mask_rcnn_goldens.py        (numpy, torch, torchvision, opencv-python-headless,
    pycocotools)
"""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
import torchvision

import tiny_mask_rcnn
from golden_file import instance, write_golden
from steady_draw import NearTie, first_steady

TYPES = {"labels": "int64", "size": "int64"}


def picture(random, width, height):
    """Waves and flat rectangles, RGB 0..1 [3, H, W]."""
    y, x = np.mgrid[0:height, 0:width]
    planes = (
        np.stack(
            [
                np.sin(x / random.uniform(2, 9) + c) + np.cos(y / random.uniform(2, 9))
                for c in range(3)
            ]
        )
        / 4
        + 0.5
    )
    for _ in range(4):
        left, top = random.integers(0, width), random.integers(0, height)
        planes[:, top : top + height // 3 + 1, left : left + width // 3 + 1] = random.uniform(
            0, 1, (3, 1, 1)
        )
    return np.clip(planes, 0, 1).astype(np.float32)


def kept(score, rows):
    """Rows above the threshold that have a mask, best first."""
    rows = [row for row in rows if row[1] > score and row[3].any()]
    return [instance(*row) for row in sorted(rows, key=lambda row: -row[1])]


def torchvision_case(name, size, seed, score=0.3, threshold=0.0, **network):
    random = np.random.default_rng(seed)
    source = {"width": size[0], "height": size[1]}
    with torch.no_grad():
        out = tiny_mask_rcnn.make(seed, score=score, **network)(
            [torch.from_numpy(picture(random, *size))]
        )[0]
    out = {key: value.numpy() for key, value in out.items()}
    rows = zip(out["boxes"], out["scores"], out["labels"], out["masks"][:, 0] > 0.5)
    header = {
        "variant": "torchvision",
        "source": source,
        "network": source,
        "options": {"scoreThreshold": threshold, "maxInstances": 200},
        "expected": kept(threshold, rows),
        "origin": f"torchvision {torchvision.__version__} MaskRCNN with random weights, its own "
        f"pasting",
    }
    order = ["boxes", "labels", "scores", "masks"]
    write_golden(
        "mask_rcnn", f"torchvision_{name}", header, {key: out[key] for key in order}, TYPES
    )
    return len(header["expected"]), len(out["scores"])


def resized(size, multiple, down):
    """(size of the picture, size of the input): the exports' rule for 800 by 1333, at a twelfth of
    that.
    """
    short, long = 64, 108
    scale = min(short / min(size), long / max(size))
    content = [max(1, int(side * scale + (1e-9 if down else 0.5))) for side in size]
    return content, [-(-side // multiple) * multiple for side in content]


def planted(random, content, count, classes, mask_side, scale):
    """Boxes in network pixels, some along each border of the picture, labels, falling scores and
    smooth masks.
    """
    boxes = np.empty((count, 4), np.float32)
    for i in range(count):
        size = [max(1.2, random.uniform(0.15, 0.6) * side * scale) for side in content]
        low = [random.uniform(0, max(0.01, side - extent)) for side, extent in zip(content, size)]
        boxes[i] = [low[0], low[1], low[0] + size[0], low[1] + size[1]]
        border = i % 6
        if border < 2:
            boxes[i, border] = 0
        elif border < 4:
            boxes[i, border] = content[border - 2]
    boxes = np.minimum(np.maximum(boxes, 0), np.tile(content, 2)).astype(np.float32)
    y, x = (np.mgrid[0:mask_side, 0:mask_side] + 0.5) / mask_side
    masks = []
    for _ in range(count):
        (cx, cy), (rx, ry), angle = (
            random.uniform(0.3, 0.7, 2),
            random.uniform(0.25, 0.6, 2),
            random.uniform(0, 3),
        )
        ring = (
            ((x - cx) / rx) ** 2
            + ((y - cy) / ry) ** 2
            + 0.3 * np.sin(5 * (x * np.cos(angle) + y * np.sin(angle)))
        )
        masks.append(1 / (1 + np.exp(6 * (ring - 0.8))))
    masks = np.asarray(masks, np.float32).reshape(count, 1, mask_side, mask_side)
    scores = np.sort(random.uniform(0.3, 1, count))[::-1].astype(np.float32)
    return boxes, random.integers(0, classes, count), scores, masks


def detectron2_mask(mask, box, size):
    """_do_paste_mask of one object over the whole picture."""
    x = (torch.arange(size[0], dtype=torch.float32) + 0.5 - box[0]) / (box[2] - box[0]) * 2 - 1
    y = (torch.arange(size[1], dtype=torch.float32) + 0.5 - box[1]) / (box[3] - box[1]) * 2 - 1
    grid = torch.stack([x[None, :].expand(size[1], -1), y[:, None].expand(-1, size[0])], dim=2)
    values = F.grid_sample(torch.from_numpy(mask)[None, None], grid[None], align_corners=False)[
        0, 0
    ].numpy()
    if np.abs(values - 0.5).min() < 1e-5:
        raise NearTie
    return values >= 0.5


def onnx_models_mask(mask, box, size):
    """The README's pasting of one object."""
    if any(0 < abs(edge - round(edge)) < 1e-3 for edge in box):
        raise NearTie
    x1, y1, x2, y2 = (int(edge) for edge in box)
    values = cv2.resize(mask, (x2 - x1 + 1, y2 - y1 + 1))
    if np.abs(values - 0.5).min() < 1e-5:
        raise NearTie
    out = np.zeros((size[1], size[0]), bool)
    right, bottom = max(x1, min(x2 + 1, size[0])), max(y1, min(y2 + 1, size[1]))
    out[y1:bottom, x1:right] = values[: bottom - y1, : right - x1] > 0.5
    return out


def planted_case(
    kind, name, size, seed, count=6, classes=5, mask_side=28, scale=1.0, threshold=0.35
):
    random = np.random.default_rng(seed)
    is_d2 = kind == "detectron2"
    content, net = resized(size, 1 if is_d2 else 32, not is_d2)
    boxes, classes, scores, masks = planted(random, content, count, classes, mask_side, scale)
    factor = np.tile([size[0] / content[0], size[1] / content[1]], 2)
    boxes_src = np.clip(boxes.astype(np.float64) * factor, 0, np.tile(size, 2))
    paste = detectron2_mask if is_d2 else onnx_models_mask
    source_boxes = boxes_src.astype(np.float32) if is_d2 else boxes_src
    rows = [
        (box, score, class_id, paste(mask[0], box, size))
        for box, score, class_id, mask in zip(source_boxes, scores, classes, masks)
    ]
    header = {
        "variant": "detectron2" if is_d2 else "onnx-models",
        "source": {"width": size[0], "height": size[1]},
        "network": {"width": net[0], "height": net[1]},
        "preprocessing": {"content": {"width": content[0], "height": content[1]}},
        "options": {"scoreThreshold": threshold, "maxInstances": 200},
        "expected": kept(threshold, rows),
        "origin": (
            f"detectron2's rules with torch {torch.__version__}"
            if is_d2
            else f"onnx/models' rules with OpenCV {cv2.__version__}"
        ),
    }
    outputs = {
        "boxes": boxes,
        "labels": classes + (0 if is_d2 else 1),
        "scores": scores,
        "masks": masks,
    }
    if is_d2:
        outputs = {
            "boxes": boxes,
            "labels": classes,
            "masks": masks,
            "scores": scores,
            "size": np.asarray(content[::-1]),
        }
    write_golden("mask_rcnn", f"{kind}_{name}", header, outputs, TYPES)
    return len(header["expected"]), count


TORCHVISION = {
    "square": dict(size=(40, 40), seed=2, score=0.41),
    "wide": dict(size=(61, 18), seed=2, score=0.37),
    "tall": dict(size=(17, 55), seed=2, score=0.36),
    "odd_sides": dict(size=(37, 29), seed=5, score=0.44),
    "one_row": dict(size=(60, 1), seed=2, score=0.3),
    "none": dict(size=(24, 20), seed=2, score=0.999),
    "many": dict(size=(14, 12), seed=1, score=0.05, most=150),
    "one_class": dict(size=(32, 40), seed=11, classes=2, score=0.5, most=8),
    "ninety_one_classes": dict(size=(40, 32), seed=12, classes=91, score=0.02, most=8),
}
PLANTED = {
    "square": dict(size=(80, 80)),
    "wide": dict(size=(157, 45)),
    "tall": dict(size=(33, 121)),
    "odd_sides": dict(size=(101, 67), count=9),
    "small_picture": dict(size=(11, 7)),
    "one_row": dict(size=(77, 1)),
    "one_column": dict(size=(1, 77)),
    "none": dict(size=(40, 30), count=0),
    "many": dict(size=(96, 72), count=130, mask_side=12, scale=0.4, threshold=0.0),
    "one_class": dict(size=(64, 48), classes=1),
    "ninety_one_classes": dict(size=(64, 48), classes=91, count=8),
    "one_sample": dict(size=(50, 40), mask_side=1),
}


def main():
    for name, case in TORCHVISION.items():
        print(f"torchvision_{name}: %d of %d" % torchvision_case(name, **case))
    for kind in ("detectron2", "onnx_models"):
        for number, (name, case) in enumerate(PLANTED.items()):
            draw = lambda attempt: planted_case(kind, name, seed=number * 1000 + attempt, **case)
            _, counts = first_steady(f"{kind}_{name}", draw)
            print(f"{kind}_{name}: %d of %d" % counts)


if __name__ == "__main__":
    main()
