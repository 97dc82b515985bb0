"""Makes tests/golden/eval/kinds.json: small COCO files that lack fields or bend the format, and
what pycocotools says of them; null where it fails.

Needs numpy and pycocotools. Run: python tests/golden/make_eval_kind_goldens.py
"""

import contextlib
import copy
import io
import json
from pathlib import Path

import numpy as np
from pycocotools import mask as mask_utils
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

OUT = Path(__file__).parent / "eval" / "kinds.json"
STATS = ("AP", "AP50", "AP75", "APs", "APm", "APl")
SIDE = 120


def bitmap(x, y, width, height, side=SIDE):
    image = np.zeros((side, side), np.uint8)
    image[y : y + height, x : x + width] = 1
    return np.asfortranarray(image)


def rle(*box, side=SIDE):
    value = mask_utils.encode(bitmap(*box, side=side))
    return {"size": value["size"], "counts": value["counts"].decode()}


def plain(*box):
    flat = bitmap(*box).flatten(order="F")
    edges = np.flatnonzero(np.diff(flat)) + 1
    return {"size": [SIDE, SIDE], "counts": np.diff([0, *edges, flat.size]).tolist()}


def triangle(x, y, width, height):
    return [[x, y, x + width, y, x, y + height]]


def truth():
    boxes = [(1, 1, (5, 5, 20, 20)), (1, 1, (50, 50, 45, 45)), (1, 2, (30, 5, 20, 15)),
             (2, 1, (10, 10, 40, 30)), (2, 2, (60, 60, 12, 50))]
    return {
        "images": [
            {"id": i, "file_name": f"{i}.png", "width": SIDE, "height": SIDE} for i in (1, 2)
        ],
        "categories": [{"id": 1, "name": "ball"}, {"id": 2, "name": "box"}],
        "annotations": [
            {"id": k + 1, "image_id": i, "category_id": c, "segmentation": rle(*box),
             "bbox": list(box), "area": box[2] * box[3], "iscrowd": 0}
            for k, (i, c, box) in enumerate(boxes)
        ],
    }


def results():
    rows = [(1, 1, 0.9, (5, 5, 20, 20)), (1, 1, 0.8, (52, 50, 40, 45)), (1, 1, 0.7, (0, 90, 15, 15)),
            (1, 2, 0.7, (30, 5, 20, 13)), (2, 1, 0.6, (10, 12, 40, 30)), (2, 2, 0.5, (64, 60, 9, 50))]
    return [
        {"image_id": i, "category_id": c, "score": s, "bbox": list(box), "segmentation": rle(*box)}
        for i, c, s, box in rows
    ]


def each(rows, **fields):
    for row in rows:
        row.update(fields)


def drop(rows, field):
    for row in rows:
        row.pop(field, None)


def set_at(rows, index, **fields):
    rows[index].update(fields)


def polygons(rows):
    for row in rows:
        row["segmentation"] = triangle(*row["bbox"])


def plain_counts(rows):
    for row in rows:
        row["segmentation"] = plain(*row["bbox"])


def thin_masks(rows):
    for row in rows:
        x, y, width, height = row["bbox"]
        row["segmentation"] = rle(x, y, width, max(1, height // 2))


KINDS = {
    "as it is": lambda t, r: None,
    "no bbox in results": lambda t, r: drop(r, "bbox"),
    "no bbox in the first result": lambda t, r: r[0].pop("bbox"),
    "no bbox in a later result": lambda t, r: r[2].pop("bbox"),
    "empty bbox": lambda t, r: set_at(r, 0, bbox=[]),
    "bbox null": lambda t, r: set_at(r, 0, bbox=None),
    "bbox of three": lambda t, r: set_at(r, 0, bbox=[1, 2, 3]),
    "masks smaller than their boxes": lambda t, r: thin_masks(r),
    "thin masks without boxes": lambda t, r: (thin_masks(r), drop(r, "bbox")),
    "results of boxes": lambda t, r: drop(r, "segmentation"),
    "a result of a box": lambda t, r: r[1].pop("segmentation"),
    "neither": lambda t, r: (drop(r, "segmentation"), drop(r, "bbox")),
    "truth of boxes": lambda t, r: drop(t["annotations"], "segmentation"),
    "boxes on both sides": lambda t, r: (drop(t["annotations"], "segmentation"), drop(r, "segmentation")),
    "truth without bbox": lambda t, r: drop(t["annotations"], "bbox"),
    "polygons": lambda t, r: (polygons(t["annotations"]), polygons(r)),
    "polygons without bbox": lambda t, r: (polygons(r), drop(r, "bbox")),
    "plain counts": lambda t, r: (plain_counts(t["annotations"]), plain_counts(r)),
    "plain counts without bbox": lambda t, r: (plain_counts(r), drop(r, "bbox")),
    "polygons of four numbers": lambda t, r: each(t["annotations"][:1], segmentation=[[5, 5, 20, 20]]),
    "empty polygons": lambda t, r: each(t["annotations"][:1], segmentation=[]),
    "crowd 1": lambda t, r: set_at(t["annotations"], 1, iscrowd=1),
    "crowd true": lambda t, r: set_at(t["annotations"], 1, iscrowd=True),
    "crowd false": lambda t, r: each(t["annotations"], iscrowd=False),
    "crowd 2": lambda t, r: set_at(t["annotations"], 1, iscrowd=2),
    "crowd half": lambda t, r: set_at(t["annotations"], 1, iscrowd=0.5),
    "crowd text": lambda t, r: set_at(t["annotations"], 1, iscrowd="1"),
    "crowd null": lambda t, r: set_at(t["annotations"], 1, iscrowd=None),
    "no iscrowd": lambda t, r: drop(t["annotations"], "iscrowd"),
    "ignore": lambda t, r: set_at(t["annotations"], 1, ignore=1),
    "ignore true on all": lambda t, r: each(t["annotations"], ignore=True),
    "no area": lambda t, r: drop(t["annotations"], "area"),
    "no area on a crowd": lambda t, r: (set_at(t["annotations"], 1, iscrowd=1), t["annotations"][1].pop("area")),
    "area of another size": lambda t, r: set_at(t["annotations"], 0, area=5000),
    "no id": lambda t, r: t["annotations"][0].pop("id"),
    "id 0": lambda t, r: set_at(t["annotations"], 0, id=0),
    "id twice": lambda t, r: set_at(t["annotations"], 1, id=1),
    "no category in an annotation": lambda t, r: t["annotations"][0].pop("category_id"),
    "unlisted category in the truth": lambda t, r: set_at(t["annotations"], 2, category_id=9),
    "unlisted category in the results": lambda t, r: set_at(r, 3, category_id=9),
    "unlisted category without score": lambda t, r: (set_at(r, 3, category_id=9), r[3].pop("score")),
    "unlisted image in the truth": lambda t, r: set_at(t["annotations"], 3, image_id=7),
    "unlisted image in the results": lambda t, r: set_at(r, 4, image_id=7),
    "no image in a result": lambda t, r: r[4].pop("image_id"),
    "image as true": lambda t, r: each(r[:4], image_id=True),
    "category as true": lambda t, r: each(r[4:5], category_id=True),
    "text ids of images": lambda t, r: (
        [set_at(t["images"], k, id=str(k + 1)) for k in (0, 1)],
        [row.update(image_id=str(row["image_id"])) for row in t["annotations"] + r],
    ),
    "a part of the images": lambda t, r: r.__delitem__(slice(4, 6)),
    "no score": lambda t, r: r[1].pop("score"),
    "score as text": lambda t, r: set_at(r, 1, score="0.8"),
    "score true": lambda t, r: set_at(r, 1, score=True),
    "score above one": lambda t, r: set_at(r, 1, score=7),
    "no size of the image": lambda t, r: drop(t["images"], "height"),
    "masks of another size": lambda t, r: set_at(r, 0, segmentation=rle(5, 5, 20, 20, side=90)),
    "no annotations": lambda t, r: t.pop("annotations"),
    "annotations empty": lambda t, r: t.update(annotations=[]),
    "no images": lambda t, r: t.pop("images"),
    "no categories": lambda t, r: t.pop("categories"),
    "categories empty": lambda t, r: t.update(categories=[]),
    "category of no object": lambda t, r: t["categories"].append({"id": 5, "name": "none"}),
    "category twice": lambda t, r: t["categories"].append({"id": 1, "name": "again"}),
}


def evaluate(dataset, rows, kind):
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            coco = COCO()
            coco.dataset = copy.deepcopy(dataset)
            coco.createIndex()
            evaluation = COCOeval(coco, coco.loadRes(copy.deepcopy(rows)), kind)
            evaluation.evaluate()
            evaluation.accumulate()
            evaluation.summarize()
        return dict(zip(STATS, (float(value) for value in evaluation.stats[:6])))
    except Exception:  # noqa: BLE001
        return None


def main():
    cases = []
    for name, bend in KINDS.items():
        dataset, rows = truth(), results()
        bend(dataset, rows)
        expected = {kind: evaluate(dataset, rows, kind) for kind in ("segm", "bbox")}
        cases.append({"name": name, "truth": dataset, "results": rows, "expected": expected})
        print(name, {k: v and round(v["AP"], 4) for k, v in expected.items()})
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    OUT.write_text(f"[\n{lines}\n]\n")


main()
