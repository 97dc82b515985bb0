#!/usr/bin/env python3
"""Box AP of a YOLOX export over a COCO-style folder by YOLOX's own steps (preproc,
demo_postprocess, postprocess), written once more in numpy, OpenCV and torchvision: the reference
for tests/web/yolox.test.ts. Shares no code with the project.

  python yolox_reference.py --images DIR --coco instances.json --model yolox-nano-416.onnx --limit
    40

--nearest fits the picture in as the project does: sides rounded to nearest instead of cut, bilinear
in floating point, and each axis with its own exact scale on the way back.

Needs numpy, opencv-python-headless, onnxruntime, torch, torchvision, pycocotools.
"""

import argparse
import contextlib
import io
import json
import pathlib

import cv2
import numpy as np
import onnxruntime
import torch
import torchvision
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from decode_reference import sample


def preprocess(bgr, side, nearest):
    """Top-left letterbox: both sides cut to whole pixels, 8-bit bilinear, 114 around it, 0..255,
    BGR; and the scales of x and y.
    """
    height, width = bgr.shape[:2]
    ratio = min(side / height, side / width)
    net = np.full((side, side, 3), 114, np.float32)
    if nearest:
        w, h = round(width * ratio), round(height * ratio)
        net[:h, :w] = sample(
            bgr, (np.arange(h) + 0.5) * height / h - 0.5, (np.arange(w) + 0.5) * width / w - 0.5
        )
        scales = w / width, h / height
    else:
        w, h = int(width * ratio), int(height * ratio)
        net[:h, :w] = cv2.resize(bgr, (w, h), interpolation=cv2.INTER_LINEAR)
        scales = ratio, ratio
    return net.transpose(2, 0, 1)[None], scales


def rows_of(output, side):
    """xyxy in network pixels, scores, classes."""
    grids, strides = [], []
    for stride in (8, 16, 32):
        x, y = np.meshgrid(np.arange(side // stride), np.arange(side // stride))
        grids.append(np.stack([x, y], 2).reshape(-1, 2))
        strides.append(np.full((len(grids[-1]), 1), stride))
    grid, stride = np.concatenate(grids), np.concatenate(strides)
    center, size = (output[:, :2] + grid) * stride, np.exp(output[:, 2:4]) * stride
    products = output[:, 4:5] * output[:, 5:]
    return (
        np.concatenate([center - size / 2, center + size / 2], 1),
        products.max(1),
        products.argmax(1),
    )


def detect(session, path, score, iou, limit, nearest):
    side = session.get_inputs()[0].shape[2]
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    tensor, scales = preprocess(bgr, side, nearest)
    boxes, scores, classes = rows_of(
        session.run(None, {session.get_inputs()[0].name: tensor})[0][0], side
    )
    kept = scores > score
    boxes, scores, classes = boxes[kept] / np.tile(scales, 2), scores[kept], classes[kept]
    order = torchvision.ops.batched_nms(
        torch.tensor(boxes), torch.tensor(scores, dtype=torch.float64), torch.tensor(classes), iou
    ).numpy()[:limit]
    boxes = np.clip(boxes[order], 0, [bgr.shape[1], bgr.shape[0]] * 2)
    return boxes, scores[order], classes[order]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=pathlib.Path, required=True)
    parser.add_argument("--coco", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--limit", type=int, default=0, help="first so many pictures by name only")
    parser.add_argument("--score", type=float, default=0.01)
    parser.add_argument("--iou", type=float, default=0.65)
    parser.add_argument("--max", type=int, default=100)
    parser.add_argument(
        "--nearest", action="store_true", help="the project's letterbox instead of YOLOX's own"
    )
    parser.add_argument("--out", type=pathlib.Path, help="write the results as COCO JSON")
    arguments = parser.parse_args()
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(arguments.coco))
    images = sorted(truth.dataset["images"], key=lambda image: image["file_name"])[
        : arguments.limit or None
    ]
    categories = sorted(truth.getCatIds())
    session = onnxruntime.InferenceSession(str(arguments.model), providers=["CPUExecutionProvider"])
    results = []
    for image in images:
        path = arguments.images / pathlib.Path(image["file_name"]).name
        for (x1, y1, x2, y2), score, class_id in zip(
            *detect(session, path, arguments.score, arguments.iou, arguments.max, arguments.nearest)
        ):
            bbox = [float(v) for v in (x1, y1, x2 - x1, y2 - y1)]
            results.append(
                dict(
                    image_id=image["id"],
                    category_id=categories[class_id],
                    bbox=bbox,
                    score=float(score),
                )
            )
    if arguments.out:
        arguments.out.write_text(json.dumps(results))
    run = COCOeval(truth, truth.loadRes(results), "bbox")
    run.params.imgIds = [image["id"] for image in images]
    run.evaluate()
    run.accumulate()
    run.summarize()
    print(f"AP {run.stats[0]:.4f}, {len(results)} boxes")


if __name__ == "__main__":
    main()
