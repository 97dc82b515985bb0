"""What the networks of make_prompt_models.py must answer, without a graph: numpy, a priority queue,
and scipy's labeling as a check.

One picture and one prompt in, four masks at the picture's size out.
"""

import heapq

import numpy as np
import torch
from scipy import ndimage

from prompt_graphs import (
    AREA_PENALTY,
    BASE_IOU,
    BOX_SLOPE,
    CELL,
    FAR,
    FLOOR,
    GAIN,
    MASK_WEIGHT,
    TOLERANCES,
)

SIDE, CELLS = 1024, 256
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def bilinear(planes, height, width):
    """[C, h, w] -> [C, height, width], half-pixel centers, edge clamp, no antialiasing."""
    tensor = torch.from_numpy(np.ascontiguousarray(planes, np.float32))[None]
    return torch.nn.functional.interpolate(
        tensor, (height, width), mode="bilinear", align_corners=False
    )[0].numpy()


def content_size(height, width, rule):
    if rule == "stretch":
        return SIDE, SIDE
    scale = SIDE / max(height, width)
    return max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))


def network_input(picture, rule):
    """uint8 [H, W, 3] -> normalized float32 [1, 3, 1024, 1024]; padding is 0 after the
    normalization.
    """
    height, width = content_size(*picture.shape[:2], rule)
    planes = bilinear(picture.transpose(2, 0, 1).astype(np.float32), height, width) / 255
    normalized = (planes - MEAN[:, None, None]) / STD[:, None, None]
    image = np.zeros((1, 3, SIDE, SIDE), np.float32)
    image[0, :, :height, :width] = normalized
    return image


def cells_of(image):
    """Mean color of 4 x 4 pixels, 0..1. [3, 256, 256]"""
    colors = image[0] * STD[:, None, None] + MEAN[:, None, None]
    return colors.reshape(3, CELLS, CELL, CELLS, CELL).mean((2, 4))


def least_price(price, seeds):
    """For every cell the least over all 8-connected paths from a seed of the dearest cell on the
    path.
    """
    result = np.full(price.shape, np.inf)
    queue = [(price[y, x], y, x) for y, x in seeds]
    for p, y, x in queue:
        result[y, x] = min(result[y, x], p)
    heapq.heapify(queue)
    while queue:
        p, y, x = heapq.heappop(queue)
        if p > result[y, x]:
            continue
        for v in range(max(0, y - 1), min(CELLS, y + 2)):
            for u in range(max(0, x - 1), min(CELLS, x + 2)):
                q = max(p, price[v, u])
                if q < result[v, u]:
                    result[v, u] = q
                    heapq.heappush(queue, (q, v, u))
    return result


def cell_of(point):
    x, y = (int(np.clip(np.floor((v + 0.5) / CELL), 0, CELLS - 1)) for v in point)
    return y, x


def flooded(cells, points, barrier, relief):
    """D for the points of one label, FAR and more where nothing is reached."""
    if not points:
        return np.full((CELLS, CELLS), FAR)
    seeds = [cell_of(point) for point in points]
    distance = np.min(
        [np.abs(cells - cells[:, y, x][:, None, None]).sum(0) for y, x in seeds], axis=0
    )
    price = distance - relief + FAR * barrier
    result = least_price(price, seeds)
    for tolerance in TOLERANCES:
        check_connected(price < tolerance, seeds, result < tolerance)
    return result


def check_connected(passable, seeds, reached):
    labels, _ = ndimage.label(passable, np.ones((3, 3)))
    wanted = np.isin(labels, [label for label in (labels[y, x] for y, x in seeds) if label > 0])
    assert (wanted == reached).all(), "the priority flood and the labelling disagree"


def low_res_logits(cells, foreground, background, box, mask_input=None):
    """Prompts in pixels of the network's input; returns float [4, 256, 256]."""
    inside = np.full((CELLS, CELLS), 1e4)
    if box is not None:
        center = (np.arange(CELLS) + 0.5) * CELL
        x, y = center[None, :], center[:, None]
        inside = np.minimum(np.minimum(x - box[0], box[2] - x), np.minimum(y - box[1], box[3] - y))
        if not foreground:
            foreground = [((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)]
    barrier = (inside < -CELL).astype(float)
    relief = 0 if mask_input is None else MASK_WEIGHT * np.clip(mask_input, -4, 4)
    near = flooded(cells, foreground, barrier, relief)
    far = flooded(cells, background, barrier, 0)
    logits = []
    for tolerance in TOLERANCES:
        logit = np.minimum(GAIN * (tolerance - near), BOX_SLOPE * inside)
        if background:
            logit = np.minimum(logit, GAIN * (far - near) - 1)
        logits.append(np.maximum(logit, -FLOOR * GAIN * tolerance))
    return np.stack(logits)


def source_logits(logits, height, width, rule):
    """256 -> 1024 -> the picture's part -> the picture (`longest-side`), 256 -> the picture
    (`stretch`).
    """
    if rule == "stretch":
        return bilinear(logits, height, width)
    cut_height, cut_width = content_size(height, width, rule)
    return bilinear(bilinear(logits, SIDE, SIDE)[:, :cut_height, :cut_width], height, width)


def predict(picture, prompt, rule, mask_input=None):
    """prompt: {points: [{x, y, label}], box: [x1, y1, x2, y2] or None} in source pixels. One dict
    per token, and the low-res logits.
    """
    height, width = picture.shape[:2]
    content = content_size(height, width, rule)
    scale = np.array([content[1] / width, content[0] / height])
    of = lambda label: [
        np.array([p["x"], p["y"]]) * scale for p in prompt.get("points", []) if p["label"] == label
    ]
    box = None if prompt.get("box") is None else np.array(prompt["box"]) * np.tile(scale, 2)
    low_res = low_res_logits(
        cells_of(network_input(picture, rule)), of("foreground"), of("background"), box, mask_input
    )
    full = source_logits(low_res, height, width, rule)
    tokens = []
    for k, logit in enumerate(full):
        union = int((logit > -1).sum())
        tokens.append(
            {
                "mask": logit > 0,
                "predictedIou": float(BASE_IOU[k] - AREA_PENALTY * (low_res[k] > 0).mean()),
                "stability": float((logit > 1).sum() / union) if union else 0.0,
            }
        )
    return tokens, low_res
