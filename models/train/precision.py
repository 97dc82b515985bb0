"""Average precision of boxes, masks and mask boundaries after COCO's rules, in a form that photos
can be resampled from.

Boundary AP (Cheng et al., 2021, arXiv 2103.16562): the overlap of two masks is the smaller of their
IoU and the IoU of their boundaries, a
boundary being the mask's pixels no further than 2 % of the picture's diagonal from its contour.
"""

import contextlib
import io

import cv2
import numpy as np
from pycocotools import mask as runs
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

BOUNDARY_RATIO = 0.02
SAME_BOX = 0.6  # IoU of boxes from which a mask is compared with the object's
RECALLS = np.linspace(0, 1, 101)
AREAS = "all", "small", "medium", "large"
KINDS = "box", "mask", "boundary"


@contextlib.contextmanager
def quiet():
    with contextlib.redirect_stdout(io.StringIO()):
        yield


def boundary(mask, distance):
    """mask [H, W] 0/1 -> its pixels within `distance` (in rows or columns, whichever is more) of a
      pixel that is not in it; beyond the
    picture's edge nothing is in it."""
    kernel = np.ones((3, 3), np.uint8)
    inside = cv2.erode(
        np.pad(mask, 1), kernel, iterations=distance, borderType=cv2.BORDER_CONSTANT, borderValue=0
    )
    return mask - inside[1:-1, 1:-1]


def boundary_distance(height, width):
    return max(1, int(round(BOUNDARY_RATIO * float(np.hypot(height, width)))))


def boundary_runs(encoded):
    """Run lengths of a mask -> run lengths of its boundary. Works on the mask's own rectangle:
    around it there is nothing to erode.
    """
    height, width = encoded["size"]
    x, y, w, h = (int(v) for v in runs.toBbox(encoded))
    whole = np.zeros((height, width), np.uint8, order="F")
    if w and h:
        crop = runs.decode(encoded)[y : y + h, x : x + w]
        whole[y : y + h, x : x + w] = boundary(
            np.ascontiguousarray(crop), boundary_distance(height, width)
        )
    return runs.encode(whole)


class BoundaryEval(COCOeval):
    """COCOeval whose overlap is the smaller of mask IoU and boundary IoU."""

    def __init__(self, truth, results):
        super().__init__(truth, results, "segm")
        self.boundaries = {}

    def boundary_of(self, annotation, kind):
        key = kind, annotation["id"]
        if key not in self.boundaries:
            self.boundaries[key] = boundary_runs(annotation["segmentation"])
        return self.boundaries[key]

    def computeIoU(self, imgId, catId):
        overlap = super().computeIoU(imgId, catId)
        if not len(overlap):
            return overlap
        categories = [catId] if self.params.useCats else self.params.catIds
        truth = [a for c in categories for a in self._gts[imgId, c]]
        found = [a for c in categories for a in self._dts[imgId, c]]
        order = np.argsort([-a["score"] for a in found], kind="mergesort")[
            : self.params.maxDets[-1]
        ]
        edges = runs.iou(
            [self.boundary_of(found[i], "found") for i in order],
            [self.boundary_of(a, "truth") for a in truth],
            [int(a["iscrowd"]) for a in truth],
        )
        return np.minimum(overlap, edges)


def run_coco(kind, truth, results, photos, most, categories):
    """COCOeval of one kind over the image ids `photos`, evaluated and accumulated."""
    made = (
        BoundaryEval(truth, results)
        if kind == "boundary"
        else COCOeval(truth, results, "bbox" if kind == "box" else "segm")
    )
    made.params.imgIds = photos
    made.params.maxDets = [1, 10, most]
    made.params.useCats = int(categories)
    with quiet():
        made.evaluate()
        made.accumulate()
    return made


def mean_of(precision):
    known = precision[precision > -1]
    return float(known.mean()) if len(known) else float("nan")


def figures(made):
    """AP at all thresholds, at 0.5 and 0.75, and of small, medium and large objects."""
    precision = made.eval["precision"][:, :, :, :, -1]  # thresholds, recalls, categories, areas
    row = {
        "ap": mean_of(precision[..., 0]),
        "ap50": mean_of(precision[0, ..., 0]),
        "ap75": mean_of(precision[5, ..., 0]),
    }
    row.update(
        {f"ap_{area}": mean_of(precision[..., index]) for index, area in enumerate(AREAS) if index}
    )
    row["recall"] = mean_of(made.eval["recall"][:, :, 0, -1])
    return row


def mask_agreement(boxes, masks):
    """Mean mask IoU over the objects whose best box of the same class overlaps by more than
    SAME_BOX; and how many they are.
    """
    values = []
    for key, overlap in boxes.ious.items():
        if not len(overlap):
            continue
        image, category = key
        categories = (
            [category] if boxes.params.useCats else sorted(boxes.cocoGt.cats)
        )  # accumulate() has replaced params.catIds
        crowd = np.array([a["iscrowd"] for c in categories for a in boxes._gts[image, c]], bool)
        best = overlap.argmax(0)
        columns = np.flatnonzero((overlap.max(0) > SAME_BOX) & ~crowd)
        values += [float(masks.ious[key][best[column], column]) for column in columns]
    return (float(np.mean(values)) if values else float("nan")), len(values)


def matches(made):
    """What AP is computed from, over all areas: per detection its photo, category and score and,
      per threshold, whether it is right and
    whether it is left out; per photo and category the number of objects."""
    photos, categories = made.params.imgIds, made.params.catIds if made.params.useCats else [-1]
    rows, counts = [], np.zeros((len(photos), len(categories)), np.int32)
    everything = made.params.areaRng[0]
    place = {photo: i for i, photo in enumerate(photos)}
    column = {category: i for i, category in enumerate(categories)}
    for entry in made.evalImgs:
        if entry is None or entry["aRng"] != everything:
            continue
        photo, category = place[entry["image_id"]], column[entry["category_id"]]
        counts[photo, category] = int((np.asarray(entry["gtIgnore"]) == 0).sum())
        right, out = np.asarray(entry["dtMatches"]) > 0, np.asarray(entry["dtIgnore"], bool)
        rows += [
            (photo, category, score, right[:, i], out[:, i])
            for i, score in enumerate(entry["dtScores"])
        ]
    thresholds = len(made.params.iouThrs)
    stack = lambda index, kind: np.array([row[index] for row in rows], kind)
    flags = lambda index: stack(index, bool).reshape(len(rows), thresholds)
    return {
        "photo": stack(0, np.int32),
        "category": stack(1, np.int32),
        "score": stack(2, np.float64),
        "right": flags(3),
        "out": flags(4),
        "objects": counts,
    }


def average_precision(table, weights):
    """`matches` and the number of times that each photo is taken, [R, photos] -> AP of each of the
      R samples.

    Equal to COCOeval on a set in which the photos stand that often: precision is looked up at right
      detections only, where the envelope of
    the curve has its corners. Undefined (NaN) where a sample has no object."""
    order = np.lexsort((table["photo"], -table["score"], table["category"]))
    category, photo = table["category"][order], table["photo"][order]
    right, out = table["right"][order], table["out"][order]
    objects = weights.astype(np.float64) @ table["objects"]  # [R, categories]
    total, known = np.zeros(len(weights)), (objects > 0).sum(1) * right.shape[1]
    for index in range(objects.shape[1]):
        span = slice(*np.searchsorted(category, [index, index + 1]))
        if span.start < span.stop:
            total += category_precision(
                right[span], out[span], weights[:, photo[span]], objects[:, index]
            )
    return np.where(known > 0, total / np.maximum(known, 1), np.nan)


def category_precision(right, out, weights, objects):
    """right, out [D, T] by falling score, weights [R, D], objects [R] -> sum over the thresholds of
    AP, [R]; 0 without objects.
    """
    total = np.zeros(len(objects))
    counted, last = None, None
    for threshold in range(right.shape[1]):
        keep = ~out[:, threshold]
        hits = np.flatnonzero(right[:, threshold] & keep)
        if not len(hits):
            continue
        if last is None or not np.array_equal(keep, last):
            counted, last = np.cumsum(weights * keep, 1), keep
        true = np.cumsum(weights[:, hits], 1)
        precision = true / np.maximum(counted[:, hits], 1)
        envelope = np.maximum.accumulate(precision[:, ::-1], 1)[:, ::-1]
        reached = np.searchsorted(RECALLS, true / np.maximum(objects, 1)[:, None], side="right")
        reached[true == 0] = 0
        steps = np.diff(reached, axis=1, prepend=0)
        total += (envelope * steps).sum(1) / len(RECALLS)
    return np.where(objects > 0, total, 0)


def read_truth(path):
    with quiet():
        truth = COCO(str(path))
    for annotation in truth.dataset["annotations"]:
        annotation.setdefault("iscrowd", 0)
    return truth


def load_results(truth, results, kind):
    """COCO results, of which there may be none. What size a detection is, is told by its box for
      boxes, by its mask for masks: pycocotools
    takes the mask's area only where there is no box."""
    with quiet():
        if results:
            return truth.loadRes(
                [{k: v for k, v in r.items() if kind == "box" or k != "bbox"} for r in results]
            )
        empty = COCO()
        empty.dataset = {**truth.dataset, "annotations": []}
        empty.createIndex()
        return empty


def score(truth, results, photos, most=100, categories=True):
    """-> (figures, matches per kind). `photos`: image ids, in order; `categories`: False to leave
    classes out of account.
    """
    made = {
        kind: run_coco(kind, truth, load_results(truth, results, kind), photos, most, categories)
        for kind in KINDS
    }
    report = {kind: figures(made[kind]) for kind in KINDS}
    report["mask_iou"], report["mask_iou_objects"] = mask_agreement(made["box"], made["mask"])
    return report, {kind: matches(made[kind]) for kind in KINDS}
