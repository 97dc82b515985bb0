#!/usr/bin/env python3
"""Makes tests/golden/yolo_seg/*.bin: small network outputs with planted objects, and the instances
and masks they mean.

Independent of the project: numpy float64, full-frame logits by the written-out bilinear formula,
greedy NMS by its definition. A case whose answer hangs on rounding (a logit near 0, an overlap near
the threshold, a box edge near a whole pixel) is drawn anew, so the tests may ask for equality. Run
it again only when a rule changes on purpose; the same seeds give the same bytes.

  python make_yolo_goldens.py        (numpy; pycocotools for the *.golden files)

File layout, little-endian 32-bit words (u = uint32, f = float32):
  u magic 'YSG1', u endToEnd, u srcWidth, u srcHeight, u netWidth, u netHeight, u resizeMode
    (core/letterbox.h),
  u classCount, u rowCount, u protoCount, u protoHeight, u protoWidth, f scoreThreshold, f
    iouThreshold, u maxInstances,
  u filterLength, u filter[filterLength], f detections[...], f prototypes[...],
  u instanceCount, then per instance: f boxNet[4], f score, u classId, u rect[4] (x, y, width,
    height in source pixels),
  u runCount, u runs[runCount], u coverageCount, u coverage[coverageCount].
"""

import pathlib
import struct

import numpy as np

from steady_draw import first_steady, need

FOLDER = pathlib.Path(__file__).parent / "yolo_seg"
CENTRE, TOP_LEFT, STRETCH = 0, 1, 2


def letterbox(src, net, mode):
    """(x, y, w, h) of the picture inside the network input."""
    if mode == STRETCH:
        return 0, 0, net[0], net[1]
    ratio = min(net[0] / src[0], net[1] / src[1])
    w, h = (min(max(round(s * ratio), 1), n) for s, n in zip(src, net))
    if mode == TOP_LEFT:
        return 0, 0, w, h
    return max(0, round((net[0] - w) / 2 - 0.1)), max(0, round((net[1] - h) / 2 - 0.1)), w, h


def iou(a, b):
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


def rows_of(case, detections):
    """[(box, score, class, coefficients)] of the rows above the score threshold, in the network's
    order.
    """
    out = []
    if case["end_to_end"]:
        for row in detections.astype(np.float64):
            if row[4] > case["score"]:
                out.append((row[:4], row[4], int(row[5]), row[6:]))
        return out
    for anchor in detections.T.astype(np.float64):
        scores = anchor[4 : 4 + case["classes"]]
        best = int(np.argmax(scores))
        if scores[best] > case["score"] and (not case["filter"] or case["filter"][best]):
            cx, cy, w, h = anchor[:4]
            out.append(
                (
                    [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2],
                    scores[best],
                    best,
                    anchor[4 + case["classes"] :],
                )
            )
    return out


def suppress(case, rows):
    rows = sorted(rows, key=lambda row: -row[1])  # sorted() is stable
    if case["end_to_end"]:
        return rows[: case["max"]]
    kept = []
    for row in rows:
        overlaps = [iou(row[0], other[0]) for other in kept if other[2] == row[2]]
        need(all(abs(overlap - case["iou"]) > 1e-4 for overlap in overlaps))
        if all(overlap <= case["iou"] for overlap in overlaps):
            kept.append(row)
    return kept[: case["max"]]


def logit_at(plane, x, y):
    """Bilinear at one point in samples, clamped to the plane."""
    height, width = plane.shape
    x, y = min(max(x, 0), width - 1), min(max(y, 0), height - 1)
    x0, y0 = int(x), int(y)
    x1, y1 = min(x0 + 1, width - 1), min(y0 + 1, height - 1)
    fx, fy = x - x0, y - y0
    top = plane[y0, x0] * (1 - fx) + plane[y0, x1] * fx
    bottom = plane[y1, x0] * (1 - fx) + plane[y1, x1] * fx
    return top * (1 - fy) + bottom * fy


def full_frame_logits(case, prototypes, coefficients):
    plane = np.zeros(prototypes.shape[1:])
    for coefficient, prototype in zip(coefficients, prototypes.astype(np.float64)):
        plane += coefficient * prototype
    (src_w, src_h), (net_w, net_h) = case["src"], case["net"]
    left, top, w, h = letterbox(case["src"], case["net"], case["mode"])
    proto_h, proto_w = plane.shape
    logits = np.empty((src_h, src_w))
    for y in range(src_h):
        for x in range(src_w):
            x_net = (x + 0.5) * w / src_w + left
            y_net = (y + 0.5) * h / src_h + top
            logits[y, x] = logit_at(
                plane, x_net * proto_w / net_w - 0.5, y_net * proto_h / net_h - 0.5
            )
    return logits


def crop_of(case, box):
    """Pixels r with r >= x1 and r < x2, found by asking every column and row."""
    left, top, w, h = letterbox(case["src"], case["net"], case["mode"])
    ranges = []
    for low, high, offset, content, side in (
        (box[0], box[2], left, w, case["src"][0]),
        (box[1], box[3], top, h, case["src"][1]),
    ):
        edges = [(edge - offset) * side / content for edge in (low, high)]
        need(all(edge < 0 or edge > side or abs(edge - round(edge)) > 1e-3 for edge in edges))
        inside = [r for r in range(side) if edges[0] <= r < edges[1]]
        ranges.append((inside[0], len(inside)) if inside else (0, 0))
    (x, width), (y, height) = ranges
    return (x, y, width, height) if width and height else (0, 0, 0, 0)


def runs_of(mask):
    runs, value = [], False
    count = 0
    for pixel in mask.ravel():
        if bool(pixel) != value:
            runs.append(count)
            count, value = 0, bool(pixel)
        count += 1
    return runs + [count] if mask.size else []


def instance_words(case, prototypes, row):
    box, score, class_id, coefficients = row
    x, y, width, height = crop_of(case, box)
    logits = full_frame_logits(case, prototypes, coefficients)[y : y + height, x : x + width]
    need(logits.size == 0 or np.abs(logits).min() > 1e-4)
    runs = runs_of(logits > 0)
    coverage = (
        np.floor(255 / (1 + np.exp(-logits)) + 0.5).astype(int).ravel() if case["coverage"] else []
    )
    words = struct.pack("<5f", *box, score) + struct.pack("<5I", class_id, x, y, width, height)
    words += struct.pack(f"<{len(runs) + 1}I", len(runs), *runs)
    return words + struct.pack(f"<{len(coverage) + 1}I", len(coverage), *coverage)


def draw_box(random, case):
    """Mostly inside the picture's part of the input, some across each of its borders."""
    left, top, w, h = letterbox(case["src"], case["net"], case["mode"])
    half = random.uniform(0.08, 0.35, 2) * (w, h) * case["object_scale"]
    center = random.uniform((left, top), (left + w, top + h))
    border = random.integers(0, 6)
    if border == 0:
        center[0] = left
    elif border == 1:
        center[0] = left + w
    elif border == 2:
        center[1] = top
    elif border == 3:
        center[1] = top + h
    return center, half * 2


def draw_scores(random, count):
    """Distinct scores."""
    return 0.3 + 0.6 * (random.permutation(count) + 0.5) / max(count, 1)


def draw_detections(random, case):
    objects, classes, protos = case["objects"], case["classes"], case["protos"]
    copies = 1 if case["end_to_end"] else case["copies"]
    scores = draw_scores(random, objects * copies)
    rows = []
    for i in range(objects):
        center, size = draw_box(random, case)
        class_id = int(random.integers(classes))
        coefficients = random.normal(0, 1.5, protos)
        for copy in range(copies):
            jitter = random.uniform(-0.04, 0.04, 4) * np.tile(size, 2) * (copy > 0)
            rows.append(
                (
                    center + jitter[:2],
                    size + jitter[2:],
                    scores[i * copies + copy],
                    class_id,
                    coefficients,
                )
            )
    slots = random.permutation(case["rows"])[: len(rows)]
    if case["end_to_end"]:
        table = np.zeros((case["rows"], 6 + protos), np.float32)  # padding rows are zeros
        for slot, (center, size, score, class_id, coefficients) in zip(slots, rows):
            table[slot] = [
                *(center - size / 2),
                *(center + size / 2),
                score,
                class_id,
                *coefficients,
            ]
        return table
    table = np.empty((4 + classes + protos, case["rows"]), np.float32)
    table[:4] = random.uniform(0, case["net"][0], table[:4].shape)
    table[4 : 4 + classes] = random.uniform(0, case["score"] * 0.9, (classes, case["rows"]))
    table[4 + classes :] = random.normal(0, 1, (protos, case["rows"]))
    for slot, (center, size, score, class_id, coefficients) in zip(slots, rows):
        table[:4, slot] = [*center, *size]
        table[4 + class_id, slot] = score
        table[4 + classes :, slot] = coefficients
    return table


def draw_prototypes(random, case):
    """Random waves: smooth enough that masks are shapes and not noise."""
    width, height = case["proto"]
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for _ in range(case["protos"]):
        angle, phase, bias = (
            random.uniform(0, 2 * np.pi),
            random.uniform(0, 2 * np.pi),
            random.normal(0, 0.3),
        )
        frequency = random.uniform(0.2, 0.9)
        planes.append(np.sin(frequency * (x * np.cos(angle) + y * np.sin(angle)) + phase) + bias)
    return np.asarray(planes, np.float32)


def make(case, seed):
    random = np.random.default_rng(seed)
    detections = draw_detections(random, case)
    prototypes = draw_prototypes(random, case)
    kept = suppress(case, rows_of(case, detections))
    words = b"YSG1" + struct.pack(
        "<11I",
        case["end_to_end"],
        *case["src"],
        *case["net"],
        case["mode"],
        case["classes"],
        case["rows"],
        case["protos"],
        *case["proto"][::-1],
    )
    words += struct.pack("<2f2I", case["score"], case["iou"], case["max"], len(case["filter"]))
    words += struct.pack(f"<{len(case['filter'])}I", *case["filter"])
    words += detections.tobytes() + prototypes.tobytes()
    words += struct.pack("<I", len(kept)) + b"".join(
        instance_words(case, prototypes, row) for row in kept
    )
    return words, len(kept)


DEFAULTS = dict(
    src=(90, 70),
    net=(64, 64),
    proto=(16, 16),
    mode=CENTRE,
    classes=3,
    protos=4,
    rows=60,
    objects=6,
    copies=3,
    score=0.25,
    iou=0.7,
    max=300,
    filter=[],
    end_to_end=0,
    coverage=False,
    object_scale=1.0,
)
CASES = {
    "square": dict(src=(80, 80), coverage=True),
    "wide": dict(src=(157, 45)),
    "tall": dict(src=(33, 121)),
    "odd_sides": dict(src=(101, 67), net=(96, 64), proto=(24, 16)),
    "one_pixel": dict(src=(1, 1), objects=3),
    "one_row": dict(src=(77, 1), objects=4),
    "one_column": dict(src=(1, 77), objects=4),
    "smaller_than_prototypes": dict(src=(9, 7), coverage=True),
    "one_prototype_sample": dict(src=(40, 30), proto=(1, 1), protos=2, coverage=True),
    "none": dict(objects=0),
    "many": dict(
        src=(64, 48), classes=1, protos=2, rows=420, objects=140, copies=2, object_scale=0.35
    ),
    "one_class": dict(classes=1),
    "ninety_one_classes": dict(classes=91, rows=37, objects=8, copies=2),
    "limited": dict(objects=9, max=4),
    "filtered": dict(objects=10, filter=[1, 0, 1]),
    "low_overlap": dict(classes=2, objects=12, iou=0.2),
    "top_left": dict(src=(120, 50), mode=TOP_LEFT),
    "stretched": dict(src=(120, 50), mode=STRETCH, net=(64, 96), proto=(16, 24)),
    "end_to_end": dict(
        end_to_end=1, rows=30, objects=12, classes=5, protos=3, coverage=True, src=(70, 50)
    ),
    "end_to_end_limited": dict(end_to_end=1, rows=24, objects=12, classes=80, max=5),
}


def main():
    FOLDER.mkdir(exist_ok=True)
    for number, (name, changes) in enumerate(CASES.items()):
        case = {**DEFAULTS, **changes}
        attempt, (words, count) = first_steady(
            name, lambda attempt: make(case, number * 1000 + attempt)
        )
        (FOLDER / f"{name}.bin").write_bytes(words)
        print(f"{name}: {count} instances, {len(words)} bytes, draw {attempt}")


if __name__ == "__main__":
    main()
