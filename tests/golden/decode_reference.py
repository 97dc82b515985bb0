#!/usr/bin/env python3
"""The whole path once more, in plain numpy: an independent reference for the accuracy of `masklet
segment`.

Reads a COCO-style folder, runs a YOLOv8-layout segmentation model (YOLOv5's with --objectness) with
ONNX Runtime (or takes raw outputs from --raw), decodes with full-frame masks in float64, writes
COCO results and prints box and mask AP with pycocotools. Shares no code with the project.

  python decode_reference.py --images DIR --coco instances.json --model yolov8n-seg-640.onnx --out
    results.json

Needs numpy, onnxruntime (not with --raw), opencv-python-headless (reading of JPEG only),
pycocotools.

--raw DIR holds for each picture STEM.output0.f32 and STEM.output1.f32: little-endian fp32 in the
shapes given by --shape0, --shape1.
"""

import argparse
import json
import pathlib

import cv2
import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def letterbox(width, height, side):
    """Content rectangle (x, y, w, h) inside a side x side input: Ultralytics' LetterBox rule.
    Python's round() is half to even.
    """
    ratio = min(side / width, side / height)
    new_w, new_h = max(1, round(width * ratio)), max(1, round(height * ratio))
    return round((side - new_w) / 2 - 0.1), round((side - new_h) / 2 - 0.1), new_w, new_h


def bilinear_axis(positions, length):
    """Indices and weight for sample positions (pixel i has its center at i)."""
    positions = np.clip(positions, 0, length - 1)
    low = np.floor(positions).astype(int)
    return low, np.minimum(low + 1, length - 1), positions - low


def sample(plane, rows, columns):
    """Separable bilinear resampling of [h, w] or [h, w, c] at the given positions, in float64."""
    plane = plane.astype(np.float64)
    extra = (None,) * (plane.ndim - 2)
    low, high, weight = bilinear_axis(rows, plane.shape[0])
    weight = weight[(slice(None), None) + extra]
    plane = plane[low] * (1 - weight) + plane[high] * weight
    low, high, weight = bilinear_axis(columns, plane.shape[1])
    weight = weight[(None, slice(None)) + extra]
    return plane[:, low] * (1 - weight) + plane[:, high] * weight


def preprocess(rgb, side):
    height, width = rgb.shape[:2]
    x, y, w, h = letterbox(width, height, side)
    content = sample(
        rgb, (np.arange(h) + 0.5) * height / h - 0.5, (np.arange(w) + 0.5) * width / w - 0.5
    )
    net = np.full((side, side, 3), 114.0)
    net[y : y + h, x : x + w] = content
    return (net / 255).transpose(2, 0, 1)[None].astype(np.float32)


def box_iou(box, others):
    left, top = np.maximum(box[:2], others[:, :2]).T
    right, bottom = np.minimum(box[2:], others[:, 2:]).T
    intersection = np.clip(right - left, 0, None) * np.clip(bottom - top, 0, None)
    area = lambda b: (b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1])
    union = area(box) + area(others) - intersection
    return np.divide(intersection, union, out=np.zeros_like(union), where=union > 0)


def detect(output, prototype_count, score_threshold, iou_threshold, limit, objectness=False):
    """[4 + C + P, N], or [N, 5 + C + P] with `objectness`, to boxes, scores, classes, coefficients
    after class-aware greedy NMS.
    """
    rows = (output if objectness else output.T).astype(np.float64)
    class_scores = rows[:, 4 : rows.shape[1] - prototype_count]
    if objectness:
        class_scores = class_scores[:, 1:] * class_scores[:, :1]
    classes = class_scores.argmax(1)
    scores = class_scores.max(1)
    chosen = np.flatnonzero(scores > score_threshold)
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
    center, size = rows[:, :2], rows[:, 2:4]
    boxes = np.concatenate([center - size / 2, center + size / 2], 1)
    kept = []
    while len(chosen) and len(kept) < limit:
        best, chosen = chosen[0], chosen[1:]
        kept.append(best)
        overlap = box_iou(boxes[best], boxes[chosen])
        chosen = chosen[(overlap <= iou_threshold) | (classes[chosen] != classes[best])]
    return (
        boxes[kept],
        scores[kept],
        classes[kept],
        rows[kept][:, rows.shape[1] - prototype_count :],
    )


def full_frame_mask(box_net, coefficients, prototypes, width, height, side):
    """Mask of one object over the whole picture, and its box in source pixels."""
    x, y, w, h = letterbox(width, height, side)
    count, proto_h, proto_w = prototypes.shape
    logits = (coefficients @ prototypes.reshape(count, -1).astype(np.float64)).reshape(
        proto_h, proto_w
    )
    columns = ((np.arange(width) + 0.5) * w / width + x) * proto_w / side - 0.5
    rows = ((np.arange(height) + 0.5) * h / height + y) * proto_h / side - 0.5
    mask = sample(logits, rows, columns) > 0
    x1, x2 = np.clip((box_net[[0, 2]] - x) * width / w, 0, width)
    y1, y2 = np.clip((box_net[[1, 3]] - y) * height / h, 0, height)
    column, row = np.arange(width)[None], np.arange(height)[:, None]
    return mask & (column >= x1) & (column < x2) & (row >= y1) & (row < y2), (x1, y1, x2, y2)


def evaluate(ground_truth, results):
    for kind in ("segm", "bbox"):
        run = COCOeval(ground_truth, ground_truth.loadRes(results), kind)
        run.evaluate()
        run.accumulate()
        run.summarize()
        print(
            f"{kind} AP {run.stats[0]:.6f} AP50 {run.stats[1]:.6f} AP75 {run.stats[2]:.6f}",
            flush=True,
        )


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=pathlib.Path, required=True)
    parser.add_argument("--coco", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument(
        "--raw", type=pathlib.Path, help="folder of raw outputs, instead of --model"
    )
    parser.add_argument("--shape0", default="116,8400")
    parser.add_argument("--shape1", default="32,160,160")
    parser.add_argument("--side", type=int, default=640, help="network input side")
    parser.add_argument("--score", type=float, default=0.01)
    parser.add_argument("--iou", type=float, default=0.7)
    parser.add_argument("--max", type=int, default=100)
    parser.add_argument("--limit", type=int, default=0, help="first so many pictures only")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--objectness", action="store_true", help="rows [N, 5 + C + P] as of YOLOv5"
    )
    parser.add_argument("--out", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    if (arguments.model is None) == (arguments.raw is None):
        parser.error("give exactly one of --model and --raw")
    return arguments


def network(arguments):
    """A function from picture path to (output0 [4 + C + P, N], prototypes [P, h, w], width,
    height).
    """

    def read(path):
        image = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if image is None:
            raise SystemExit(f"cannot read {path}")
        return image[:, :, ::-1]

    if arguments.raw is not None:
        shapes = [tuple(map(int, text.split(","))) for text in (arguments.shape0, arguments.shape1)]

        def from_files(path):
            height, width = read(path).shape[:2]
            outputs = [
                np.fromfile(arguments.raw / f"{path.stem}.output{i}.f32", "<f4").reshape(s)
                for i, s in enumerate(shapes)
            ]
            return *outputs, width, height

        return from_files

    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    session = onnxruntime.InferenceSession(
        str(arguments.model), options, providers=["CPUExecutionProvider"]
    )

    def from_model(path):
        rgb = read(path)
        outputs = session.run(None, {session.get_inputs()[0].name: preprocess(rgb, arguments.side)})
        detections = next(o for o in outputs if o.ndim == 3)[0]
        prototypes = next(o for o in outputs if o.ndim == 4)[0]
        return detections, prototypes, rgb.shape[1], rgb.shape[0]

    return from_model


def main():
    arguments = parse_arguments()
    ground_truth = COCO(str(arguments.coco))
    category_ids = sorted(ground_truth.getCatIds())
    images = sorted(ground_truth.dataset["images"], key=lambda image: image["file_name"])
    if arguments.limit:
        images = images[: arguments.limit]
        kept = {image["id"] for image in images}
        ground_truth.dataset["images"] = images
        ground_truth.dataset["annotations"] = [
            a for a in ground_truth.dataset["annotations"] if a["image_id"] in kept
        ]
        ground_truth.createIndex()
    run = network(arguments)
    results = []
    for number, image in enumerate(images, 1):
        detections, prototypes, width, height = run(arguments.images / image["file_name"])
        rows = detect(
            detections,
            prototypes.shape[0],
            arguments.score,
            arguments.iou,
            arguments.max,
            arguments.objectness,
        )
        for box, score, class_id, coefficients in zip(*rows):
            mask, (x1, y1, x2, y2) = full_frame_mask(
                box, coefficients, prototypes, width, height, arguments.side
            )
            rle = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
            results.append(
                {
                    "image_id": image["id"],
                    "category_id": category_ids[class_id],
                    "score": float(score),
                    "bbox": [float(x1), float(y1), float(x2 - x1), float(y2 - y1)],
                    "segmentation": {"size": [height, width], "counts": rle["counts"].decode()},
                }
            )
        if number % 25 == 0:
            print(f"{number}/{len(images)}", flush=True)
    arguments.out.write_text(json.dumps(results))
    evaluate(ground_truth, results)


if __name__ == "__main__":
    main()
