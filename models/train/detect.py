"""From a picture to detections with masks: what the product does, in numpy.

Letterbox at the top left (content round(side x r), fill 114), bilinear; the scores above a
threshold; class-aware
non-maximum suppression; mask logit = sum of coefficient x prototype inside the box, bilinear
between the prototype
cells at the exact place of every source pixel's centre, threshold 0.

Coordinates are continuous, pixel r covers [r, r + 1).
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

FILL = 114
CELL = 4  # input pixels per prototype cell
MOST_CANDIDATES = 30000


@dataclass
class Options:
    """every_class: an anchor answers with every class above `score`, as COCO evaluations have it,
      else with its best
    one, as the product does. most: detections per picture. fit: a name of FITS."""

    score: float = 0.01
    iou: float = 0.65
    most: int = 100
    every_class: bool = True
    fit: str = "top-left"


@dataclass
class Fit:
    """Where a picture lies in the network's input, from the upper left corner: input pixels per
      source pixel, per
    axis."""

    width: int
    height: int
    scale_x: float
    scale_y: float


@dataclass
class Detection:
    """box: x1, y1, x2, y2 in source pixels, clipped to the picture; mask: bool crop whose upper
      left pixel is (x,
    y)."""

    score: float
    category: int
    box: np.ndarray
    x: int
    y: int
    mask: np.ndarray


def letterbox(image, size):
    """image [H, W, 3] uint8 RGB, size (height, width) -> ([1, 3, height, width] float32 0..1, Fit).
      Not rounded to
    levels in between."""
    height, width = image.shape[:2]
    ratio = min(size[0] / height, size[1] / width)
    content = max(1, round(width * ratio)), max(1, round(height * ratio))
    canvas = np.full((*size, 3), FILL, np.float32)
    canvas[: content[1], : content[0]] = cv2.resize(
        image.astype(np.float32), content, interpolation=cv2.INTER_LINEAR
    )
    planes = np.ascontiguousarray(canvas.transpose(2, 0, 1)[None]) / np.float32(255)
    return planes, Fit(width, height, content[0] / width, content[1] / height)


def stretch(image, size):
    """The same with the picture over the whole input."""
    height, width = image.shape[:2]
    filled = cv2.resize(image.astype(np.float32), size[::-1], interpolation=cv2.INTER_LINEAR)
    planes = np.ascontiguousarray(filled.transpose(2, 0, 1)[None]) / np.float32(255)
    return planes, Fit(width, height, size[1] / width, size[0] / height)


# How a picture gets into the input, by the names that export.py writes into the metadata.
FITS = {"top-left": letterbox, "stretch": stretch}


def overlaps(box, boxes):
    """Intersection over union of one box [4] with [N, 4], x1, y1, x2, y2."""
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    both = np.maximum(sides, 0).prod(1)
    area = lambda b: (b[..., 2:] - b[..., :2]).prod(-1)
    return both / np.maximum(area(box) + area(boxes) - both, 1e-12)


def suppress(boxes, scores, categories, iou, most):
    """Greedy suppression within each class; indices of what is kept, best first, ties in the order
    given.
    """
    alive, kept = np.ones(len(scores), bool), []
    order = np.argsort(-scores, kind="stable")[:MOST_CANDIDATES]
    for index in order:
        if not alive[index]:
            continue
        kept.append(index)
        if len(kept) == most:
            break
        same = np.flatnonzero(alive & (categories == categories[index]))
        alive[same[overlaps(boxes[index], boxes[same]) > iou]] = False
    return np.array(kept, int)


def candidates(scores, options):
    """scores [N, C] -> anchors and categories of what is above the threshold."""
    if options.every_class:
        return np.nonzero(scores > options.score)
    best = scores.argmax(1)
    anchors = np.flatnonzero(scores[np.arange(len(best)), best] > options.score)
    return anchors, best[anchors]


def taps(first, last, scale, cells):
    """Bilinear weights [last - first, cells] of the prototype cells for the centres of source
      pixels first..last -
    1."""
    at = np.clip((np.arange(first, last) + 0.5) * scale / CELL - 0.5, 0, cells - 1)
    low = np.minimum(np.floor(at).astype(int), max(cells - 2, 0))
    weights = np.zeros((last - first, cells), np.float32)
    rows = np.arange(last - first)
    weights[rows, low] = 1 - (at - low)
    weights[rows, np.minimum(low + 1, cells - 1)] += at - low
    return weights


def pixel_range(low, high, side):
    """The pixels r of an axis with low <= r < high."""
    first = int(np.clip(np.ceil(low), 0, side))
    return first, max(first, int(np.clip(np.ceil(high), 0, side)))


def mask_in(box, logits, fit):
    """box in source pixels, logits [h, w] of the prototype cells -> (x, y, bool crop)."""
    x1, x2 = pixel_range(box[0], box[2], fit.width)
    y1, y2 = pixel_range(box[1], box[3], fit.height)
    rows, columns = taps(y1, y2, fit.scale_y, logits.shape[0]), taps(
        x1, x2, fit.scale_x, logits.shape[1]
    )
    return x1, y1, rows @ logits @ columns.T > 0


def decode(output0, output1, fit, options):
    """output0 [1, 4 + C + P, N], output1 [1, P, h, w] -> list of Detection, best first. Those
      without a mask pixel are
    left out."""
    rows, prototypes = output0[0].T, output1[0]
    count = prototypes.shape[0]
    anchors, categories = candidates(rows[:, 4:-count], options)
    scores = rows[anchors, 4 + categories]
    centre, half = rows[anchors, :2], rows[anchors, 2:4] / 2
    boxes = np.concatenate([centre - half, centre + half], 1)
    kept = suppress(boxes, scores, categories, options.iou, options.most)
    logits = np.tensordot(rows[anchors[kept], -count:], prototypes, 1)
    found = []
    limits, scales = [fit.width, fit.height] * 2, [fit.scale_x, fit.scale_y] * 2
    for index, plane in zip(kept, logits):
        box = np.clip(boxes[index] / scales, 0, limits)
        x, y, mask = mask_in(box, plane, fit)
        if mask.any():
            found.append(Detection(float(scores[index]), int(categories[index]), box, x, y, mask))
    return found


def fit_of(path):
    """How a checkpoint or an .onnx file wants its pictures: a name of FITS."""
    if Path(path).suffix == ".onnx":
        import onnx

        properties = {p.key: p.value for p in onnx.load(str(path)).metadata_props}
        return properties.get("letterbox", Options.fit)
    import torch

    checkpoint = torch.load(str(path), map_location="cpu", weights_only=False)
    return checkpoint["config"].get("fit", Options.fit)


def open_network(path, threads=1):
    """A checkpoint (.pt) or an .onnx file -> function of [1, 3, H, W] float32 giving (output0,
    output1) as arrays.
    """
    if Path(path).suffix == ".onnx":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        name = session.get_inputs()[0].name
        return lambda images: session.run(["output0", "output1"], {name: images})
    from network import load_network

    return from_module(load_network(path))


def from_module(network):
    """A network in PyTorch as such a function."""
    import torch

    device = next(network.parameters()).device

    def run(images):
        with torch.no_grad():
            return [
                output.float().cpu().numpy()
                for output in network(torch.from_numpy(images).to(device))
            ]

    return run
