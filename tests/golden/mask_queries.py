"""Planted outputs of heads with mask queries, shared by the makers of the rf_detr_seg,
detr_panoptic and mask_former goldens.
"""

import numpy as np
from steady_draw import NearTie, need


def draw_masks(random, count, size, scale=1.0):
    """Logits [count, height, width]: wobbly ellipses, some across each border, steep enough to be
    shapes and not noise.
    """
    width, height = size
    y, x = np.mgrid[0:height, 0:width] + 0.5
    planes = np.empty((count, height, width), np.float32)
    boxes = np.empty((count, 4), np.float32)
    for k in range(count):
        radius = random.uniform(0.12, 0.32, 2) * (width, height) * scale
        center = random.uniform((0, 0), (width, height))
        border = k % 6
        if border < 4:
            center[border // 2] = (0, (width, height)[border // 2])[border % 2]
        angle = np.arctan2(y - center[1], x - center[0])
        wobble = 1 + 0.2 * np.sin(random.integers(2, 5) * angle + random.uniform(0, 6.28))
        distance = np.hypot((x - center[0]) / radius[0], (y - center[1]) / radius[1]) / wobble
        planes[k] = random.uniform(4, 8) * (1 - distance) + random.normal(0, 0.02, distance.shape)
        boxes[k] = [center[0] / width, center[1] / height, *(2.1 * radius / (width, height))]
    return planes, boxes


def tight_box(mask):
    """x1, y1, x2, y2 around the object pixels, at pixel edges."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


def clip_box(box, source):
    width, height = source
    return [
        min(max(box[0], 0), width),
        min(max(box[1], 0), height),
        min(max(box[2], 0), width),
        min(max(box[3], 0), height),
    ]


def same(first, second):
    """Whether two lists of (box, score, class, mask) have the same objects and pixels."""
    return len(first) == len(second) and all(
        a[2] == b[2] and np.array_equal(a[3], b[3]) for a, b in zip(first, second)
    )


def settle(draw, decode, seed, attempts=300):
    """Draws until the answer stays the same when every number moves by up to 3e-5; returns the
    outputs and the answer, best first.
    """
    for attempt in range(attempts):
        random = np.random.default_rng([seed, attempt])
        outputs = draw(random)
        best_first = lambda tensors: sorted(decode(tensors), key=lambda row: -row[1])
        try:
            answer = best_first(outputs)
            for shift in (3e-5, -3e-5, None):
                noise = {
                    name: random.uniform(-3e-5, 3e-5, value.shape) if shift is None else shift
                    for name, value in outputs.items()
                }
                need(
                    same(
                        answer,
                        best_first(
                            {
                                name: (value + noise[name]).astype(np.float32)
                                for name, value in outputs.items()
                            }
                        ),
                    )
                )
            scores = [row[1] for row in answer]
            need(all(a - b > 1e-5 for a, b in zip(scores, scores[1:])))
            return outputs, answer
        except NearTie:
            continue
    raise SystemExit("every draw was near a tie")
