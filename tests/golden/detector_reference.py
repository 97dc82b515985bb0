"""What the makers of detector goldens share: drawn objects, suppression by torchvision, the way
back to the picture, masks.

Independent of the project: boxes in float64, torchvision.ops.nms for each class, masks on the full
frame. A case whose answer hangs on rounding (a score or overlap near its threshold, a box edge near
a whole pixel, a logit near 0) raises NearTie and is drawn anew.
"""

import numpy as np
import torch
import torchvision
from decode_reference import sample
from golden_file import instance, write_golden
from make_yolo_goldens import CENTRE, STRETCH, TOP_LEFT, draw_box, draw_scores, letterbox
from steady_draw import first_steady, need

SIZES = {
    "square": dict(src=(80, 80)),
    "wide": dict(src=(157, 45)),
    "tall": dict(src=(33, 121)),
    "odd_sides": dict(src=(101, 67), net=(64, 32)),
    "one_pixel": dict(src=(1, 1), object_scale=4.0),
    "one_row": dict(src=(77, 1), object_scale=2.0),
    "one_column": dict(src=(1, 77), object_scale=2.0),
    "none": dict(objects=0),
    "many": dict(src=(160, 120), net=(96, 96), classes=1, objects=180, copies=1, object_scale=0.12),
    "one_class": dict(classes=1, src=(70, 90)),
    "ninety_one_classes": dict(classes=91, net=(32, 32), objects=5, copies=2),
    "limited": dict(objects=9, max=4),
    "not_finite": dict(not_finite=True),
}
DEFAULTS = dict(
    src=(90, 70),
    net=(64, 64),
    mode=CENTRE,
    classes=3,
    objects=7,
    copies=3,
    score=0.25,
    iou=0.45,
    max=300,
    object_scale=1.0,
    strides=(8, 16, 32),
    not_finite=False,
)


def cells(case):
    """x, y, stride of every cell of every level, finest level first, row by row."""
    width, height = case["net"]
    return [
        (x, y, s) for s in case["strides"] for y in range(height // s) for x in range(width // s)
    ]


def objects(random, case):
    """[(box in network pixels, score, class)]: some across the borders, each with `copies` jittered
    copies, all scores distinct.
    """
    found = []
    scores = draw_scores(random, case["objects"] * case["copies"])
    for number in range(case["objects"]):
        center, size = draw_box(random, case)
        class_id = int(random.integers(case["classes"]))
        for copy in range(case["copies"]):
            jitter = random.uniform(-0.06, 0.06, 4) * np.tile(size, 2) * (copy > 0)
            c, s = center + jitter[:2], size + jitter[2:]
            found.append(
                (
                    np.concatenate([c - s / 2, c + s / 2]),
                    scores[number * case["copies"] + copy],
                    class_id,
                )
            )
    return found


def channel_rows(random, case, protos=0):
    """Rows of box, class scores and coefficients, mostly below the threshold."""
    classes = case["classes"]
    rows = np.empty((len(cells(case)), 4 + classes + protos), np.float32)
    rows[:, :4] = random.uniform(0, 40, (len(rows), 4))
    rows[:, 4 : 4 + classes] = random.uniform(0, case["score"] * 0.9, (len(rows), classes))
    rows[:, 4 + classes :] = random.normal(0, 1.5, (len(rows), protos))
    for slot, (box, score, class_id) in zip(random.permutation(len(rows)), objects(random, case)):
        rows[slot, :4] = [*(box[:2] + box[2:]) / 2, *(box[2:] - box[:2])]
        rows[slot, 4 + class_id] = score
    return rows


def objectness_rows(random, case, boxes, protos=0, place=lambda slot, box: box):
    """Rows of box, objectness, class scores and coefficients, mostly below the threshold. `boxes`:
    values of the rows without an object; `place(slot, center and size)`: the four values that mean
    this box in this row.
    """
    classes = case["classes"]
    rows = np.empty((len(boxes), 5 + classes + protos), np.float32)
    rows[:, :4] = boxes
    rows[:, 4] = random.uniform(0, case["score"] * 0.9, len(rows))
    rows[:, 5 : 5 + classes] = random.uniform(0, 1, (len(rows), classes))
    rows[:, 5 + classes :] = random.normal(0, 1.5, (len(rows), protos))
    for slot, (box, score, class_id) in zip(random.permutation(len(rows)), objects(random, case)):
        objectness = random.uniform(max(score, 0.5), 1)
        rows[slot, :5] = [
            *place(slot, np.concatenate([(box[:2] + box[2:]) / 2, box[2:] - box[:2]])),
            objectness,
        ]
        rows[slot, 5 : 5 + classes] *= 0.2 * score
        rows[slot, 5 + class_id] = score / objectness
    return rows


def final_rows(random, case, protos=0):
    """Rows of corners, score, class and coefficients. No copies: suppression has been done. Padding
    rows are zeros.
    """
    rows = np.zeros((case["rows"], 6 + protos), np.float32)
    for slot, (box, score, class_id) in zip(
        random.permutation(len(rows)), objects(random, {**case, "copies": 1})
    ):
        rows[slot] = [*box, score, class_id, *random.normal(0, 1.5, protos)]
    return rows


def plant_not_finite(random, case, rows, columns, scores):
    """In cases that ask for it: NaN or infinity in one of the `columns` of every third row whose
    score is above the threshold.
    """
    if case["not_finite"]:
        for slot in np.flatnonzero(scores > case["score"])[::3]:
            rows[slot, random.choice(columns)] = random.choice([np.nan, np.inf, -np.inf])


def corners(wide):
    """x1, y1, x2, y2 of rows that begin with center and size, in float64."""
    with np.errstate(invalid="ignore"):
        return np.concatenate([wide[:, :2] - wide[:, 2:4] / 2, wide[:, :2] + wide[:, 2:4] / 2], 1)


def select(case, boxes, scores, classes, suppressed):
    """Indices of what is left, best first: threshold, suppression inside each class unless done, at
    most `max`.
    """
    usable = (
        np.isfinite(boxes).all(1)
        & np.isfinite(scores)
        & (boxes[:, 2] >= boxes[:, 0])
        & (boxes[:, 3] >= boxes[:, 1])
    )
    need((np.abs(scores[usable] - case["score"]) > 1e-4).all())
    chosen = np.flatnonzero(usable & (scores > case["score"]))
    if not suppressed:
        kept = []
        for class_id in np.unique(classes[chosen]):
            own = chosen[classes[chosen] == class_id]
            overlaps = torchvision.ops.box_iou(
                torch.tensor(boxes[own]), torch.tensor(boxes[own])
            ).numpy()
            need((np.abs(overlaps - case["iou"]) > 1e-4).all())
            kept += list(
                own[
                    torchvision.ops.nms(
                        torch.tensor(boxes[own]), torch.tensor(scores[own]), case["iou"]
                    ).numpy()
                ]
            )
        chosen = np.asarray(kept, int)
    order = chosen[np.argsort(-scores[chosen], kind="stable")]
    need(len(order) < 2 or np.abs(np.diff(scores[order])).min() > 1e-5)
    return order[: case["max"]]


def to_source(case, box):
    """Corners in source pixels, clipped to the picture; each axis with the exact scale of its
    content.
    """
    left, top, width, height = letterbox(case["src"], case["net"], case["mode"])
    sides = np.tile(case["src"], 2)
    return np.clip(
        (np.asarray(box) - np.tile([left, top], 2)) * sides / np.tile([width, height], 2), 0, sides
    )


def inside(case, box):
    """Pixels r with r >= x1 and r < x2, rows alike."""
    need(
        all(
            edge in (0, side) or abs(edge - round(edge)) > 1e-3
            for edge, side in zip(box, np.tile(case["src"], 2))
        )
    )
    column, row = np.arange(case["src"][0])[None], np.arange(case["src"][1])[:, None]
    return (column >= box[0]) & (column < box[2]) & (row >= box[1]) & (row < box[3])


def object_pixels(case, coefficients, prototypes):
    """logit > 0 over the whole picture: the plane at prototype resolution, sampled at each pixel's
    center.
    """
    left, top, width, height = letterbox(case["src"], case["net"], case["mode"])
    plane = np.tensordot(np.asarray(coefficients, np.float64), prototypes.astype(np.float64), 1)
    columns = ((np.arange(case["src"][0]) + 0.5) * width / case["src"][0] + left) * plane.shape[
        1
    ] / case["net"][0] - 0.5
    rows = ((np.arange(case["src"][1]) + 0.5) * height / case["src"][1] + top) * plane.shape[
        0
    ] / case["net"][1] - 0.5
    logits = sample(plane, rows, columns)
    return logits


def expected(case, boxes, scores, classes, coefficients=None, prototypes=None, suppressed=False):
    """The instances that rows in float64 mean. An object without a pixel is none."""
    found = []
    for index in select(case, boxes, scores, classes, suppressed):
        box = to_source(case, boxes[index])
        mask = inside(case, box)
        if coefficients is not None:
            logits = object_pixels(case, coefficients[index], prototypes)
            need(not mask.any() or np.abs(logits[mask]).min() > 1e-4)
            mask &= logits > 0
        if mask.any():
            found.append(instance(box, scores[index], classes[index], mask))
    return found


def header(case, origin):
    sizes = {
        name: dict(width=case[key][0], height=case[key][1])
        for name, key in (("source", "src"), ("network", "net"))
    }
    options = dict(scoreThreshold=case["score"], iouThreshold=case["iou"], maxInstances=case["max"])
    modes = {CENTRE: "letterbox-centre", TOP_LEFT: "letterbox-top-left", STRETCH: "stretch"}
    return dict(
        **sizes, options=options, origin=origin, preprocessing=dict(resizeMode=modes[case["mode"]])
    )


def make_all(family, cases, draw, origin):
    """`draw(random, case)` = (outputs {name: array}, expected, further header fields). One file for
    each case.
    """
    for number, (name, changes) in enumerate(cases.items()):
        case = {**DEFAULTS, **changes}
        one = lambda attempt: draw(np.random.default_rng(number * 1000 + attempt), case)
        attempt, (outputs, instances, more) = first_steady(f"{family} {name}", one, attempts=300)
        path = write_golden(
            family, name, {**header(case, origin), **more, "expected": instances}, outputs
        )
        print(
            f"{family} {name}: {len(instances)} instances, "
            f"{path.stat().st_size} bytes, draw {attempt}"
        )
