"""Simulated clicks and boxes (Sofiiuk et al., 2021, "Reviving iterative training with mask
guidance"; the evaluation is
that of the literature on interactive segmentation): the next click goes to the middle of the
largest error, told by the
distance transform.

Coordinates are continuous, a click is in the middle of its pixel: x = column + 0.5."""

import cv2
import numpy as np

DEEP = (
    0.4,
    0.9,
)  # of the greatest depth: how far from the middle of a region training clicks may be
BOX_JITTER = 0.08  # standard deviation of a training box's edges, in its sides
MOST_JITTER = 24.0  # pixels


def depth(region):
    """How far each pixel of a region 0/1 [h, w] is from the nearest pixel outside it, which all
      beyond the picture are.
    float32 [h, w]."""
    framed = cv2.copyMakeBorder(region.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return cv2.distanceTransform(framed, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]


def window_of(region):
    """Rows and columns around the set pixels as slices; None where there are none."""
    columns = np.flatnonzero(region.any(0))
    if not len(columns):
        return None
    rows = np.flatnonzero(region[:, columns[0] : columns[-1] + 1].any(1))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def deepest(region, free=None):
    """-> (greatest depth, depth of the pixels in the window, window). `free`: 0 where somebody has
    clicked already.
    """
    window = window_of(region)
    if window is None:
        return 0.0, None, None
    deep = depth(region[window])
    if free is not None:
        deep = deep * free[window]
    return float(deep.max()), deep, window


def pixel_of(deep, window, rng):
    """The deepest pixel, the first in reading order; with a generator any that is nearly as deep.
    -> x, y.
    """
    if rng is None:
        index = int(deep.argmax())
    else:
        candidates = np.flatnonzero(deep >= rng.uniform(*DEEP) * deep.max())
        index = int(candidates[rng.integers(len(candidates))])
    row, column = divmod(index, deep.shape[1])
    return window[1].start + column + 0.5, window[0].start + row + 0.5


def first_click(truth, rng=None):
    """truth 0/1 [h, w] -> (x, y) inside it; None where it is empty."""
    most, deep, window = deepest(truth)
    return pixel_of(deep, window, rng) if most > 0 else None


def next_click(truth, answer, clicked=None, rng=None):
    """truth and answer, boolean [h, w] -> (x, y, True where it belongs to the object) in the
      largest error; None where
    there is none. `clicked`: boolean [h, w] of pixels that are not clicked again."""
    free = None if clicked is None else ~clicked
    missed, wrong = deepest(truth & ~answer, free), deepest(answer & ~truth, free)
    side = missed if missed[0] >= wrong[0] else wrong
    if side[0] <= 0:
        return None
    return (*pixel_of(side[1], side[2], rng), side is missed)


def box_of(truth, rng=None):
    """x0, y0, x1, y1 around the set pixels; with a generator as careless as a person draws it."""
    rows, columns = window_of(truth)
    box = np.array([columns.start, rows.start, columns.stop, rows.stop], np.float64)
    if rng is None:
        return box
    sides = np.tile(box[2:] - box[:2], 2)
    loose = box + (rng.standard_normal(4) * BOX_JITTER * sides).clip(-MOST_JITTER, MOST_JITTER)
    height, width = truth.shape
    loose = loose.clip(0, [width, height, width, height])
    return loose if (loose[2:] - loose[:2]).min() >= 2 else box


def iou(truth, answer):
    """Of two boolean masks; 1 where both are empty."""
    union = np.count_nonzero(truth | answer)
    return np.count_nonzero(truth & answer) / union if union else 1.0
