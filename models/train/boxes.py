"""Boxes as tensors: corners x0, y0, x1, y1 or centre and sides cx, cy, w, h, in pixels."""

import torch


def corners(box):
    """[..., 4] cx, cy, w, h -> x0, y0, x1, y1."""
    return torch.cat([box[..., :2] - box[..., 2:] / 2, box[..., :2] + box[..., 2:] / 2], -1)


def centred(box):
    """[..., 4] x0, y0, x1, y1 -> cx, cy, w, h."""
    return torch.cat([(box[..., :2] + box[..., 2:]) / 2, box[..., 2:] - box[..., :2]], -1)


def pairwise_iou(a, b):
    """Corners [n, 4], [m, 4] -> intersection over union [n, m]."""
    sides = (
        torch.minimum(a[:, None, 2:], b[None, :, 2:])
        - torch.maximum(a[:, None, :2], b[None, :, :2])
    ).clamp(min=0)
    overlap = sides.prod(-1)
    area = [(x[:, 2:] - x[:, :2]).prod(-1) for x in (a, b)]
    return overlap / (area[0][:, None] + area[1][None] - overlap).clamp(min=1e-9)
