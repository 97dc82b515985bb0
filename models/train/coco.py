"""Photos with instance masks from folders of COCO JSON: `<folder>/instances.json` and
`<folder>/images`.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

# Where the sets are looked for unless somebody says: beside the clone.
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


@dataclass
class Object:
    """One annotated object. `mask` is 0/1 and tight; its upper left pixel is (x, y) of the picture.
      `category` is the index in the set's
    categories sorted by id, or -1 where classes are not used. `box` x, y, w, h and `area` are the
      annotation's own.
    """

    category: int
    crowd: bool
    x: int
    y: int
    mask: np.ndarray
    box: tuple
    area: float


@dataclass
class Picture:
    name: str
    image: np.ndarray  # H x W x 3, uint8, RGB
    objects: list


def category_names(folder):
    categories = json.loads((Path(folder) / "instances.json").read_text())["categories"]
    return [c["name"] for c in sorted(categories, key=lambda c: c["id"])]


def full_mask(segmentation, height, width):
    """Polygons as COCO's own tools draw them, or run lengths, compressed or not -> 0/1 [H, W]."""
    from pycocotools import mask as runs

    if isinstance(segmentation, list):
        polygons = [p for p in segmentation if len(p) >= 6]
        if not polygons:
            return None
        encoded = runs.merge(runs.frPyObjects(polygons, height, width))
    elif isinstance(segmentation["counts"], list):
        encoded = runs.frPyObjects(segmentation, height, width)
    else:
        encoded = segmentation
    return runs.decode(encoded)


def tight(mask):
    """(x, y, crop) around the set pixels, or None where there are none."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    y, x = rows[0], columns[0]
    return int(x), int(y), np.ascontiguousarray(mask[y : rows[-1] + 1, x : columns[-1] + 1])


def read_object(annotation, category, height, width):
    mask = full_mask(annotation["segmentation"], height, width)
    crop = None if mask is None else tight(mask)
    if crop is None:
        return None
    return Object(
        category,
        bool(annotation.get("iscrowd", 0)),
        *crop,
        tuple(annotation["bbox"]),
        float(annotation["area"]),
    )


def read_picture(folder, entry, annotations, categories, classes):
    path = Path(folder) / "images" / entry["file_name"]
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path}: not a picture that can be read")
    height, width = image.shape[:2]
    objects = [
        read_object(a, categories[a["category_id"]] if classes else -1, height, width)
        for a in annotations
    ]
    return Picture(
        entry["file_name"],
        cv2.cvtColor(image, cv2.COLOR_BGR2RGB),
        [o for o in objects if o is not None],
    )


def read_set(folder, classes=True, only=None, without=()):
    """Every picture of a set, or those named in `only`, but none of `without`, in the order of the
    file.
    """
    document = json.loads((Path(folder) / "instances.json").read_text())
    categories = {
        c["id"]: i for i, c in enumerate(sorted(document["categories"], key=lambda c: c["id"]))
    }
    by_picture = {}
    for annotation in document["annotations"]:
        by_picture.setdefault(annotation["image_id"], []).append(annotation)
    wanted = [
        e
        for e in document["images"]
        if (only is None or e["file_name"] in only) and e["file_name"] not in without
    ]
    return [
        read_picture(folder, e, by_picture.get(e["id"], []), categories, classes) for e in wanted
    ]
