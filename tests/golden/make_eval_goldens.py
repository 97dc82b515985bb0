"""Makes tests/golden/eval/*: a small random COCO data set and results, and what pycocotools says of
them.

Needs numpy and pycocotools. Run: python tests/golden/make_eval_goldens.py

The data set has polygons, plain and compressed RLE, crowds, objects of every class of sizes,
pictures and categories without objects, detections without an object, doubled detections, equal
scores, and more than 100 detections of one category in one picture.
"""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
from pycocotools import mask as mask_utils
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

OUT = Path(__file__).parent / "eval"
STATS = ("AP", "AP50", "AP75", "APs", "APm", "APl")
rng = np.random.default_rng(7)


def ellipse(height, width, cx, cy, rx, ry):
    y, x = np.mgrid[:height, :width]
    return (((x + 0.5 - cx) / rx) ** 2 + ((y + 0.5 - cy) / ry) ** 2 <= 1).astype(np.uint8)


def compressed(bitmap):
    rle = mask_utils.encode(np.asfortranarray(bitmap))
    return {"size": rle["size"], "counts": rle["counts"].decode()}


def plain(bitmap):
    flat = bitmap.flatten(order="F")
    edges = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff(np.concatenate(([0], edges, [flat.size]))).tolist()
    return {"size": list(bitmap.shape), "counts": [0, *counts] if flat[0] else counts}


def polygon(cx, cy, rx, ry):
    angles = np.linspace(0, 2 * np.pi, 9)[:-1]
    return [
        np.stack([cx + rx * np.cos(angles), cy + ry * np.sin(angles)], 1).round(2).ravel().tolist()
    ]


def jitter(shape, amount):
    cx, cy, rx, ry = shape
    return (
        cx + rng.normal(0, amount * rx),
        cy + rng.normal(0, amount * ry),
        rx * rng.uniform(1 - amount, 1 + amount),
        ry * rng.uniform(1 - amount, 1 + amount),
    )


def make_dataset():
    images, annotations, shapes = [], [], []
    for image_id in range(3, 23):
        height, width = int(rng.integers(60, 420)), int(rng.integers(60, 420))
        images.append(
            {"id": image_id, "file_name": f"{image_id}.jpg", "height": height, "width": width}
        )
        for _ in range(int(rng.integers(0, 7))):
            rx, ry = np.exp(rng.uniform(np.log(4), np.log(150), 2))
            shape = (rng.uniform(0, width), rng.uniform(0, height), rx, ry)
            bitmap = ellipse(height, width, *shape)
            if not bitmap.any():
                continue
            crowd = int(rng.random() < 0.15)
            kind = 1 if crowd else int(rng.integers(0, 3))
            if kind == 2:
                segmentation = polygon(*shape)
                rle = mask_utils.merge(mask_utils.frPyObjects(segmentation, height, width))
            else:
                segmentation = plain(bitmap) if kind else compressed(bitmap)
                rle = mask_utils.encode(np.asfortranarray(bitmap))
            if mask_utils.area(rle) == 0:
                continue
            category = int(rng.choice([1, 2, 5, 9]))
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": category,
                    "segmentation": segmentation,
                    "area": float(mask_utils.area(rle)),
                    "bbox": mask_utils.toBbox(rle).tolist(),
                    "iscrowd": crowd,
                }
            )
            shapes.append((image_id, height, width, category, shape))
    categories = [{"id": i, "name": f"class {i}"} for i in (1, 2, 5, 9, 11)]
    return {"images": images, "annotations": annotations, "categories": categories}, shapes


def result(image_id, height, width, category, shape, score):
    bitmap = ellipse(height, width, *shape)
    if not bitmap.any():
        return []
    rle = compressed(bitmap)
    return [
        {
            "image_id": image_id,
            "category_id": category,
            "score": round(float(score), 3),
            "segmentation": rle,
            "bbox": mask_utils.toBbox(rle).tolist(),
        }
    ]


def make_results(dataset, shapes):
    results = []
    for image_id, height, width, category, shape in shapes:
        for _ in range(int(rng.choice([0, 1, 1, 1, 2]))):
            wrong = rng.random() < 0.1
            results += result(
                image_id,
                height,
                width,
                11 if wrong else category,
                jitter(shape, rng.choice([0.02, 0.1, 0.3])),
                rng.uniform(0.2, 1),
            )
    for _ in range(60):
        image = dataset["images"][int(rng.integers(len(dataset["images"])))]
        shape = (
            rng.uniform(0, image["width"]),
            rng.uniform(0, image["height"]),
            rng.uniform(3, 40),
            rng.uniform(3, 40),
        )
        results += result(
            image["id"],
            image["height"],
            image["width"],
            int(rng.choice([1, 2, 5, 9, 11])),
            shape,
            rng.choice([0.1, 0.3, 0.5]),
        )
    first = shapes[0]
    for _ in range(130):
        results += result(*first[:4], jitter(first[4], 0.4), rng.choice([0.15, 0.25, 0.6]))
    return results


def evaluate(dataset, results, kind):
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = json.loads(json.dumps(dataset))
        truth.createIndex()
        # For masks the size class of a detection is that of its mask: loadRes takes the box's when
        # there is one.
        rows = [
            {k: v for k, v in row.items() if k != ("bbox" if kind == "segm" else "segmentation")}
            for row in results
        ]
        evaluation = COCOeval(truth, truth.loadRes(json.loads(json.dumps(rows))), kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(STATS, (float(value) for value in evaluation.stats[:6])))


def main():
    OUT.mkdir(exist_ok=True)
    dataset, shapes = make_dataset()
    results = make_results(dataset, shapes)
    expected = {kind: evaluate(dataset, results, kind) for kind in ("segm", "bbox")}
    for name, value in (("truth", dataset), ("results", results), ("expected", expected)):
        (OUT / f"{name}.json").write_text(json.dumps(value, separators=(",", ":")) + "\n")
    print(json.dumps(expected, indent=1))


main()
