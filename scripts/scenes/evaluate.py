"""Runs a masklet-n ONNX file over the scenes in plain numpy and prints the COCO mask AP.

    python3 scripts/scenes/evaluate.py --model models/masklet-n.onnx [--data tests/data/scenes]
        [--size 416] [--letterbox top-left|center|stretch] [--score 0.05] [--iou 0.7]
        [--overlay DIR]

An independent, slow reading of the model's contract (see models/masklet-n.json): it shares no code
with the library.
"""

import argparse
import json
import os

import cv2
import numpy as np
import onnxruntime
from coco import CATEGORIES
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def letterbox(picture, side, centered):
    height, width = picture.shape[:2]
    scale = side / max(height, width)
    w, h = round(width * scale), round(height * scale)
    x, y = (round((side - w) / 2 - 0.1), round((side - h) / 2 - 0.1)) if centered else (0, 0)
    plane = np.full((side, side, 3), 114, np.uint8)
    plane[y : y + h, x : x + w] = cv2.resize(picture, (w, h), interpolation=cv2.INTER_LINEAR)
    tensor = plane[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
    return tensor, (w / width, h / height, x, y)


def stretched(picture, side):
    height, width = picture.shape[:2]
    plane = cv2.resize(picture, (side, side), interpolation=cv2.INTER_LINEAR)
    tensor = plane[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
    return tensor, (side / width, side / height, 0, 0)


def box_iou(box, others):
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared = np.clip(high - low, 0, None).prod(1)
    area = lambda b: (b[..., 2] - b[..., 0]) * (b[..., 3] - b[..., 1])  # noqa: E731
    return shared / (area(box) + area(others) - shared + 1e-9)


def detections(rows, score, iou, limit=100):
    """Rows (N, 116) to [(class, score, network box, 32 coefficients)], class-aware NMS."""
    kinds, scores = rows[:, 4:84].argmax(1), rows[:, 4:84].max(1)
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] > score]
    center, half = rows[order, :2], rows[order, 2:4] / 2
    boxes, kinds, scores, rows = (
        np.hstack([center - half, center + half]),
        kinds[order],
        scores[order],
        rows[order],
    )
    kept = []
    for k in range(len(boxes)):
        rivals = [j for j in kept if kinds[j] == kinds[k]]
        if not rivals or box_iou(boxes[k], boxes[rivals]).max() <= iou:
            kept.append(k)
    return [(kinds[k], scores[k], boxes[k], rows[k, 84:]) for k in kept[:limit]]


def full_mask(coefficients, prototypes, box, side, transform, size):
    """The mask at source resolution: bilinear logits, positive, inside the box."""
    sx, sy, x0, y0 = transform
    width, height = size
    plane = np.tensordot(coefficients, prototypes, 1).astype(np.float32)
    step = side / plane.shape[0]
    u = ((np.arange(width, dtype=np.float32) + 0.5) * sx + x0) / step - 0.5
    v = ((np.arange(height, dtype=np.float32) + 0.5) * sy + y0) / step - 0.5
    grid = [m.astype(np.float32) for m in np.meshgrid(u, v)]
    logits = cv2.remap(plane, *grid, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    x1, x2 = (box[0] - x0) / sx, (box[2] - x0) / sx
    y1, y2 = (box[1] - y0) / sy, (box[3] - y0) / sy
    cols, rows = np.arange(width), np.arange(height)
    inside = ((rows >= y1) & (rows < y2))[:, None] & ((cols >= x1) & (cols < x2))[None]
    return (logits > 0) & inside


def segment(session, picture, options):
    feed = session.get_inputs()[0]
    side = feed.shape[2] if isinstance(feed.shape[2], int) else options.size
    if options.letterbox == "stretch":
        tensor, transform = stretched(picture, side)
    else:
        tensor, transform = letterbox(picture, side, options.letterbox == "center")
    rows, prototypes = session.run(None, {feed.name: tensor})
    size = picture.shape[1], picture.shape[0]
    found = detections(rows[0].T, options.score, options.iou)
    return [
        (kind, score, full_mask(coefficients, prototypes[0], box, side, transform, size))
        for kind, score, box, coefficients in found
    ]


def overlay(picture, found, truth, names, path):
    image = (picture * 0.6).astype(np.uint8)
    for k, (kind, score, mask) in enumerate(found):
        if score < 0.2 or not mask.any():
            continue
        color = tuple(
            int(c)
            for c in cv2.cvtColor(np.uint8([[[k * 47 % 180, 200, 255]]]), cv2.COLOR_HSV2BGR)[0, 0]
        )
        image[mask] = (0.55 * image[mask] + 0.45 * np.array(color)).astype(np.uint8)
        ys, xs = np.nonzero(mask)
        cv2.putText(
            image,
            f"{names[kind]} {score:.2f}",
            (int(xs.min()), max(12, int(ys.min()))),
            0,
            0.45,
            color,
            1,
        )
    for mask in truth:
        lines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(image, lines, -1, (255, 255, 255), 1)
    cv2.imwrite(path, image)


def report(truth, found, names):
    """Per instance: the best mask IoU of a detection of its class and that detection's score."""
    for annotation in truth:
        mask = coco_mask.decode(annotation["segmentation"]).astype(bool)
        name = CATEGORIES[annotation["category_id"]]
        best = (0.0, 0.0)
        any_best = (0.0, 0.0, "-")
        for kind, score, guess in found:
            iou = (mask & guess).sum() / max(1, (mask | guess).sum())
            if names[kind] == name:
                best = max(best, (iou, score))
            elif iou > 0.4 and score > any_best[1]:
                any_best = (iou, score, names[kind])
        print(
            f"  {name:14s} IoU {best[0]:.2f} score {best[1]:.2f}"
            f"   rival {any_best[2]} {any_best[1]:.2f}"
        )
    claimed = [f"{names[k]} {s:.2f}" for k, s, _ in found if s >= 0.2]
    print("  shown at 0.2:", ", ".join(claimed))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", default="tests/data/scenes")
    parser.add_argument(
        "--size", type=int, default=416, help="side of the input where the graph leaves it open"
    )
    parser.add_argument(
        "--letterbox", choices=["top-left", "center", "stretch"], default="top-left"
    )
    parser.add_argument("--score", type=float, default=0.05)
    parser.add_argument("--iou", type=float, default=0.7)
    parser.add_argument("--overlay")
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        options.model, settings, providers=["CPUExecutionProvider"]
    )
    truth_path = os.path.join(options.data, "instances.json")
    with open(truth_path) as file:
        truth = json.load(file)
    names, numbers, results = list(CATEGORIES.values()), list(CATEGORIES), []
    for image in truth["images"]:
        picture = cv2.imread(os.path.join(options.data, image["file_name"]))
        found = segment(session, picture, options)
        own = [a for a in truth["annotations"] if a["image_id"] == image["id"]]
        if not options.quiet:
            print(image["file_name"])
            report(own, found, names)
        if options.overlay:
            os.makedirs(options.overlay, exist_ok=True)
            shapes = [coco_mask.decode(a["segmentation"]) for a in own]
            overlay(
                picture, found, shapes, names, os.path.join(options.overlay, image["file_name"])
            )
        for kind, score, mask in found:
            rle = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
            results.append(
                {
                    "image_id": image["id"],
                    "category_id": numbers[kind],
                    "segmentation": rle,
                    "score": float(score),
                }
            )
    reference = COCO(truth_path)
    judge = COCOeval(reference, reference.loadRes(results), "segm")
    judge.evaluate()
    judge.accumulate()
    judge.summarize()
    precision = judge.eval["precision"][0, :, :, 0, 2]
    for k, number in enumerate(judge.params.catIds):
        if (precision[:, k] > -1).any():
            print(f"  AP50 {CATEGORIES[number]:14s} {precision[:, k].mean():.3f}")


if __name__ == "__main__":
    main()
